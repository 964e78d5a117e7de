import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeSubscription,
  encodeSubscription,
  revisionOf,
} from "../../runtime/adapters/embedded/topic/subscription-format.ts";
import { NOBODY } from "../../runtime/transport/runs.ts";
import {
  claim,
  claimableAt,
  claimThese,
  countBacklog,
  createSubscriptionState,
  giveBack,
  join,
  leave,
  quarantine,
  type Range,
  type SubscriptionState,
  settle,
} from "../../runtime/transport/subscription-state.ts";

/** What became of a record, one by one: what the state says in runs. */
type Fate = { kind: "waiting"; dueAt: number } | { kind: "held"; by: number } | { kind: "settled" | "aside" };

/** All that counts of a state. */
const plain = (state: SubscriptionState) => ({
  ...state,
  partitions: state.partitions.map(({ open, ...cursor }) => {
    const runs: number[][] = [];
    open.eachRun(0, Number.POSITIVE_INFINITY, (first, end) => runs.push([first, end]));
    return { ...cursor, size: open.size, runs };
  }),
});

const PARTITIONS = 4;
const NOW = 1_000;

/** The state's own rules: runs are sorted, apart or different, and below `next`. */
function checkRuns(state: SubscriptionState): void {
  for (const { next, pending, open } of state.partitions) {
    expect(open.next(next)).toBe(undefined);
    for (const [index, run] of pending.entries()) {
      expect(run.first).toBeLessThan(run.end);
      expect(run.end).toBeLessThanOrEqual(next);
      expect(open.next(run.first) ?? next, "what somebody has is not open").toBeGreaterThanOrEqual(run.end);
      const before = pending[index - 1];
      if (!before) continue;
      expect(before.end).toBeLessThanOrEqual(run.first);
      const isSame = before.end === run.first && before.holder === run.holder && before.dueAt === run.dueAt;
      expect(isSame, "equal neighbours are one run").toBe(false);
    }
  }
}

const who = fc.nat(5);
const skip = fc.nat(6);
const count = fc.nat(10);
const step = fc.oneof(
  weighted(5, { kind: fc.constant("publish" as const), partition: fc.nat(PARTITIONS - 1), count }),
  weighted(6, { kind: fc.constant("claim" as const), who, max: fc.integer({ min: 1, max: 15 }), turn: fc.nat(3) }),
  weighted(4, { kind: fc.constant("pick" as const), who, skip: fc.nat(40), count, partition: fc.nat(PARTITIONS - 1) }),
  weighted(3, { kind: fc.constant("settle" as const), who, skip, count }),
  weighted(2, { kind: fc.constant("giveBack" as const), who, skip, count, later: fc.boolean() }),
  weighted(1, { kind: fc.constant("quarantine" as const), who, skip, count: fc.nat(2) }),
  weighted(3, { kind: fc.constant("join" as const) }),
  weighted(1, { kind: fc.constant("leave" as const), who }),
);

function weighted<T>(weight: number, parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return { weight, arbitrary: fc.record(parts) };
}

test.each(["shared", "key-shared"] as const)("a %s subscription, against records one by one", (type) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      let state = createSubscriptionState(Array.from({ length: PARTITIONS }, () => 5));
      const heads = Array.from({ length: PARTITIONS }, () => 5);
      const fates: Fate[][] = heads.map(() => []);
      const consumers: number[] = [];
      let lastId = 0;

      /** Records that a consumer holds, as ranges of one. */
      const heldBy = (consumer: number): Range[] =>
        fates.flatMap((records, partition) =>
          records.flatMap((fate, index) =>
            fate.kind === "held" && fate.by === consumer ? { partition, first: index + 5, end: index + 6 } : [],
          ),
        );
      const setFate = ({ partition, first }: Range, fate: Fate) => {
        fates[partition]![first - 5] = fate;
      };

      const checkClaim = (consumer: number, claimed: readonly Range[], max: number) => {
        let count = 0;
        for (const { partition, first, end } of claimed) {
          for (let offset = first; offset < end; offset++) {
            const fate = fates[partition]![offset - 5];
            expect(fate).toMatchObject({ kind: "waiting" });
            expect((fate as { dueAt: number }).dueAt).toBeLessThanOrEqual(NOW);
            setFate({ partition, first: offset, end: offset + 1 }, { kind: "held", by: consumer });
            count += 1;
          }
          if (type === "key-shared") {
            const holders = new Set(fates[partition]!.flatMap((fate) => (fate.kind === "held" ? fate.by : [])));
            expect([...holders], "one consumer has a partition").toEqual([consumer]);
          }
        }
        expect(count).toBeLessThanOrEqual(max);
        const waits = fates.some((records) => records.some((fate) => fate.kind === "waiting" && fate.dueAt <= NOW));
        if (type === "shared" && waits && max < 1_000)
          expect(count, "all that was asked for, if there is as much").toBe(max);
      };

      for (const action of steps) {
        if (action.kind === "publish") {
          heads[action.partition]! += action.count;
          for (let index = 0; index < action.count; index++)
            fates[action.partition]!.push({ kind: "waiting", dueAt: 0 });
        } else if (action.kind === "join") {
          lastId += 1;
          consumers.push(lastId);
          expect(join(state, { id: lastId, session: 7 }, type)).toBe(true);
        } else {
          const consumer = consumers[action.who % Math.max(1, consumers.length)];
          if (consumer === undefined) continue;
          if (action.kind === "claim") {
            const promised = claimableAt(state, consumer, heads, NOW);
            const claimed = claim(state, consumer, heads, { max: action.max, now: NOW, turn: action.turn });
            checkClaim(consumer, claimed, action.max);
            if (promised !== 0) expect(claimed, "nothing was promised").toEqual([]);
          } else if (action.kind === "pick") {
            const { partition } = action;
            const offsets = Array.from({ length: action.count }, (_, index) => 5 + action.skip + 3 * index);
            const picks = offsets
              .filter((offset) => offset < heads[partition]!)
              .map((offset) => ({ partition, offset }));
            const done = claimThese(state, consumer, picks, NOW);
            const claimed = picks.filter((_, index) => done[index]);
            checkClaim(
              consumer,
              claimed.map(({ offset }) => ({ partition, first: offset, end: offset + 1 })),
              Number.POSITIVE_INFINITY,
            );
            const refused = picks.filter((_, index) => !done[index]);
            const open = refused.filter(({ offset }) => {
              const fate = fates[partition]![offset - 5]!;
              return fate.kind === "waiting" && fate.dueAt <= NOW;
            });
            if (type === "shared") expect(open, "what can be delivered is").toEqual([]);
          } else if (action.kind === "leave") {
            for (const range of heldBy(consumer)) setFate(range, { kind: "waiting", dueAt: 0 });
            leave(state, consumer);
            consumers.splice(consumers.indexOf(consumer), 1);
          } else {
            for (const range of heldBy(consumer).slice(action.skip, action.skip + action.count)) {
              if (action.kind === "settle") {
                settle(state, range);
                setFate(range, { kind: "settled" });
              } else if (action.kind === "quarantine") {
                quarantine(state, range);
                setFate(range, { kind: "aside" });
              } else {
                const dueAt = action.later ? NOW + 10 : 0;
                giveBack(state, consumer, range, dueAt);
                giveBack(state, consumer + 1, range, 0);
                setFate(range, { kind: "waiting", dueAt });
              }
            }
          }
        }
        checkRuns(state);
        const unsettled = fates.flat().filter(({ kind }) => kind !== "settled").length;
        expect(countBacklog(state, heads)).toBe(unsettled);
        // The stored form is the state.
        const decoded = decodeSubscription(encodeSubscription(state, 3, true))!;
        expect(plain(decoded)).toEqual(plain(state));
        state = decoded;
      }

      // Everybody leaves, and a last one gets all that is due.
      for (const consumer of [...consumers]) {
        for (const range of heldBy(consumer)) setFate(range, { kind: "waiting", dueAt: 0 });
        leave(state, consumer);
      }
      expect(state.partitions.every(({ owner }) => owner === NOBODY)).toBe(true);
      join(state, { id: 999, session: 1 }, type);
      checkClaim(999, claim(state, 999, heads, { max: 100_000, now: NOW, turn: 0 }), 100_000 + 1);
      const left = fates.flat().filter((fate) => fate.kind === "waiting" && fate.dueAt <= NOW);
      expect(left).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test("consumers share partitions evenly, whatever their number", () => {
  for (let count = 1; count <= 20; count++) {
    const state = createSubscriptionState(Array.from({ length: 16 }, () => 0));
    for (let id = 1; id <= count; id++) join(state, { id, session: 1 }, "key-shared");
    const heads = state.partitions.map(() => 0);
    for (let round = 0; round < 2; round++) {
      for (let id = 1; id <= count; id++) claim(state, id, heads, { max: 1, now: 0, turn: 0 });
    }
    const owned = state.consumers.map(({ id }) => state.partitions.filter(({ owner }) => owner === id).length);
    expect(owned.reduce((sum, share) => sum + share, 0)).toBe(16);
    expect(Math.max(...owned) - Math.min(...owned)).toBeLessThanOrEqual(1);
  }
});

test("a damaged stored state is recognised, whichever byte it is", () => {
  const state = createSubscriptionState([3, 70_000, 2 ** 40]);
  join(state, { id: 12, session: 1 }, "shared");
  claim(state, 12, [10, 70_500, 2 ** 40 + 3], { max: 300, now: 0, turn: 0 });
  const stored = encodeSubscription(state, 77, true);
  expect(revisionOf(stored)).toBe(77);
  for (const index of stored.keys()) {
    const damaged = Buffer.from(stored);
    damaged[index]! ^= 0x10;
    expect(decodeSubscription(damaged), `byte ${index}`).toBe(undefined);
    expect(decodeSubscription(stored.subarray(0, index))).toBe(undefined);
  }
});
