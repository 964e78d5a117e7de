import { afterEach, expect, test } from "vitest";
import { createClient } from "../../runtime/client.ts";
import type { Executor } from "../../runtime/executor.ts";
import { testUseCase, type UseCaseTest } from "../../runtime/testing/use-case-test.ts";
import { noteContracts } from "./note-contract.ts";

let running: UseCaseTest<never> | undefined;
afterEach(() => running?.close());

async function start(subscribers: Record<string, object> = { default: {} }, dedupes = false) {
  const handlers = Object.fromEntries(Object.keys(subscribers).map((name) => [name, () => {}]));
  const { client, executor } = noteContracts({
    ...{ subscribers, handlers },
    settings: { dedupeForMs: dedupes ? 86_400_000 : 0 },
  });
  const own = createClient(client);
  const t = await testUseCase({ ...executor, feeds: [], client: async () => own } as unknown as Executor);
  running = t as UseCaseTest<never>;
  return { t, client: own };
}

test("what is cancelled before its time never runs, for any subscriber; others do", async () => {
  const { t, client } = await start({ billing: {}, push: {} });
  const first = await t.enqueue({ id: "a" }, { delay: "1h" });
  const second = await t.enqueue({ id: "b" }, { delay: "1h" });
  await t.pass("30m");
  expect(await client.cancel(first.id)).toBe("cancelled");
  expect(await client.cancel(first.id)).toBe("cancelled");
  await t.pass("1h");
  expect(t.handled.map(({ id, subscriber }) => [id, subscriber]).sort()).toEqual([
    [second.id, "billing"],
    [second.id, "push"],
  ]);
  expect(await client.cancel(second.id)).toBe("started");
  expect(await client.cancel(first.id)).toBe("cancelled");
});

test("what was not delayed, or comes from nowhere, is unknown", async () => {
  const { t, client } = await start();
  const { id } = await t.enqueue({ id: "a" });
  expect(await client.cancel(id)).toBe("unknown");
  for (const odd of ["", "-", "a-b-", `a-b-${"z".repeat(11)}`, "a-b-zzzzzzzzzzzzzzzz", "\u0000", "é".repeat(5_000)]) {
    expect(await client.cancel(odd)).toBe("unknown");
  }
});

test("what is rescheduled runs once, at its new time, sooner or later, for each subscriber", async () => {
  const { t, client } = await start({ billing: {}, push: {} });
  const sooner = await t.enqueue({ id: "a" }, { delay: "2h" });
  const later = await t.enqueue({ id: "b" }, { delay: "1h" });
  await t.pass("30m");
  expect(await client.reschedule(sooner.id, { delay: "10m" })).toBe("rescheduled");
  expect(await client.reschedule(later.id, { delay: "3h" })).toBe("rescheduled");
  await t.pass("9m");
  expect(t.handled).toEqual([]);
  await t.pass("2m");
  expect(t.handled.map(({ id, subscriber }) => [id, subscriber]).sort()).toEqual([
    [sooner.id, "billing"],
    [sooner.id, "push"],
  ]);
  await t.pass("2h");
  expect(t.handled).toHaveLength(2);
  expect(await client.reschedule(sooner.id, { delay: "1h" })).toBe("started");
  await t.pass("2h");
  expect(t.handled.map(({ id }) => id)).toEqual([sooner.id, sooner.id, later.id, later.id]);
});

test("a time that has passed is now; one that is none, or too far away, is refused", async () => {
  const { t, client } = await start();
  const { id } = await t.enqueue({ id: "a" }, { delay: "2h" });
  await t.pass("1m");
  await expect(client.reschedule(id, {})).rejects.toThrow("reschedule for 'note': give a `delay`, or a time by `at`");
  await expect(client.reschedule(id, { delay: "1 year" as "1d" })).rejects.toThrow("must be a number and a unit");
  await expect(client.reschedule(id, { delay: "9999d" })).rejects.toThrow(/its longest delay is/);
  await expect(client.reschedule({ dedupeKey: "a" }, { delay: "1m" })).rejects.toThrow(/has no `frontend.dedupeBy`/);
  expect(await client.reschedule(id, { at: new Date(0) })).toBe("rescheduled");
  await t.pass("1s");
  expect(t.handled.map((one) => one.id)).toEqual([id]);
});

test("by its dedupe key a task is found as long as that is remembered", async () => {
  const { t, client } = await start({ default: {} }, true);
  const { id } = await t.enqueue({ id: "a" }, { delay: "2h" });
  await t.enqueue({ id: "b" }, { delay: "2h" });
  await t.pass("1m");
  expect(await client.reschedule({ dedupeKey: "a" }, { delay: "1h" })).toBe("rescheduled");
  expect(await client.cancel({ dedupeKey: "b" })).toBe("cancelled");
  expect(await client.cancel({ dedupeKey: "c" })).toBe("unknown");
  await t.pass("3h");
  expect(t.handled.map((one) => one.id)).toEqual([id]);
  expect(await client.cancel({ dedupeKey: "a" })).toBe("started");
});
