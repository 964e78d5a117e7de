import { afterEach, expect, test } from "vitest";
import { executor as webhook } from "../../generated/deliver-webhook/executor.ts";
import { executor as reminder } from "../../generated/send-reminder/executor.ts";
import { testUseCase, type UseCaseTest } from "../../runtime/testing/testing.ts";
import { executor as storeReading } from "../scenarios/accepted-batches/generated/store-reading/executor.ts";
import { executor as chargePayment } from "../scenarios/accepted-feeds/generated/charge-payment/executor.ts";
import { executor as placeOrder } from "../scenarios/accepted-feeds/generated/place-order/executor.ts";

let open: UseCaseTest<never> | undefined;
afterEach(() => open?.close());

async function started<E>(test: Promise<UseCaseTest<E>>): Promise<UseCaseTest<E>> {
  const t = await test;
  open = t as unknown as UseCaseTest<never>;
  return t;
}

const WEBHOOK = { webhookId: "w", url: "https://example.com", body: new Uint8Array() };

test("nothing happens before its time, however long that is, and a year takes no time", async () => {
  const t = await started(testUseCase(reminder));
  const begun = t.now.getTime();
  const event = { reminderId: "r1", userId: "ada", text: "Tea", remindAt: new Date(), channel: "email" } as const;
  const receipt = await t.enqueue(event, { delay: "364d" });
  await t.pass("363.99d");
  expect(t.handled).toEqual([]);
  await t.pass("0.01d");
  expect(t.handled).toEqual([{ useCase: "send-reminder", subscriber: "default", event, id: receipt.id, attempt: 1 }]);
  expect(t.now.getTime() - begun).toBe(364 * 86_400_000);
});

test.each([
  ["0.5ms", 1],
  ["1.0001s", 1_001],
] as const)("a delay of %s ends at a whole millisecond, and not before its time", async (delay, ms) => {
  const t = await started(testUseCase(placeOrder));
  const begun = t.now.getTime();
  await t.enqueue({ orderId: "o1", total: 1 }, { delay });
  expect(t.handled).toEqual([]);
  await t.pass("1m");
  expect(t.tries.map(({ endedAt }) => endedAt.getTime() - begun)).toEqual([ms]);
});

test("failures are tried again as the use case says, and end as dead letters", async () => {
  const t = await started(testUseCase(webhook));
  await t.enqueue({ ...WEBHOOK, receiver: { behaviour: "down", failures: 0 } });
  await t.pass("1m");
  expect(t.tries.map(({ attempt, result }) => `${attempt} ${result}`)).toEqual([
    "1 retried",
    "2 retried",
    "3 retried",
    "4 dead-lettered",
  ]);
  expect(t.deadLetters).toMatchObject([{ reason: "attempts", message: "connect ECONNREFUSED", attempt: 4 }]);
  await t.enqueue({ ...WEBHOOK, receiver: { behaviour: "gone", failures: 0 } });
  expect(t.deadLetters[1]).toMatchObject({ reason: "rejected", attempt: 1 });
  await expect(
    t.enqueue({ ...WEBHOOK, url: 1 as never, receiver: { behaviour: "gone", failures: 0 } }),
  ).rejects.toThrow("url: must be");
});

test("a batch is handled once its time is over, each event by itself", async () => {
  const t = await started(testUseCase(storeReading));
  for (const meterId of ["m1", "m2", "m3"]) await t.enqueue({ meterId, value: 1 });
  await t.pass("0.2s");
  expect(t.tries).toEqual([]);
  await t.pass("0.05s");
  expect(t.handled.map(({ event }) => event)).toEqual(["m1", "m2", "m3"].map((meterId) => ({ meterId, value: 1 })));
  expect(new Set(t.tries.map(({ endedAt }) => endedAt.getTime())).size).toBe(1);
});

test("a handler of single events may stand in for one that takes several, and a batch handler is tried as it is", async () => {
  const single = await started(testUseCase({ ...storeReading, subscribers: { default: { handler: () => {} } } }));
  await single.enqueue({ meterId: "m1", value: 1 });
  expect(single.handled).toHaveLength(1);
  const batchHandler = (events: readonly unknown[]) => events.map((_, i) => (i === 1 ? new Error("bad") : undefined));
  const t = await started(testUseCase({ ...storeReading, subscribers: { default: { batchHandler } } }));
  for (const meterId of ["m1", "m2", "m3"]) await t.enqueue({ meterId, value: 1 });
  await t.pass("0.25s");
  expect(t.tries.map(({ result, message }) => [result, message])).toEqual([
    ["done", undefined],
    ["retried", "bad"],
    ["done", undefined],
  ]);
});

test("what a handler enqueues is seen, and done where its use case is under test", async () => {
  const t = await started(testUseCase(placeOrder, chargePayment));
  await t.enqueue({ orderId: "o1", total: 1_500 });
  expect(t.handled.map(({ useCase, event }) => ({ useCase, event }))).toEqual([
    { useCase: "place-order", event: { orderId: "o1", total: 1_500 } },
    { useCase: "charge-payment", event: { orderId: "o1", amount: 1_500 } },
  ]);
  await t.pass("1d");
  expect(t.enqueued).toMatchObject([
    { useCase: "charge-payment", event: { orderId: "o1", amount: 1_500 }, from: { useCase: "place-order" } },
    { useCase: "charge-payment", event: { orderId: "o1", amount: 1_000 }, options: { delay: "1d" } },
  ]);
  expect(t.handled).toHaveLength(3);
  await t.enqueueTo(chargePayment, { orderId: "o2", amount: 1 });
  expect(t.handled).toHaveLength(4);
});

test("a try that is repeated enqueues nothing twice, and what differs is another event", async () => {
  const { handler } = placeOrder.subscribers.default!;
  const failing: typeof placeOrder = {
    ...placeOrder,
    subscribers: {
      default: {
        async handler(event, task) {
          await handler!(event, task);
          // The same again, which the task means: it is one more.
          await handler!(event, task);
          await handler!({ orderId: `try ${Math.min(task.attempt, 2)}`, total: 1 }, task);
          if (task.attempt < 3) throw new Error("after it enqueued");
        },
      },
    },
  };
  const t = await started(testUseCase(failing, chargePayment));
  await t.enqueue({ orderId: "o1", total: 1 });
  await t.pass("1h");
  const charged = t.handled.filter(({ useCase }) => useCase === "charge-payment");
  expect(charged.map(({ event }) => (event as { orderId: string }).orderId).sort()).toEqual([
    "o1",
    "o1",
    "try 1",
    "try 2",
  ]);
  expect(t.enqueued.map(({ duplicate }) => duplicate)).toEqual([
    ...[false, false, false],
    ...[true, true, false],
    ...[true, true, true],
  ]);
});

test("a handler that really waits is waited for, and one that never ends times out", async () => {
  const base = placeOrder.subscribers.default!;
  let waits = (_attempt: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 30));
  const slow = {
    ...placeOrder,
    subscribers: { default: { ...base, handler: (_: unknown, task: { attempt: number }) => waits(task.attempt) } },
  };
  const t = await started(testUseCase(slow as typeof placeOrder));
  await t.enqueue({ orderId: "o1", total: 1 });
  expect(t.handled).toHaveLength(1);
  waits = (attempt) => (attempt === 1 ? new Promise(() => {}) : Promise.resolve());
  await t.enqueue({ orderId: "o2", total: 1 });
  await t.pass("1h");
  expect(t.tries.slice(1)).toMatchObject([
    { result: "retried", message: "timed out after 30000 ms" },
    { result: "done" },
  ]);
});

test("a second test ends the first one", async () => {
  const first = await started(testUseCase(placeOrder));
  const second = await started(testUseCase(placeOrder));
  await expect(first.enqueue({ orderId: "o1", total: 1 })).rejects.toThrow("This test was ended");
  await second.enqueue({ orderId: "o1", total: 1 });
  expect([first.handled.length, second.handled.length]).toEqual([0, 1]);
});
