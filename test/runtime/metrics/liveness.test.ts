import { expect, test } from "vitest";
import { whyNotLive } from "../../../runtime/metrics/readiness.ts";
import { openWorld } from "../world.ts";

test("with order, a hung task keeps its key, nobody else's, and the process says that it is not live", async () => {
  const seen: string[] = [];
  const world = await openWorld({
    settings: { ordered: true },
    subscribers: { default: { timeoutMs: 500 } },
    handlers: {
      default: ({ id }) => {
        seen.push(id);
        return id === "hangs" ? new Promise<void>(() => {}) : undefined;
      },
    },
  });
  await world.inTime(
    world.notes.enqueueAll([
      { id: "hangs", key: "a" },
      { id: "behind", key: "a" },
      { id: "other", key: "b" },
    ]),
  );
  await world.clock.advance(900);
  expect(whyNotLive(world.worker)).toBe("");
  await world.clock.advance(60_000);
  expect(seen.sort()).toEqual(["hangs", "other"]);
  expect(whyNotLive(world.worker)).toContain("1 of 'note' (default)");
  expect(world.problems.map(({ message }) => message)).toEqual([expect.stringContaining("Its key 'a' waits")]);
  await world.close();
});
