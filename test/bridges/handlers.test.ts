import { DelayedError, UnrecoverableError } from "bullmq";
import { expect, test, vi } from "vitest";
import { RejectError, RetryError, type TaskContext } from "../../runtime/authoring/index.ts";
import { fromAmqplib, fromBullmq, fromKafkajs, fromSqs, fromSqsBatch } from "../../runtime/handlers.ts";

interface Order {
  readonly id: string;
}

function taskOf(parts: Partial<TaskContext> = {}): TaskContext {
  const { signal } = new AbortController();
  const task = {
    id: "t1",
    useCase: "ship",
    subscriber: "default",
    attempt: 2,
    key: "",
    signal,
    enqueuedAt: new Date(5_000),
  };
  return { ...task, ...parts } as TaskContext;
}
const order = { id: "o1" };
const refused = (handle: (event: Order, task: TaskContext) => Promise<void>, task = taskOf()) =>
  handle(order, task).then(
    () => undefined,
    (error: unknown) => error,
  );

test("a BullMQ processor sees its job, and its errors mean what they meant", async () => {
  const processor = vi.fn(async () => "a result");
  await fromBullmq<Order, { data: Order }>(processor, { name: "ship-order" })(order, taskOf());
  const seen = { id: "t1", name: "ship-order", data: order, attemptsMade: 1, attemptsStarted: 2, timestamp: 5_000 };
  expect(processor).toHaveBeenCalledWith(expect.objectContaining(seen), "t1", expect.any(AbortSignal));

  const failing = (error: unknown) =>
    fromBullmq<Order, { data: Order; moveToDelayed(at: number): Promise<void> }>(async () => {
      throw error;
    });
  const plain = new Error("busy");
  expect(await refused(failing(plain))).toBe(plain);
  expect(await refused(failing(new UnrecoverableError("no such order")))).toBeInstanceOf(RejectError);
  expect(await refused(failing(null))).toBe(null);
  // Without a time, it is a failure as any other.
  expect(await refused(failing(new DelayedError()))).toBeInstanceOf(DelayedError);
  const later = fromBullmq<Order, { data: Order; moveToDelayed(at: number): Promise<void> }>(async (job) => {
    await job.moveToDelayed(Date.now() + 60_000);
    throw new DelayedError();
  });
  const error = await refused(later);
  expect(error).toBeInstanceOf(RetryError);
  expect((error as RetryError).afterMs).toBeGreaterThan(55_000);
  expect((error as RetryError).afterMs).toBeLessThanOrEqual(60_000);
});

test("a Lambda handler of SQS gets records, and names those that failed", async () => {
  const handler = vi.fn(async () => undefined);
  await fromSqs<Order>(handler)(order, taskOf({ key: "k" }));
  expect(handler).toHaveBeenCalledWith(
    {
      Records: [
        expect.objectContaining({
          messageId: "t1",
          body: '{"id":"o1"}',
          attributes: expect.objectContaining({
            ApproximateReceiveCount: "2",
            SentTimestamp: "5000",
            MessageGroupId: "k",
          }),
        }),
      ],
    },
    expect.anything(),
  );
  const tasks = ["t1", "t2", "t3"].map((id) => taskOf({ id }));
  const answers = async (batchItemFailures: unknown) =>
    (await fromSqsBatch<Order>(async () => ({ batchItemFailures }))([order, order, order], tasks)).map(
      (answer) => answer instanceof Error,
    );
  expect(await answers([])).toEqual([false, false, false]);
  expect(await answers(null)).toEqual([false, false, false]);
  expect(await answers([{ itemIdentifier: "t2" }])).toEqual([false, true, false]);
  // As SQS does: what names no message, or nothing, fails all.
  for (const none of [[{ itemIdentifier: "t9" }], [{ itemIdentifier: "" }], [{}], [null], "t2"]) {
    expect(await answers(none)).toEqual([true, true, true]);
  }
  const boom = new Error("boom");
  expect(await refused(fromSqs<Order>(async () => Promise.reject(boom)))).toBe(boom);
  expect(await refused(fromSqs<Order>(async () => ({ batchItemFailures: [{ itemIdentifier: "t1" }] })))).toBeInstanceOf(
    Error,
  );
});

test("an eachMessage of KafkaJS gets buffers, and gives up what is not retriable", async () => {
  const eachMessage = vi.fn(async ({ heartbeat, pause }) => {
    await heartbeat();
    pause()();
  });
  await fromKafkajs<Order>(eachMessage, { topic: "orders" })(order, taskOf({ key: "k" }));
  const [payload] = eachMessage.mock.calls[0]!;
  expect(payload).toMatchObject({ topic: "orders", partition: 0 });
  expect(payload.message.key.toString()).toBe("k");
  expect(JSON.parse(payload.message.value.toString())).toEqual(order);
  const failing = (error: unknown) =>
    fromKafkajs<Order>(async () => {
      throw error;
    });
  const plain = new Error("busy");
  expect(await refused(failing(plain))).toBe(plain);
  expect(await refused(failing(Object.assign(new Error("no"), { retriable: false })))).toBeInstanceOf(RejectError);
});

test("a consumer of amqplib settles its message by its channel, and the first settlement counts", async () => {
  type Consumer = Parameters<typeof fromAmqplib<Order>>[0];
  const ends = (consumer: Consumer, task = taskOf()) =>
    refused(fromAmqplib<Order>(consumer, { queue: "orders" }), task);
  expect(
    await ends((channel) => (message) => {
      expect(JSON.parse(message.content.toString())).toEqual(order);
      expect(message.fields).toMatchObject({ redelivered: true, routingKey: "orders" });
      setTimeout(() => channel.ack(message), 5);
    }),
  ).toBe(undefined);
  expect(await ends((channel) => (message) => channel.nack(message))).toMatchObject({ name: "Error" });
  expect(await ends((channel) => (message) => channel.nack(message, false, false))).toBeInstanceOf(RejectError);
  expect(await ends((channel) => (message) => channel.reject(message, false))).toBeInstanceOf(RejectError);
  expect(await ends((channel) => (message) => channel.reject(message))).toMatchObject({ name: "Error" });
  expect(
    await ends((channel) => (message) => {
      channel.ack(message);
      channel.reject(message, false);
    }),
  ).toBe(undefined);
  const boom = new Error("boom");
  const throwing: Consumer = () => () => {
    throw boom;
  };
  expect(await ends(throwing)).toBe(boom);
  const aborting = new AbortController();
  setTimeout(() => aborting.abort(boom), 5);
  expect(await ends(() => () => {}, taskOf({ signal: aborting.signal }))).toBe(boom);
  expect(await refused(fromAmqplib<Order>(() => () => {}, { noAck: true }))).toBe(undefined);
});
