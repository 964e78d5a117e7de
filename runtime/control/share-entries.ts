import type { Clock } from "../contract/clock.ts";
import type { ControlStore } from "./control-store.ts";

/** What an entry holds of each worker. `beat` changes as long as it lives. */
export interface Share {
  readonly share: number;
  readonly beat: number;
}

export type Shares<S extends Share> = Readonly<Record<string, S>>;

/** Entries of the control store that hold what each worker has, by worker, and are changed by compare-and-swap. */
export interface ShareEntries<S extends Share> {
  /** This worker's name in them. */
  readonly self: string;
  read(store: ControlStore, key: string): Promise<{ readonly shares: Shares<S>; readonly revision: number }>;
  /** The others of whom nothing says that they are gone. */
  living(store: ControlStore, key: string, shares: Shares<S>): Shares<S>;
  /** Takes this worker out. */
  leave(store: ControlStore, key: string): Promise<void>;
}

/** Others may change the same shares at the same time. */
export const SHARE_TRIES = 5;
/** Where the store can tell that a process has ended, what is left of it has ended too by then. */
const ENDED_MS = 2_000;

/**
 * `goneMs`: a worker whose beat stands still for so long by this process's monotonic clock is gone. `asksProcesses`: where the store
 * can tell whether a process has ended, that decides, and one that stands still is not gone.
 */
export function createShareEntries<S extends Share>(options: {
  readonly clock: Clock;
  readonly goneMs: number;
  readonly asksProcesses?: boolean;
}): ShareEntries<S> {
  const { clock, goneMs, asksProcesses = false } = options;
  /** Drawn when it is first needed. */
  let self: string | undefined;
  /** Of the others, by key and worker: its beat, and when it was first seen. */
  const beats = new Map<string, ReadonlyMap<string, { readonly beat: number; readonly seenAt: number }>>();

  async function read(store: ControlStore, key: string) {
    const found = (await store.list(key)).find((entry) => entry.key === key);
    return { shares: found ? sharesIn<S>(found.value) : {}, revision: found?.revision ?? 0 };
  }

  return {
    get self() {
      self ??= clock.randomId(12);
      return self;
    },
    read,
    living(store, key, shares) {
      const now = clock.monotonic();
      const others = Object.entries(shares).filter(([worker]) => worker !== this.self);
      const before = beats.get(key);
      const seen = new Map(
        others.map(([worker, { beat }]) => {
          const known = before?.get(worker);
          return [worker, known?.beat === beat ? known : { beat, seenAt: now }];
        }),
      );
      beats.set(key, seen);
      const isGone = ([worker, share]: [string, S]) => {
        const silentMs = now - seen.get(worker)!.seenAt;
        const { process } = share as { process?: unknown };
        const { processes } = asksProcesses ? store : {};
        // Another worker of this very process would beat as this one does.
        const tells = processes && typeof process === "string" && process !== processes.own;
        return tells ? silentMs >= ENDED_MS && processes.hasEnded(process) : silentMs >= goneMs;
      };
      return Object.fromEntries(others.filter((other) => !isGone(other)));
    },
    async leave(store, key) {
      for (let tries = 0; tries < SHARE_TRIES; tries++) {
        const { shares, revision } = await read(store, key);
        const { [this.self]: own, ...others } = shares;
        const value = Object.keys(others).length > 0 ? JSON.stringify(others) : undefined;
        if (!own || (await store.put(key, value, revision))) break;
      }
      beats.delete(key);
    },
  };
}

/** What can't be read is nobody's: it is written anew. */
function sharesIn<S extends Share>(text: string): Shares<S> {
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, Partial<S> | null>);
    return Object.fromEntries(entries.filter(([, share]) => Number.isFinite(share?.share))) as Shares<S>;
  } catch {
    return {};
  }
}
