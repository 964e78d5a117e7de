import { expect, test } from "vitest";
import type { Priority } from "../../../runtime/contract.ts";
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
