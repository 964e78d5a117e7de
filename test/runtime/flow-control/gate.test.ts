import { expect, test } from "vitest";
import type { Priority } from "../../../runtime/contract/contract.ts";
import { type Applicant, createGate, type Gate } from "../../../runtime/flow-control/gate.ts";

/** One that always wants more, and counts what it was granted. */
function createHungry(gate: Gate, priority: Priority): Applicant & { granted: number; held: number } {
  const hungry = {
    priority,
    granted: 0,
    held: 0,
    wants: () => 1_000_000,
    grant(count: number) {
      hungry.granted += count;
      hungry.held += count;
    },
  };
  gate.apply(hungry);
  return hungry;
}

test("levels share scarce permits by their turns, and none starves", () => {
  const gate = createGate(32);
  const hungry = (["low", "normal", "high"] as const).map((priority) => createHungry(gate, priority));
  for (let round = 0; round < 12_000; round++) {
    for (const one of hungry) {
      const { held } = one;
      one.held = 0;
      if (held > 0) gate.release(held);
    }
  }
  const [low, normal, high] = hungry.map(({ granted }) => granted) as [number, number, number];
  expect(high / low).toBeCloseTo(8, 0);
  expect(normal / low).toBeCloseTo(3, 0);
});

test("a level that was idle has no claim to the turns it missed", () => {
  const gate = createGate(32);
  const low = createHungry(gate, "low");
  for (let round = 0; round < 1_000; round++) {
    low.held = 0;
    gate.release(32);
  }
  const high = createHungry(gate, "high");
  const before = low.granted;
  for (let round = 0; round < 90; round++) {
    const holder = high.held > 0 ? high : low;
    holder.held = 0;
    gate.release(32);
  }
  expect((low.granted - before) / 32).toBeGreaterThanOrEqual(8);
});

test("what nobody wants is kept for who comes", () => {
  const gate = createGate(10);
  let granted = 0;
  const grant = (count: number) => {
    granted += count;
  };
  gate.apply({ priority: "normal", wants: () => 4 - granted, grant });
  expect([granted, gate.inFlight]).toEqual([4, 4]);
  gate.release(4);
  expect(gate.inFlight).toBe(0);
});

/** One that wants so many in all, and writes down what it was granted at a time. */
function createApplicant(priority: Priority, all: number): Applicant & { readonly grants: number[] } {
  const grants: number[] = [];
  return {
    priority,
    grants,
    wants: () => all - grants.reduce((sum, count) => sum + count, 0),
    grant: (count) => grants.push(count),
  };
}

test("no more than the permits are ever in flight, however much is wanted", () => {
  const gate = createGate(10);
  const first = createApplicant("normal", 6);
  const second = createApplicant("normal", 100);
  gate.apply(first);
  gate.apply(second);
  expect([first.grants, second.grants, gate.inFlight]).toEqual([[6], [4], 10]);
  gate.release(3);
  expect([second.grants, gate.inFlight]).toEqual([[4, 3], 10]);
});

test("who is alone gets large batches, and who is not, whatever the other's level, small ones by turns", () => {
  const alone = createApplicant("normal", 1_000);
  createGate(1_000).apply(alone);
  expect(alone.grants).toEqual([256, 256, 256, 232]);
  for (const level of ["high", "normal", "low"] as const) {
    const gate = createGate(640);
    const blocker = createApplicant("normal", 640);
    gate.apply(blocker);
    const [one, other] = [createApplicant("normal", 100_000), createApplicant(level, 100_000)];
    gate.apply(one);
    gate.apply(other);
    gate.release(640);
    expect(Math.max(...one.grants, ...other.grants)).toBe(32);
    expect(gate.inFlight).toBe(640);
    if (level === "normal") expect(one.grants.length).toBe(other.grants.length);
  }
});

test("who wants nothing any more when its turn comes is passed over, and not asked again", () => {
  const gate = createGate(4);
  const blocker = createApplicant("normal", 4);
  gate.apply(blocker);
  let wanted = 3;
  let asked = 0;
  const grants: number[] = [];
  gate.apply({
    priority: "normal",
    wants() {
      asked++;
      return wanted;
    },
    grant: (count) => grants.push(count),
  });
  const next = createApplicant("normal", 1);
  gate.apply(next);
  wanted = 0;
  gate.release(4);
  expect([grants, next.grants, gate.inFlight]).toEqual([[], [1], 1]);
  const before = asked;
  gate.release(1);
  gate.apply(createApplicant("normal", 1));
  expect(asked).toBe(before);
});

test("a grant that ends in releases and applications at once is not called within another", () => {
  const gate = createGate(2);
  let depth = 0;
  let deepest = 0;
  let left = 1_000;
  const applicant: Applicant = {
    priority: "normal",
    wants: () => left,
    grant(count) {
      deepest = Math.max(deepest, ++depth);
      left -= count;
      gate.release(count);
      gate.apply(applicant);
      depth--;
    },
  };
  gate.apply(applicant);
  expect([left, deepest, gate.inFlight]).toEqual([0, 1, 0]);
});
