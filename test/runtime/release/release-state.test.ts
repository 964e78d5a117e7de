import { expect, test } from "vitest";
import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import { decide } from "../../../runtime/release/decide.ts";
import { createGuard, type Sums } from "../../../runtime/release/guard.ts";
import {
  changeRelease,
  type ReleaseState,
  type Rollout,
  readReleases,
  roleOf,
  withEnd,
} from "../../../runtime/release/release-state.ts";

const ROLLOUT: Rollout = { id: "r", release: "b", steps: [1, 10, 50, 100], step: 0, since: 0, startedAt: 0 };
const STATE: ReleaseState = { stable: "a", rollout: ROLLOUT, ended: [] };
const GUARD = { errorPoints: 1, slowerPercent: 25 };

function seen(candidate: { tried: number; failed: number }, stableTried = 5_000): Sums {
  const guard = createGuard(GUARD);
  guard.begin(0);
  const see = (isCandidate: boolean, outcome: "done" | "retry") =>
    guard.observe({ isCandidate, drawnWith: () => 0.01, attempt: 1, outcome });
  for (let i = 0; i < stableTried; i++) see(false, "done");
  for (let i = 0; i < candidate.tried; i++) see(true, i < candidate.failed ? "retry" : "done");
  return guard.sums;
}

const standing = (sums: Sums, more: object = {}) => ({
  ...{ seen: [{ sums, ends: 0, memory: 0 }], goneMs: 0, guard: GUARD, stepMs: 60_000, now: 1_000 },
  ...more,
});

test("a step ends by evidence, or by its time where nothing speaks against the release", () => {
  expect(decide(STATE, ROLLOUT, standing(seen({ tried: 3, failed: 0 })))).toBeUndefined();
  expect(decide(STATE, ROLLOUT, standing(seen({ tried: 40, failed: 0 })))?.rollout).toMatchObject({
    step: 1,
    since: 1_000,
  });
  const late = standing(seen({ tried: 3, failed: 0 }), { now: 60_000 });
  expect(decide(STATE, ROLLOUT, late)?.rollout?.step).toBe(1);
  expect(decide(STATE, ROLLOUT, { ...late, goneMs: 5_000 })).toBeUndefined();
});

test("a release is taken back for what fails, for processes that end, and for memory that is used up", () => {
  const whys = [
    standing(seen({ tried: 5, failed: 4 })),
    standing(seen({ tried: 5, failed: 0 }), { seen: [{ sums: seen({ tried: 5, failed: 0 }), ends: 3, memory: 0 }] }),
    standing(seen({ tried: 5, failed: 0 }), {
      ...{ seen: [{ sums: seen({ tried: 5, failed: 0 }), ends: 1, memory: 0 }], goneMs: 20_000 },
    }),
    standing(seen({ tried: 5, failed: 0 }), { seen: [{ sums: seen({ tried: 5, failed: 0 }), ends: 0, memory: 0.95 }] }),
  ].map((one) => decide(STATE, ROLLOUT, one)?.ended[0]);
  expect(whys.map((end) => end?.verdict)).toEqual(Array(4).fill("rolled back"));
  expect(whys.map((end) => end?.why)).toEqual([
    expect.stringContaining("more of its first tries fail (4 of 5 in this step, beside 0 of 5000)"),
    "3 of its processes ended without having been told to",
    "its process ended without having been told to, and none came back",
    "one of its processes uses 95 % of its memory",
  ]);
});

test("what several processes have seen adds up", () => {
  const half = seen({ tried: 1, failed: 1 }, 500);
  const one = { sums: half, ends: 0, memory: 0 };
  expect(decide(STATE, ROLLOUT, standing(half))).toBeUndefined();
  expect(decide(STATE, ROLLOUT, standing(half, { seen: [one, one] }))?.ended[0]?.verdict).toBe("rolled back");
});

test("a release knows what it is, whatever ran before and after it", () => {
  const promoted = withEnd(STATE, ROLLOUT, { verdict: "promoted", why: "" }, 1);
  const lost = withEnd(STATE, ROLLOUT, { verdict: "rolled back", why: "" }, 1);
  expect(["a", "b", "c"].map((release) => roleOf(STATE, release))).toEqual(["stable", "candidate", undefined]);
  expect(["a", "b", "c"].map((release) => roleOf(promoted, release))).toEqual(["former", "stable", undefined]);
  expect(["a", "b", "c"].map((release) => roleOf(lost, release))).toEqual(["stable", "rolled back", undefined]);
});

test("of two that change it at once one comes after the other, and what can't be read is as if nothing was there", async () => {
  const store = createMemoryControlStore();
  await store.put("release/note", "{ broken", 0);
  expect(await readReleases(store)).toEqual(new Map());
  const end = (why: string) =>
    changeRelease(store, "note", (state) => withEnd(state ?? STATE, ROLLOUT, { verdict: "replaced", why }, 1));
  await Promise.all([end("one"), end("other")]);
  expect(
    (await readReleases(store))
      .get("note")
      ?.ended.map(({ why }) => why)
      .sort(),
  ).toEqual(["one", "other"]);
});
