import type { ControlStore } from "../control/control-store.ts";
import type { Sums } from "./guard.ts";

/** What one process has seen of a rollout. */
export interface Seen {
  readonly sums: Sums;
  /** Processes of the candidate that ended without a word, as this one saw it. */
  readonly ends: number;
  /** The largest part of its memory that a process of the candidate uses. */
  readonly memory: number;
}

const PREFIX = "release-evidence/";

const keyOf = (useCase: string, rollout: string): string => `${PREFIX}${useCase}/${rollout}/`;

export async function putEvidence(
  store: ControlStore,
  { useCase, rollout, member }: { readonly useCase: string; readonly rollout: string; readonly member: string },
  seen: Seen,
): Promise<void> {
  const key = keyOf(useCase, rollout) + member;
  const found = (await store.get([key]))[0];
  await store.put(key, JSON.stringify(seen), found?.revision ?? 0);
}

/** What all processes have seen of a rollout. */
export async function readEvidence(store: ControlStore, useCase: string, rollout: string): Promise<readonly Seen[]> {
  const entries = await store.list(keyOf(useCase, rollout));
  return entries.flatMap(({ value }) => {
    try {
      const seen = JSON.parse(value) as Partial<Seen> | null;
      return seen?.sums?.worse ? [seen as Seen] : [];
    } catch {
      return [];
    }
  });
}

export async function forgetEvidence(store: ControlStore, useCase: string, rollout: string): Promise<void> {
  for (const { key, revision } of await store.list(keyOf(useCase, rollout))) await store.put(key, undefined, revision);
}
