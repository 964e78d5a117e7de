import { expect, test } from "vitest";
import { followServerClock } from "../../runtime/adapters/postgres/server-clock.ts";
import { createSimulatedClock } from "../../runtime/testing/simulated-clock.ts";

/** A server whose clock is that far ahead, and which takes that long to answer. */
async function openWorld(server: { aheadMs: number; takesMs: number; isAway?: boolean }) {
  const clock = createSimulatedClock(1);
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const following = followServerClock(async () => {
    if (server.isAway) throw new Error("away");
    await wait(server.takesMs / 2);
    const time = clock.now() + server.aheadMs;
    await wait(server.takesMs / 2);
    return time;
  }, clock);
  await clock.advance(server.takesMs);
  const followed = await following;
  return { clock, followed, server, behindMs: () => clock.now() + server.aheadMs - followed.now() };
}

test("is never ahead of the server, and behind it by no more than an answer takes", async () => {
  const world = await openWorld({ aheadMs: -7_200_000, takesMs: 40 });
  for (let second = 0; second < 300; second++) {
    world.server.takesMs = [40, 60, 900][second % 3]!;
    await world.clock.advance(1_000);
    expect(world.behindMs()).toBeGreaterThanOrEqual(0);
    expect(world.behindMs()).toBeLessThanOrEqual(50);
  }
});

test("follows a server whose clock was set, and goes on while it is away", async () => {
  const world = await openWorld({ aheadMs: 0, takesMs: 20 });
  world.server.aheadMs = -3_600_000;
  await world.clock.advance(11_000);
  expect(world.behindMs()).toBe(10);
  world.server.isAway = true;
  await world.clock.advance(600_000);
  expect(world.behindMs()).toBe(10);
  world.server.isAway = false;
  // Answers have become slow for good.
  world.server.takesMs = 400;
  await world.clock.advance(100_000);
  expect(world.behindMs()).toBe(200);
  world.followed.close();
});
