import { afterEach, expect, test } from "vitest";
import { createClient } from "../../../runtime/client.ts";
import type { UseCaseSettings } from "../../../runtime/contract/contract.ts";
import type { Tick } from "../../../runtime/contract/schedule.ts";
import type { Executor } from "../../../runtime/executor.ts";
import { testUseCase, type UseCaseTest } from "../../../runtime/testing/use-case-test.ts";
import { noteContracts } from "../note-contract.ts";

let running: UseCaseTest<never> | undefined;
afterEach(() => running?.close());

async function runHourly(event: (tick: Tick) => unknown, settings: Partial<UseCaseSettings> = {}) {
  const { client, executor } = noteContracts({
    settings: { schedules: [{ name: "hourly", cron: "0 * * * *", timeZone: "UTC", missed: 1 }], ...settings },
    handlers: { default: () => {} },
  });
  const scheduled = { events: { hourly: event }, client: async () => client as never };
  const under = { ...executor, scheduled, feeds: [], client: async () => createClient(client) } as Executor;
  const t = await testUseCase(under);
  running = t as UseCaseTest<never>;
  return t;
}

test("ticks come in virtual time, each as the task of its own time", async () => {
  const t = await runHourly(({ at, schedule }) => ({ id: `${schedule} ${at.toISOString()}` }));
  const from = t.now.getTime();
  await t.pass("1d");
  expect(t.handled).toHaveLength(24);
  const first = new Date(Math.ceil(from / 3_600_000) * 3_600_000).toISOString();
  expect(t.handled[0]).toMatchObject({ id: `note.hourly.${first}`, event: { id: `hourly ${first}` } });
});

test("with dedupeBy, ticks whose events have the same value are one", async () => {
  const t = await runHourly(() => ({ id: "the same" }), { dedupeForMs: 5.5 * 3_600_000 });
  await t.pass("1d");
  expect(t.handled.length).toBeGreaterThanOrEqual(4);
  expect(t.handled.length).toBeLessThanOrEqual(5);
});

test.each([
  [
    "throws",
    () => {
      throw new Error("oops");
    },
    "The tick of 'hourly' at .* has no task for 'note': the schedule's event function failed: oops",
  ],
  ["returns what is no event", () => ({ id: 5 }), "has no task for 'note': .*id: must be a string"],
  ["returns nothing", () => undefined, "has no task for 'note'"],
])("a function that %s is told of, and the next tick comes", async (_, event, message) => {
  let isFirst = true;
  const t = await runHourly(({ at }) => {
    if (!isFirst) return { id: at.toISOString() };
    isFirst = false;
    return event();
  });
  await expect(t.pass("1h")).rejects.toThrow(new RegExp(message, "s"));
  await t.pass("2h");
  expect(t.handled).toHaveLength(2);
});
