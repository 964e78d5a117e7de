import type { Note } from "./note-contract.ts";

/**
 * The place at which each tenant's last note was handled, over its place in a round robin over all backlogs: the worst of
 * all tenants. `window` is how many tasks are granted: those that were taken before anything else was known.
 */
export function unfairness(notes: readonly Note[], handled: readonly Note[], window: number): number {
  const counts = new Map<string, number>();
  for (const { tenant } of notes) counts.set(tenant!, (counts.get(tenant!) ?? 0) + 1);
  const last = new Map<string, number>();
  for (const [place, { tenant }] of handled.entries()) last.set(tenant!, place + 1);
  const sizes = [...counts.values()].sort((a, b) => a - b);
  /** How many tasks the backlogs up to this one hold. */
  const sums = [0];
  for (const size of sizes) sums.push(sums.at(-1)! + size);
  let worst = 0;
  for (const [tenant, count] of counts) {
    const smaller = sizes.findIndex((size) => size >= count);
    const roundRobin = sums[smaller]! + (sizes.length - smaller) * count;
    worst = Math.max(worst, (last.get(tenant)! - window) / roundRobin);
  }
  return worst;
}

/** The first note that was handled before an earlier one of its key; undefined: none was. */
export function outOfOrder(notes: readonly Note[], handled: readonly Note[]): Note | undefined {
  const places = new Map(notes.map(({ id }, place) => [id, place]));
  const last = new Map<string, number>();
  return handled.find(({ id, key = "" }) => {
    const place = places.get(id)!;
    const isEarly = place < (last.get(key) ?? -1);
    last.set(key, place);
    return isEarly;
  });
}
