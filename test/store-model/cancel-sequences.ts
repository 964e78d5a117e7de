import type { DelayedClaim, DelayStore } from "../../runtime/scheduler/delay-store.ts";
import { delayed } from "../runtime/scheduler/delay-store-suite.ts";

/*
 * One delayed task, two processes, and every order of what they may do with it: it is put off again, since a worker died before
 * it could settle it; it is cancelled, or rescheduled; its time comes; it is claimed, and fired. What was answered `cancelled` is
 * claimed by nobody from then on, and was by nobody before; what was `rescheduled` is claimed at that time, and no other copy
 * of it ever; all else can be fired.
 */

export const CANCEL_MOVES = [
  "A adds",
  "A cancels",
  "B cancels",
  "A puts off",
  "B hastens",
  "A claims",
  "B claims",
  "A fires",
  "time comes",
  "leases end",
] as const;
export type CancelMove = (typeof CANCEL_MOVES)[number];

const LEASE_MS = 10_000;
const WAIT_MS = 60_000;
/** Stores know the time up to which they were asked for what is due: each sequence has a later one. */
let time = Date.now() + 86_400_000;
let tasks = 0;

export async function cancelFaults(stores: readonly DelayStore[], moves: readonly CancelMove[]): Promise<string[]> {
  const faults: string[] = [];
  const id = `cancel-${tasks++}`;
  const enqueuedFor = time + WAIT_MS;
  let dueAt = enqueuedFor;
  const entry = delayed(id, dueAt, { attempt: 1, dueAt });
  let now = time;
  let isCancelled = false;
  let isOwed = false;
  let isClaimed = false;
  let claims: readonly DelayedClaim[] = [];
  const fault = (text: string) => faults.push(`${text} (${moves.join(", ")})`);

  async function claim(store: DelayStore): Promise<void> {
    const own = (await store.claimDue(now, 10, LEASE_MS)).filter(({ record }) => record.id === id);
    if (own.length === 0) return;
    if (isCancelled) fault("claimed though it was cancelled");
    if (own.length > 1) fault("claimed twice at once");
    for (const { record, dueAt: wasDueAt } of own) {
      if (record.dueAt !== dueAt || wasDueAt !== dueAt) fault(`claimed for ${record.dueAt - dueAt} ms from its time`);
      if (now < dueAt) fault("claimed early");
    }
    isClaimed = true;
    claims = own;
  }

  for (const move of moves) {
    const store = stores[move.startsWith("A") ? 0 : 1]!;
    if (move === "time comes") now = Math.max(now, dueAt);
    else if (move === "leases end") now += LEASE_MS + 1;
    else if (move === "A adds") {
      await store.add([entry]);
      isOwed ||= dueAt === enqueuedFor;
    } else if (move.endsWith("cancels")) {
      const answer = await store.cancel({ id, dueAt: enqueuedFor, subscriptions: ["default"] }, now);
      if (answer === "cancelled" && isClaimed) fault("cancelled though it was claimed");
      if (answer === "cancelled" && !isOwed && !isCancelled) fault("cancelled though it was not there");
      if (answer === "started" && now < dueAt) fault("started before its time");
      if (answer !== "cancelled" && isOwed && !isClaimed && now < dueAt) fault(`${answer} though it waited`);
      isCancelled ||= answer === "cancelled";
    } else if (move === "A puts off" || move === "B hastens") {
      const to = move === "A puts off" ? dueAt + WAIT_MS : now + 1_000;
      const answer = await store.reschedule({ id, dueAt: enqueuedFor, subscriptions: ["default"] }, to, now);
      if (answer === "rescheduled" && isClaimed) fault("rescheduled though it was claimed");
      if (answer === "rescheduled" && isCancelled) fault("rescheduled though it was cancelled");
      if (answer === "rescheduled" && !isOwed) fault("rescheduled though it was not there");
      if (answer === "started" && now < dueAt) fault("started before its time");
      if (answer !== "rescheduled" && isOwed && !isCancelled && !isClaimed && now < dueAt) {
        fault(`${answer} though it waited`);
      }
      if (answer === "rescheduled") dueAt = to;
    } else if (move.endsWith("claims")) await claim(store);
    else if (claims.length > 0) {
      await store.remove(claims);
      claims = [];
      isOwed = false;
    }
  }

  now = Math.max(now, dueAt) + 4 * LEASE_MS;
  isClaimed = false;
  for (const store of stores) {
    await claim(store);
    if (claims.length > 0) await store.remove(claims);
    claims = [];
    now += 4 * LEASE_MS;
  }
  if (isOwed && !isCancelled && !isClaimed) fault("lost: it can't be claimed any more");
  if ((await stores[0]!.size()) > 0) fault("something is left");
  time = now + 1_000;
  return faults;
}

/** The sequence of that number, of all of that length. */
export function cancelSequence(number: number, length: number): CancelMove[] {
  const moves: CancelMove[] = [];
  for (let rest = number; moves.length < length; rest = Math.floor(rest / CANCEL_MOVES.length)) {
    moves.push(CANCEL_MOVES[rest % CANCEL_MOVES.length]!);
  }
  return moves;
}
