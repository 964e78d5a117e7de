import { expect, test } from "vitest";
import { createDraw } from "../../../runtime/release/draw.ts";
import { randomOf } from "./simulate-release.ts";

test("without order a candidate has its exact share of every hundred tasks, at places that change", () => {
  for (const percent of [1, 10, 29, 50, 99]) {
    const draw = createDraw("rollout", { random: randomOf(percent) });
    draw.begin(percent / 100);
    const places = new Set<string>();
    for (let block = 0; block < 20; block++) {
      const drawn = Array.from({ length: 100 }, () => draw.next("").isCandidate);
      expect(drawn.filter(Boolean)).toHaveLength(percent);
      places.add(drawn.join());
    }
    expect(places.size).toBeGreaterThan(10);
  }
});

test("with order a key stays the candidate's as its share grows, in every process", () => {
  const [one, other] = [createDraw("rollout", { random: () => 0 }), createDraw("rollout", { random: () => 0.9 })];
  const keys = Array.from({ length: 2_000 }, (_, i) => `key ${i}`);
  let before = new Set<string>();
  for (const share of [0.01, 0.1, 0.5, 1]) {
    for (const draw of [one, other]) draw.begin(share);
    const taken = new Set(keys.filter((key) => one.next(key).isCandidate));
    expect(new Set(keys.filter((key) => other.next(key).isCandidate))).toEqual(taken);
    expect([...before].every((key) => taken.has(key))).toBe(true);
    expect(Math.abs(taken.size / keys.length - share)).toBeLessThan(0.035);
    before = taken;
  }
});

test("another rollout takes other keys first", () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => `key ${i}`);
  const takenBy = (rollout: string) => {
    const draw = createDraw(rollout, { random: () => 0 });
    draw.begin(0.1);
    return keys.filter((key) => draw.next(key).isCandidate);
  };
  const first = new Set(takenBy("first"));
  expect(takenBy("second").filter((key) => first.has(key)).length).toBeLessThan(40);
});

test("a key counts once a step for each signal, with the probability that is left of it", () => {
  const draw = createDraw("rollout", { random: () => 0 });
  draw.begin(0.1);
  const key = Array.from({ length: 100 }, (_, i) => `key ${i}`).find((one) => !draw.next(one).isCandidate)!;
  expect(draw.next(key).drawnWith("errors")).toBe(0.1);
  expect(draw.next(key).drawnWith("errors")).toBeUndefined();
  expect(draw.next(key).drawnWith("latency")).toBe(0.1);
  draw.begin(0.5);
  expect(draw.next(key).drawnWith("errors")).toBeCloseTo(0.4 / 0.9);
});
