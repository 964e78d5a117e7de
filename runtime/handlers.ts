/** Handlers of other systems' consumers, as use cases take them. None of those systems' packages is needed. */

import { RejectError, RetryError } from "./authoring/outcome.ts";
import { systemClock } from "./contract/clock.ts";
import type { TaskContext } from "./contract/contract.ts";
import { readOf } from "./contract/thrown.ts";

type Handle<E> = (event: E, task: TaskContext) => Promise<void>;

/** What a processor of BullMQ may use of its job; whatever else it asks for is `undefined`. */
export interface JobLike<E> {
  /** The task's, the same through all tries. */
  readonly id: string;
  readonly name: string;
  readonly queueName: string;
  readonly data: E;
  /** Tries that have failed: 0 in the first. */
  readonly attemptsMade: number;
  /** Tries that have begun: 1 in the first. */
  readonly attemptsStarted: number;
  /** When it was enqueued, in ms since the Unix epoch. */
  readonly timestamp: number;
  readonly opts: object;
  /** Not kept. */
  updateProgress(progress: unknown): Promise<void>;
  /** Not kept. */
  log(line: string): Promise<number>;
  /** The try that follows a DelayedError is not before that time, in ms since the Unix epoch. */
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
}

/**
 * A BullMQ processor as a handler. A result is ignored; UnrecoverableError gives the task up, DelayedError and WaitingError try
 * it again at the job's time or at once, any other error as `delivery.retry` says. `name` is the job's. Default: the use case's.
 */
export function fromBullmq<E, J extends { data: unknown }>(
  processor: (job: J, token: string, signal: AbortSignal) => unknown,
  { name }: { readonly name?: string } = {},
): Handle<E> {
  return async (event, task) => {
    let delayedUntil: number | undefined;
    const job: JobLike<E> = {
      id: task.id,
      name: name ?? task.useCase,
      queueName: task.useCase,
      data: event,
      attemptsMade: task.attempt - 1,
      attemptsStarted: task.attempt,
      timestamp: task.enqueuedAt.getTime(),
      opts: {},
      async updateProgress() {},
      log: async () => 0,
      async moveToDelayed(timestamp) {
        delayedUntil = timestamp;
      },
    };
    try {
      // What a processor types as its job has more than any task has.
      await processor(job as unknown as J, task.id, task.signal);
    } catch (error) {
      const kind = readOf(error, "name");
      const message = String(readOf(error, "message") ?? error);
      if (kind === "UnrecoverableError") throw new RejectError(message, { cause: error });
      const waits = kind === "WaitingError" ? 0 : kind === "DelayedError" && delayedUntil;
      if (typeof waits !== "number") throw error;
      const afterMs = Math.max(0, Math.ceil(waits - (waits && systemClock.now())));
      throw new RetryError(message, { after: `${afterMs}ms`, cause: error });
    }
  };
}

/** A record as a Lambda function gets it from SQS. */
export interface SqsRecordLike {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: {
    readonly ApproximateReceiveCount: string;
    readonly SentTimestamp: string;
    readonly SenderId: string;
    readonly ApproximateFirstReceiveTimestamp: string;
    readonly MessageGroupId?: string;
  };
  readonly messageAttributes: Record<string, never>;
  readonly md5OfBody: string;
  readonly eventSource: string;
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

type SqsHandler = (event: { Records: SqsRecordLike[] }, context: never) => unknown;

interface BodyOptions<E> {
  /** The message's body, as the old producers wrote it. Default: JSON.stringify. */
  readonly toBody?: ((event: E) => string) | undefined;
}

/**
 * A Lambda handler of SQS messages as a handler: it gets one record a call. What it throws, or names in `batchItemFailures`, is
 * tried again as `delivery.retry` says. It must return a promise.
 */
export function fromSqs<E>(handler: SqsHandler, options: BodyOptions<E> = {}): Handle<E> {
  const many = fromSqsBatch<E>(handler, options);
  return async (event, task) => {
    const [error] = await many([event], [task]);
    if (error) throw error;
  };
}

/** The same for a use case with `batch`: the records of one call are the tasks of one batch. */
export function fromSqsBatch<E>(
  handler: SqsHandler,
  { toBody = JSON.stringify }: BodyOptions<E> = {},
): (events: readonly E[], tasks: readonly TaskContext[]) => Promise<(Error | undefined)[]> {
  return async (events, tasks) => {
    const Records = events.map((event, i) => sqsRecord(toBody(event), tasks[i]!));
    const context = { awsRequestId: tasks[0]?.id, functionName: tasks[0]?.useCase };
    const failures = readOf(await handler({ Records }, context as never), "batchItemFailures");
    if (failures === undefined || failures === null) return tasks.map(() => undefined);
    const failed = new Set(
      Array.isArray(failures) ? failures.map((one) => readOf(one, "itemIdentifier")) : [undefined],
    );
    const ids = new Set<unknown>(tasks.map(({ id }) => id));
    // As SQS takes it: an identifier that is none fails all.
    const failsAll = [...failed].some((id) => !ids.has(id));
    return tasks.map(({ id }) =>
      failsAll || failed.has(id) ? new Error("The handler named it in `batchItemFailures`.") : undefined,
    );
  };
}

function sqsRecord(body: string, { id, attempt, enqueuedAt, key, useCase }: TaskContext): SqsRecordLike {
  const sent = `${enqueuedAt.getTime()}`;
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: `${attempt}`,
      SentTimestamp: sent,
      SenderId: "fivefold",
      ApproximateFirstReceiveTimestamp: sent,
      ...(key && { MessageGroupId: key }),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:::${useCase}`,
    awsRegion: "",
  };
}

/** What KafkaJS gives to `eachMessage`. */
export interface KafkaPayloadLike {
  readonly topic: string;
  readonly partition: number;
  readonly message: {
    readonly key: Buffer | null;
    readonly value: Buffer;
    readonly timestamp: string;
    readonly attributes: number;
    readonly offset: string;
    readonly headers: Record<string, Buffer>;
  };
  heartbeat(): Promise<void>;
  pause(): () => void;
}

/**
 * A KafkaJS `eachMessage` as a handler. What it throws is tried again as `delivery.retry` says, save an error whose `retriable` is
 * false: it gives the task up. There is no partition and no offset: both are 0. `pause` does nothing.
 */
export function fromKafkajs<E>(
  eachMessage: (payload: KafkaPayloadLike) => unknown,
  { topic, toBody = JSON.stringify }: BodyOptions<E> & { readonly topic?: string } = {},
): Handle<E> {
  return async (event, task) => {
    const message = {
      key: task.key ? Buffer.from(task.key) : null,
      value: Buffer.from(toBody(event)),
      timestamp: `${task.enqueuedAt.getTime()}`,
      attributes: 0,
      offset: "0",
      headers: {},
    };
    try {
      await eachMessage({
        topic: topic ?? task.useCase,
        partition: 0,
        message,
        async heartbeat() {},
        pause: () => () => {},
      });
    } catch (error) {
      if (readOf(error, "retriable") !== false) throw error;
      throw new RejectError(String(readOf(error, "message") ?? error), { cause: error });
    }
  };
}

/** A message as amqplib gives it to a consumer. */
export interface AmqpMessageLike {
  readonly content: Buffer;
  readonly fields: {
    deliveryTag: number;
    redelivered: boolean;
    exchange: string;
    routingKey: string;
    consumerTag: string;
  };
  readonly properties: { messageId: string; timestamp: number; contentType: string; headers: Record<string, unknown> };
}

/** What a consumer may do with its message. */
export interface AmqpChannelLike {
  ack(message: AmqpMessageLike): void;
  nack(message: AmqpMessageLike, allUpTo?: boolean, requeue?: boolean): void;
  reject(message: AmqpMessageLike, requeue?: boolean): void;
}

/**
 * A consumer of amqplib as a handler, made with the channel that it settles its message on. `ack` is done; `nack` and `reject`
 * try it again as `delivery.retry` says, or give it up where `requeue` is false. The first of them counts. A task that is never
 * settled ends at its timeout. What the consumer throws is tried again. With `noAck`, it is done when the consumer returns.
 */
export function fromAmqplib<E>(
  consumer: (channel: AmqpChannelLike) => (message: AmqpMessageLike) => unknown,
  { toBody = JSON.stringify, queue, noAck = false }: BodyOptions<E> & { queue?: string; noAck?: boolean } = {},
): Handle<E> {
  return async (event, task) => {
    const settled = Promise.withResolvers<void>();
    const giveBack = (requeue = true) =>
      settled.reject(
        requeue
          ? new Error("The consumer gave the message back.")
          : new RejectError("The consumer rejected the message."),
      );
    const channel: AmqpChannelLike = {
      ack: () => settled.resolve(),
      nack: (_message, _allUpTo, requeue) => giveBack(requeue),
      reject: (_message, requeue) => giveBack(requeue),
    };
    const message: AmqpMessageLike = {
      content: Buffer.from(toBody(event)),
      fields: {
        deliveryTag: 1,
        redelivered: task.attempt > 1,
        exchange: "",
        routingKey: queue ?? task.useCase,
        consumerTag: task.subscriber,
      },
      properties: {
        messageId: task.id,
        timestamp: Math.floor(task.enqueuedAt.getTime() / 1_000),
        contentType: "application/json",
        headers: {},
      },
    };
    const onAbort = () => settled.reject(task.signal.reason);
    task.signal.addEventListener("abort", onAbort, { once: true });
    try {
      // Awaited together: what the consumer throws ends it, though it settles nothing.
      const returned = (async () => consumer(channel)(message))();
      if (noAck) await returned;
      else await Promise.all([settled.promise, returned]);
    } finally {
      task.signal.removeEventListener("abort", onAbort);
      settled.promise.catch(() => {});
    }
  };
}
