import { type Version, type Work, work } from "./version.ts";

/*
 * Deployments of one version after another: who sends and who works at each stage, and where records wait meanwhile.
 */

/** Which version sends and which works. */
interface Stage {
  readonly sender: "old" | "now";
  readonly worker: "old" | "now";
}

const OLD = { sender: "old", worker: "old" } as const;
const READERS = { sender: "old", worker: "now" } as const;
const SENDERS = { sender: "now", worker: "old" } as const;
const NOW = { sender: "now", worker: "now" } as const;

/** Readers first, senders first, and workers that are rolled back and deployed again. */
const ROLLOUTS: readonly (readonly Stage[])[] = [
  [OLD, READERS, NOW],
  [OLD, SENDERS, NOW],
  [READERS, NOW, SENDERS, NOW],
];

export interface Interleaving {
  readonly stages: readonly (Stage & { readonly isIdle: boolean })[];
  /** The stage from which on what was delayed is due. */
  readonly dueAt: number;
  /** The stage from which on dead letters are sent again. */
  readonly resentAt: number;
}

/** Each rollout, with workers that are idle in any of the stages but the last, and delays and dead letters of any length. */
export const INTERLEAVINGS: readonly Interleaving[] = ROLLOUTS.flatMap((rollout) => {
  const last = rollout.length - 1;
  const all = [...rollout.keys()];
  return Array.from({ length: 2 ** last }, (_, idle) =>
    rollout.map((stage, i) => ({ ...stage, isIdle: i < last && (idle & (1 << i)) !== 0 })),
  ).flatMap((stages) => all.flatMap((dueAt) => all.map((resentAt) => ({ stages, dueAt, resentAt }))));
});

/**
 * The first thing that goes wrong when `now` is deployed after the released versions, ascending, records of all of which
 * are queued, delayed and dead-lettered at the start. `undefined`: nothing, in any of the interleavings.
 */
export function faultOf(released: readonly Version[], now: Version): string | undefined {
  const workers = { old: released.at(-1)!, now };
  // What a worker does with records is the same whenever it meets them, and wherever they were until then.
  const known = { old: new Map<Version, Work>(), now: new Map<Version, Work>() };
  const workOf = (worker: "old" | "now", sender: Version): Work => {
    const result = known[worker].get(sender) ?? work(workers[worker], sender);
    known[worker].set(sender, result);
    return result;
  };
  for (const interleaving of INTERLEAVINGS) {
    const fault = run(interleaving, released, workers, workOf);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function run(
  { stages, dueAt, resentAt }: Interleaving,
  released: readonly Version[],
  versions: Readonly<Record<"old" | "now", Version>>,
  workOf: (worker: "old" | "now", sender: Version) => Work,
): string | undefined {
  // Versions whose records are there: any of them, so one of each stands for all.
  let queued = new Set(released);
  const delayed = new Set(released);
  const dead = new Set(released);
  for (const [i, { sender, worker, isIdle }] of stages.entries()) {
    queued.add(versions[sender]);
    delayed.add(versions[sender]);
    if (i >= dueAt) queued = new Set([...queued, ...delayed]);
    if (i >= resentAt) queued = new Set([...queued, ...dead]);
    if (isIdle) continue;
    const held = new Set<Version>();
    for (const version of queued) {
      const result = workOf(worker, version);
      if (typeof result === "object") return result.fault;
      // A handler may fail, or ask for another try later: what was handled may come again.
      if (result === "handled") dead.add(version);
      else held.add(version);
    }
    queued = held;
  }
  const [left] = queued;
  return left && `records of version ${left.event.version} are never handled`;
}
