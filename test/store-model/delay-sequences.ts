import type { DelayedClaim, DelayStore } from "../../runtime/scheduler/delay-store.ts";
import { delayed } from "../runtime/scheduler/delay-store-suite.ts";

/*
 * One delayed record, two processes whose clocks differ, and every order of what they may do with it. What must hold
 * follows from a model of three facts: when the record was added last, which claims were made since, and until when.
 */

/** What one of the two processes does next, or that time passes until every lease has ended. */
export const MOVES = ["A adds", "B adds", "A claims", "B claims", "A removes", "B removes", "leases end"] as const;
export type Move = (typeof MOVES)[number];

const LEASE_MS = 10_000;
const DUE = 1_000_000;

interface Held {
  readonly claims: readonly DelayedClaim[];
  readonly claimedAt: number;
  readonly untilMs: number;
}

/** How far each process's clock is ahead of the true time. */
export type Skews = readonly [a: number, b: number];

let records = 0;

/**
 * Does the moves on an empty store, and answers what was wrong. The true time starts when the record is due by the clock
 * that is behind the most; so the other one sees it as due earlier, by no more than they differ.
 */
export async function delayFaults(
  stores: readonly DelayStore[],
  moves: readonly Move[],
  skews: Skews,
): Promise<string[]> {
  const faults: string[] = [];
  const id = `model-${records++}`;
  const entry = delayed(id, DUE);
  const held: (Held | undefined)[] = [undefined, undefined];
  let now = DUE - Math.max(...skews);
  let addedAt = 0;
  let step = 0;
  /** Whether a record is there that nobody who may fire it has fired. */
  let owed = false;
  /** The claim that holds it, if one does. */
  let holder: Held | undefined;

  const fault = (text: string) => faults.push(`${text} (${moves.join(", ")}; clocks ${skews.join(" and ")} ms ahead)`);

  async function claim(of: number): Promise<void> {
    const at = now + skews[of]!;
    const claims = await stores[of]!.claimDue(at, 10, LEASE_MS);
    const own = claims.filter(({ record }) => record.id === id);
    if (own.length === 0) return;
    if (at < DUE) fault("claimed before it was due by the claimer's own clock");
    // A lease is the claimer's word for its end, and others know it by their own clocks: they may differ.
    const slack = Math.abs(skews[0] - skews[1]);
    if (holder && holder.claimedAt > addedAt && holder.untilMs > at + slack) fault("claimed twice at a time");
    if (!owed) fault("claimed what had been fired and removed");
    held[of] = { claims: own, claimedAt: step, untilMs: at + LEASE_MS };
    holder = held[of];
  }

  async function remove(of: number): Promise<void> {
    const claim = held[of];
    if (!claim) return;
    held[of] = undefined;
    await stores[of]!.remove(claim.claims);
    const size = await stores[of]!.size();
    if (claim.claimedAt < addedAt) {
      if (owed && size === 0) fault("lost: added after it was claimed, and gone with the claim");
    } else if (claim === holder && claim.untilMs > now + skews[of]!) {
      if (size > 0) fault("kept after it was fired and removed: it would fire for ever");
      owed = false;
    } else if (size === 0) {
      // The lease had ended; the record was fired all the same.
      owed = false;
    }
    if (size === 0) holder = undefined;
  }

  for (const move of moves) {
    step++;
    if (move === "leases end") now += LEASE_MS + Math.max(...skews.map(Math.abs)) + 1;
    else {
      const of = move.startsWith("A") ? 0 : 1;
      if (move.endsWith("adds")) {
        await stores[of]!.add([entry]);
        if (!owed || (holder && holder.claimedAt > addedAt)) addedAt = step;
        owed = true;
      } else if (move.endsWith("claims")) await claim(of);
      else await remove(of);
    }
  }

  // Whatever happened: what is owed can still be fired, and then nothing is left.
  now += 4 * LEASE_MS;
  let fired = false;
  for (let round = 0; round < 3; round++) {
    for (const which of [0, 1]) {
      const claims = await stores[which]!.claimDue(now + skews[which]!, 10, LEASE_MS);
      if (claims.some(({ record }) => record.id === id)) fired = true;
      if (claims.length > 0) await stores[which]!.remove(claims);
    }
    now += 4 * LEASE_MS;
  }
  if (owed && !fired) fault("lost: it can't be claimed any more");
  const size = await stores[0]!.size();
  if (size > 0) fault(`${size} left after all was fired`);
  return faults;
}

/** The sequence of that number, of all sequences of that length. */
export function sequence(number: number, length: number): Move[] {
  const moves: Move[] = [];
  for (let rest = number; moves.length < length; rest = Math.floor(rest / MOVES.length)) {
    moves.push(MOVES[rest % MOVES.length]!);
  }
  return moves;
}

export const SKEWS: readonly Skews[] = [
  [0, 0],
  [10_000, 0],
  [0, 10_000],
];
