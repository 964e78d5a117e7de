import { afterEach, expect, test } from "vitest";
import { openWorld, type Run, type World } from "./release/rollout.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** The machine may be busy with something else, and one process more than the other. */
const LENIENT = { slowerPercent: 1_000 };

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const endsAt = Date.now() + withinMs;
  while (!(await what())) {
    if (Date.now() > endsAt) throw new Error("it did not happen in time");
    await sleep(50);
  }
}

/** Tasks of one key that ran at the same time, or one before an earlier one. */
function outOfOrder(runs: readonly Run[]): string[] {
  const last = new Map<string, Run>();
  return [...runs]
    .sort((a, b) => a.startedAt - b.startedAt)
    .flatMap((run) => {
      const before = last.get(run.key);
      last.set(run.key, run);
      const isLater = !before || (numberOf(before) <= numberOf(run) && before.endedAt <= run.startedAt);
      return isLater ? [] : [`${before.id} before ${run.id}`];
    });
}

const numberOf = ({ id }: Run): number => Number(id.split("-")[1]);

test("a release that fails is stopped by the workers beside it, and nothing is lost", async () => {
  world = await openWorld({ ordered: false });
  await world.start({ release: "a", ...LENIENT });
  const feed = world.feed(200);
  await until(() => world!.runs().length > 20);
  await world.start({ release: "b", fault: { kind: "throw" } });
  const end = await world.ended(60_000);
  expect(end).toMatchObject({ release: "b", beside: "a", verdict: "rolled back", percent: 1 });
  expect(end?.why).toMatch(/^more of its (first|second) tries fail/);
  const endedAt = Date.now();
  await sleep(2_000);
  const accepted = await feed.stop();
  await until(() => new Set(world!.runs().map(({ id }) => id)).size === accepted.length);
  expect(world.runs().filter(({ release, startedAt }) => release === "b" && startedAt > endedAt + 1_000)).toEqual([]);
  // Whoever starts it again starts nothing.
  await world.start({ release: "b" });
  await sleep(2_000);
  expect((await world.state())?.rollout).toBeUndefined();
});

test("a release has its exact share, in order by key, through steps, the end of its process, and its end", async () => {
  world = await openWorld({ ordered: true, serviceMs: 10, keys: 1_000 });
  await world.start({ release: "a", ...LENIENT });
  const feed = world.feed(200);
  await until(() => world!.runs().length > 20);
  const b = await world.start({ release: "b", steps: [30, 60, 100], ...LENIENT });
  await until(() => world!.runs().some(({ release }) => release === "b"));
  const from = Date.now() + 500;
  await until(() => world!.runs().filter(({ startedAt }) => startedAt > from).length > 1_000);
  const since = world.runs().filter(({ startedAt }) => startedAt > from);
  const share = since.filter(({ release }) => release === "b").length / since.length;
  // Of a thousand keys, 30 % with a standard deviation of 1.4 points are drawn.
  expect(Math.abs(share - 0.3)).toBeLessThan(0.06);
  const byKey = new Map(since.map(({ key, release }) => [key, release]));
  expect(since.filter(({ key, release }) => byKey.get(key) !== release)).toEqual([]);

  await world.hold(1);
  await sleep(2_000);
  b.kill("SIGKILL");
  const end = await world.ended(60_000);
  expect(end).toMatchObject({ verdict: "rolled back" });
  const accepted = await feed.stop();
  await until(() => new Set(world!.runs().map(({ id }) => id)).size === accepted.length);
  expect(outOfOrder(world.runs())).toEqual([]);
});

test("without order the share is exact, and who was promoted goes on alone", async () => {
  world = await openWorld({ ordered: false, serviceMs: 5 });
  const a = await world.start({ release: "a", ...LENIENT });
  const feed = world.feed(200);
  await until(() => world!.runs().length > 20);
  // Two steps of one share: it may be promoted from the last one before a thousand tasks have run.
  await world.start({ release: "b", steps: [50, 50, 100], ...LENIENT });
  await until(() => world!.runs().some(({ release }) => release === "b"));
  // By the order of their enqueues: when they end says which release is quicker.
  const first = Math.max(...world.runs().map(numberOf)) + 100;
  const counted = () => world!.runs().filter((run) => numberOf(run) >= first && numberOf(run) < first + 1_000);
  await until(() => counted().length === 1_000);
  const share = counted().filter(({ release }) => release === "b").length / 1_000;
  expect(Math.abs(share - 0.5)).toBeLessThan(0.02);
  const end = await world.ended(60_000);
  expect(end).toMatchObject({ release: "b", verdict: "promoted" });
  await sleep(2_000);
  a.send("end");
  await until(() => a.exitCode !== null);
  const endedAt = Date.now();
  await until(() => world!.runs().filter(({ startedAt }) => startedAt > endedAt).length > 100);
  const accepted = await feed.stop();
  await until(() => new Set(world!.runs().map(({ id }) => id)).size === accepted.length);
});
