import type { Clock } from "../contract/clock.ts";
import type { Message, SubscriberSettings, TaskContext, TaskRecord } from "../contract/contract.ts";
import type { Settled, Settlement } from "../delivery/settlement.ts";
import type { OpenSpan, Spans, TraceContext } from "./spans.ts";

/** When this process had a task, in ms since the Unix epoch. */
interface Times {
  receivedAt?: number;
  offeredAt?: number;
}

type Handler = (event: unknown, task: TaskContext) => unknown;
type BatchHandler = (events: readonly unknown[], tasks: readonly TaskContext[]) => unknown;

/**
 * The spans of one subscriber's tasks. Those of a task's way (`delay`, `wait`, `permit`) are written as its try starts, when
 * all of their times are known; the try's own is open while it runs. A message that starts carries the try's context from
 * there on: its handler, its target and what follows from a failure become children of that try.
 */
export interface TaskTraces {
  /** Told of messages as the transport hands them out. */
  received(messages: readonly Message[]): void;
  /** Told of messages that may start once they have a permit. */
  offered(messages: readonly Message[]): void;
  /** Begins the tries of messages that have a permit. */
  begun(messages: readonly Message[]): readonly Message[];
  /** Begins the spans of tries that are sent to a target. */
  sent(messages: readonly Message[]): readonly Message[];
  /** Ends the span of a request, and answers the message of its try. */
  answered(message: Message, error?: string): Message;
  /** Ends a try that came to nothing, since its task is put off. */
  putOff(message: Message): void;
  settled(settled: readonly Settled[]): void;
  /** Told of a task that waits until then for its next try, in ms since the Unix epoch. */
  delayed(record: TaskRecord, dueAt: number): void;
  /** A handler that is called as part of its try. */
  traced(handler: Handler): Handler;
  tracedBatch(handler: BatchHandler): BatchHandler;
}

export function createTaskTraces(
  spans: Spans,
  useCase: string,
  { name: subscriber, target }: Pick<SubscriberSettings, "name" | "target">,
  clock: Clock,
): TaskTraces {
  const times = new WeakMap<Message, Times>();
  /** By the `traceparent` that the message of a try carries, which no other try has. */
  const tries = new Map<string, OpenSpan>();
  const requests = new WeakMap<Message, { readonly span: OpenSpan; readonly message: Message }>();

  function attributesOf({ id, attempt }: TaskRecord): Record<string, string | number> {
    return {
      "messaging.destination.name": useCase,
      "messaging.destination.subscription.name": subscriber,
      "messaging.message.id": id,
      "fivefold.try": attempt,
    };
  }

  function span(what: string, message: TaskRecord, parent: TraceContext, from: number, to: number): void {
    const startedAt = Math.min(from, to);
    const attributes = attributesOf(message);
    spans.start({ name: `${what} ${useCase}`, kind: "internal", startedAt, parent, attributes }).end(to);
  }

  function begin(message: Message, now: number): Message {
    const { enqueuedAt, dueAt, attempt } = message;
    const { offeredAt = now, receivedAt = offeredAt } = times.get(message) ?? {};
    const start = (parent: TraceContext | undefined) =>
      spans.start({
        ...{ name: `try ${useCase}`, kind: "consumer", startedAt: now, parent },
        attributes: { "messaging.operation.type": "process", ...attributesOf(message) },
      });
    // Who enqueued it may trace nothing: then its first try here begins the trace.
    const enqueued = message.traceparent === "" ? undefined : contextOf(message);
    const root = enqueued ? undefined : start(undefined);
    const parent = enqueued ?? root!.context;
    if (attempt === 1 && dueAt > enqueuedAt) span("delay", message, parent, enqueuedAt, dueAt);
    span("wait", message, parent, attempt === 1 ? Math.max(enqueuedAt, dueAt) : receivedAt, offeredAt);
    span("permit", message, parent, offeredAt, now);
    const tried = root ?? start(parent);
    const { traceparent } = tried.context;
    if (traceparent === "") return message;
    tries.set(traceparent, tried);
    return { ...message, ...tried.context };
  }

  function end(message: Message, result: string, error?: string): void {
    const tried = tries.get(message.traceparent);
    tries.delete(message.traceparent);
    tried?.end(clock.now(), { "fivefold.result": result }, error);
  }

  function timesOf(message: Message): Times {
    let found = times.get(message);
    if (!found) {
      found = {};
      times.set(message, found);
    }
    return found;
  }

  return {
    received(messages) {
      const receivedAt = clock.now();
      for (const message of messages) timesOf(message).receivedAt = receivedAt;
    },
    offered(messages) {
      const offeredAt = clock.now();
      for (const message of messages) timesOf(message).offeredAt = offeredAt;
    },
    begun(messages) {
      const now = clock.now();
      return messages.map((message) => begin(message, now));
    },
    sent(messages) {
      const startedAt = clock.now();
      return messages.map((message) => {
        const sending = spans.start({
          ...{ name: `target ${target?.name ?? subscriber}`, kind: "client", startedAt, parent: contextOf(message) },
          attributes: { "fivefold.target.kind": target?.kind ?? "", ...attributesOf(message) },
        });
        if (sending.context.traceparent === "") return message;
        const sent = { ...message, ...sending.context };
        requests.set(sent, { span: sending, message });
        return sent;
      });
    },
    answered(sent, error) {
      const request = requests.get(sent);
      if (!request) return sent;
      requests.delete(sent);
      request.span.end(clock.now(), {}, error);
      return request.message;
    },
    putOff: (message) => end(message, "put-off"),
    settled(settled) {
      for (const { message, outcome, result } of settled) {
        end(message, result, "message" in outcome ? outcome.message : undefined);
      }
    },
    delayed(record, dueAt) {
      if (record.traceparent !== "") span("delay", record, contextOf(record), clock.now(), dueAt);
    },
    traced: (handler) => (event, task) => {
      const tried = tries.get(task.traceparent);
      return tried ? tried.within(() => handler(event, task)) : handler(event, task);
    },
    tracedBatch: (handler) => (events, tasks) => {
      const links = tasks.map(({ traceparent }) => ({ traceparent, tracestate: "" }));
      const attributes = {
        "messaging.destination.name": useCase,
        "messaging.destination.subscription.name": subscriber,
        "messaging.batch.message_count": tasks.length,
      };
      const name = `batch ${useCase}`;
      const batch = spans.start({ name, kind: "consumer", startedAt: clock.now(), links, attributes });
      return endWith(
        batch,
        () => clock.now(),
        () => batch.within(() => handler(events, tasks)),
      );
    },
  };
}

function contextOf({ traceparent, tracestate = "" }: TaskRecord): TraceContext {
  return { traceparent, tracestate };
}

/** Ends a span once what it stands for has: a value, or a promise of one. */
function endWith(span: OpenSpan, now: () => number, call: () => unknown): unknown {
  try {
    const result = call();
    if (result instanceof Promise) {
      result.then(
        () => span.end(now()),
        () => span.end(now(), {}, "the handler rejected"),
      );
    } else span.end(now());
    return result;
  } catch (error) {
    span.end(now(), {}, "the handler threw");
    throw error;
  }
}

/** A settlement that tells of what is put off, and how long each task waits for its next try. */
export function traceSettlement(settlement: Settlement, traces: TaskTraces): Settlement {
  return {
    ...settlement,
    postpone(message, afterMs, permits) {
      traces.putOff(message);
      settlement.postpone(message, afterMs, permits);
    },
  };
}
