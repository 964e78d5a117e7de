import type { UseCase } from "../model/model.ts";
import { type Lock, readLock } from "./lock-file.ts";
import { writeLock } from "./write-lock.ts";

export interface Version {
  readonly useCase: string;
  readonly version: number;
}

export interface Release {
  readonly lock: Lock;
  /** The versions that were not released before. */
  readonly released: readonly Version[];
}

/** Freezes the events as they are. The lock is the one that their numbers and versions are from. */
export function releaseVersions(useCases: readonly UseCase[], before: Lock): Release {
  const lock = new Map(before);
  const released: Version[] = [];
  for (const { name, event } of useCases) {
    const locked = lock.get(name);
    if (!locked || locked.releases.has(event.version)) continue;
    lock.set(name, { ...locked, releases: new Map([...locked.releases, [event.version, event]]) });
    released.push({ useCase: name, version: event.version });
  }
  return { lock, released };
}

/** Versions of one use case that the lock knows as released, ascending. */
export function releasedVersions(lockText: string, useCase: string): number[] {
  return [...(readLock(lockText).get(useCase)?.releases.keys() ?? [])];
}

/** Forgets a use case's released versions up to that one: no record of them is left. All numbers stay reserved. */
export function retireVersions(lockText: string, useCase: string, upTo: number): string {
  const lock = new Map(readLock(lockText));
  const locked = lock.get(useCase);
  if (!locked) return lockText;
  const releases = new Map([...locked.releases].filter(([version]) => version > upTo));
  return writeLock(lock.set(useCase, { ...locked, releases, retired: Math.max(locked.retired, upTo) }));
}
