import type { ClusterHistory, Run } from "./cluster-history.ts";
import { type Disturbance, explainRepeats, isDisturbed } from "./explain-repeats.ts";
import { deathOf, numberOf, placeOf } from "./kinds.ts";

/** All that a history breaks. */
export function checkCluster(history: ClusterHistory, disturbances: readonly Disturbance[]): string[] {
  return [
    ...[...history.pending].flatMap(([place, ids]) =>
      [...ids].map((id) => `${place} ${id} was accepted and never handled`),
    ),
    ...history.early,
    ...checkDead(history),
    ...checkOrder(history),
    ...checkOverlaps(history, disturbances),
    ...checkDeduplicated(history, disturbances),
    ...explainRepeats(history, disturbances).unexplained,
  ];
}

/** Each dead letter is one for its own reason, and what becomes one is never handled. */
function checkDead({ dead, runs }: ClusterHistory): string[] {
  const faults: string[] = [];
  for (const [place, ids] of dead) {
    const kind = place.split("/")[0]!;
    for (const [id, reason] of ids) {
      const own = deathOf(kind, id);
      if (own !== reason) faults.push(`${place} ${id} is a dead letter because of '${reason}', rather than ${own}`);
    }
    for (const id of runs.get(place)!.keys())
      if (deathOf(kind, id) !== undefined) faults.push(`${place} ${id} was handled, though its handler never takes it`);
  }
  return faults;
}

/** By key, each id's first run, in the order of their ends. */
function firstRunsByKey(runs: ReadonlyMap<string, readonly Run[]>): Map<string, { id: string; run: Run }[]> {
  const first = [...runs].map(([id, [run]]) => ({ id, run: run! }));
  first.sort((one, other) => one.run.at - other.run.at);
  return Map.groupBy(first, ({ id }) => id.slice(0, id.lastIndexOf(":")));
}

const ORDERED = placeOf("ordered", "default");

function checkOrder({ runs, accepted }: ClusterHistory): string[] {
  const faults: string[] = [];
  for (const ofKey of firstRunsByKey(earliest(runs.get(ORDERED)!)).values()) {
    let last = -1;
    // What was refused may still arrive, at any time.
    for (const { id } of ofKey.filter(({ id }) => accepted.get("ordered")!.has(id))) {
      if (numberOf(id) < last) faults.push(`${id} ran after ${last} of its key`);
      last = Math.max(last, numberOf(id));
    }
  }
  return faults;
}

/** What the files told in any order, in the order of the runs. */
function earliest(runs: ReadonlyMap<string, readonly Run[]>): Map<string, readonly Run[]> {
  return new Map([...runs].map(([id, all]) => [id, all.toSorted((one, other) => one.at - other.at)]));
}

/** Nothing of a key runs beside another, but where a broker gave away what a worker still ran. */
function checkOverlaps({ runs }: ClusterHistory, disturbances: readonly Disturbance[]): string[] {
  const all = [...runs.get(ORDERED)!].flatMap(([id, ofId]) => ofId.map((run) => ({ id, run })));
  all.sort((one, other) => one.run.from - other.run.from);
  const faults: string[] = [];
  for (const ofKey of Map.groupBy(all, ({ id }) => id.slice(0, id.lastIndexOf(":"))).values()) {
    let before = ofKey[0]!;
    for (const next of ofKey.slice(1)) {
      if (next.run.from < before.run.at && !isDisturbed(before.run, disturbances))
        faults.push(`${next.id} ran on ${next.run.worker} while ${before.id} ran on ${before.run.worker}`);
      if (next.run.at > before.run.at) before = next;
    }
  }
  return faults;
}

/**
 * An id is one task, and one receipt at most says that it was accepted now. But PostgreSQL forgets what it was let off to
 * sync when it is killed: an id whose enqueue had no answer then may become two tasks.
 */
function checkDeduplicated(history: ClusterHistory, disturbances: readonly Disturbance[]): string[] {
  const faults: string[] = [];
  const forgotten = disturbances.filter(({ what }) => what === "PostgreSQL killed");
  const unanswered = new Set(
    history.refused
      .get("deduplicated")!
      .filter(({ from, at }) => forgotten.some((kill) => kill.from <= at && from <= kill.until))
      .flatMap(({ ids }) => ids),
  );
  for (const [id, runs] of history.runs.get(placeOf("deduplicated", "default"))!) {
    const tasks = new Set(runs.map(({ task }) => task));
    if (tasks.size > 1 && !unanswered.has(id))
      faults.push(`the id ${id} was accepted as ${[...tasks].join(" and as ")}`);
  }
  for (const [id, times] of history.fresh)
    if (times > 1 && !unanswered.has(id)) faults.push(`the id ${id} was accepted ${times} times`);
  return faults;
}
