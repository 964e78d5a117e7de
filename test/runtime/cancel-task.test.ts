import { afterEach, expect, test } from "vitest";
import { createClient } from "../../runtime/client.ts";
import type { Executor } from "../../runtime/executor.ts";
import { testUseCase, type UseCaseTest } from "../../runtime/use-case-test.ts";
import { noteContracts } from "./note-contract.ts";

let running: UseCaseTest<never> | undefined;
afterEach(() => running?.close());

async function start(subscribers: Record<string, object> = { default: {} }) {
  const handlers = Object.fromEntries(Object.keys(subscribers).map((name) => [name, () => {}]));
  const { client, executor } = noteContracts({ subscribers, handlers });
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
