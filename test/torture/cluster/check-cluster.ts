import { becomesDead, KINDS, numberOf, subscribersOf } from "./kinds.ts";

/** What came of everything that was enqueued. */
export interface ClusterHistory {
  /** Ids whose enqueue resolved, by kind. */
  readonly accepted: Readonly<Record<string, ReadonlySet<string>>>;
  /** Runs that ended well, in the order of their ends, by kind and subscriber. */
  readonly handled: ReadonlyMap<string, readonly { readonly id: string; readonly task: string }[]>;
  /** By kind and subscriber. */
  readonly dead: ReadonlyMap<string, ReadonlySet<string>>;
  readonly early: number;
  readonly problems: number;
  readonly refused: number;
}

export const placeOf = (kind: string, subscriber: string): string => `${kind}/${subscriber}`;

/** Reads what processes told, line by line. */
export function readCluster(lines: readonly string[], dead: ClusterHistory["dead"]): ClusterHistory {
  const accepted: Record<string, Set<string>> = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, new Set()]));
  const handled = new Map<string, { id: string; task: string; at: number }[]>();
  const counts = { early: 0, problems: 0, refused: 0 };
  for (const line of lines) {
    const [what, kind, ...rest] = line.split(" ");
    if (what === "accepted") for (const id of rest) accepted[kind!]!.add(id);
    else if (what === "refused") counts.refused += rest.length - 1;
    else if (what === "problem") counts.problems += 1;
    else if (what === "handled") {
      const [subscriber, id, task, at, dueAt] = rest as [string, string, string, string, string];
      const place = placeOf(kind!, subscriber);
      handled.set(place, [...(handled.get(place) ?? []), { id, task, at: Number(at) }]);
      if (Number(at) < Number(dueAt)) counts.early += 1;
    }
  }
  for (const runs of handled.values()) runs.sort((one, other) => one.at - other.at);
  return { accepted, handled, dead, ...counts };
}

/** Accepted, and neither handled nor a dead letter because its handler never took it. */
export function missingOf({ accepted, handled, dead }: ClusterHistory): string[] {
  return Object.entries(accepted).flatMap(([kind, ids]) =>
    subscribersOf(kind).flatMap((subscriber) => {
      const place = placeOf(kind, subscriber);
      const done = new Set(handled.get(place)?.map(({ id }) => id));
      const given = dead.get(place) ?? new Set();
      return [...ids].filter((id) => !(becomesDead(kind, id) ? given : done).has(id)).map((id) => `${place} ${id}`);
    }),
  );
}

/** All that a history breaks. */
export function checkCluster(history: ClusterHistory): string[] {
  const faults = missingOf(history).map((id) => `${id} was accepted and never handled`);
  if (history.early > 0) faults.push(`${history.early} tasks ran before they were due`);
  for (const [place, ids] of history.dead) {
    const kind = place.split("/")[0]!;
    for (const id of ids) if (!becomesDead(kind, id)) faults.push(`${place} ${id} is a dead letter for no reason`);
  }
  const seen = new Map<string, number>();
  const first = new Set<string>();
  for (const { id } of history.handled.get(placeOf("ordered", "default")) ?? []) {
    if (first.has(id) || !history.accepted.ordered!.has(id)) continue;
    first.add(id);
    const key = id.slice(0, id.lastIndexOf(":"));
    if (numberOf(id) < (seen.get(key) ?? -1)) faults.push(`${id} ran after ${seen.get(key)} of its key`);
    seen.set(key, numberOf(id));
  }
  const tasks = new Map<string, string>();
  for (const { id, task } of history.handled.get(placeOf("deduplicated", "default")) ?? []) {
    const known = tasks.get(id);
    if (known !== undefined && known !== task) faults.push(`the id ${id} was accepted as ${known} and as ${task}`);
    tasks.set(id, task);
  }
  return faults;
}
