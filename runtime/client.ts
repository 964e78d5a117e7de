import { hash } from "node:crypto";
import { type Duration, parseDuration } from "./authoring/use-case.ts";
import { insertIntoOutbox, type Transaction } from "./capture/outbox-row.ts";
import { type Connection, connect } from "./connection.ts";
import { systemClock } from "./contract/clock.ts";
import type { ClientContract } from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";
import { createFrontendOn, createRecordsOn } from "./pipeline/frontend-on.ts";
import type { Admission, Frontend, Receipt } from "./pipeline/pipeline.ts";
import { topicsOf } from "./ports/topics.ts";
import { openSpans } from "./tracing/spans.ts";
import { callerOf, traceFrontend } from "./tracing/traced-frontend.ts";
import { cancelTask, rescheduleTask, type TaskReference } from "./waiting-task.ts";

export interface EnqueueOptions {
  /** How long from now no handler runs: `"5m"`. Default: at once. */
  readonly delay?: Duration | undefined;
  /** The time before which no handler runs, instead of `delay`. */
  readonly at?: Date | undefined;
  /** W3C trace context of the caller, for the handler. A malformed one is dropped. */
  readonly traceparent?: string | undefined;
  /** W3C trace state beside `traceparent`. A malformed one is dropped; of a long one at most 512 characters are kept. */
  readonly tracestate?: string | undefined;
}

/** Enqueues one use case's events. */
export interface Client<E> {
  readonly useCase: string;
  /**
   * Resolves once the event is durable. Throws an InvalidEventError that names every offending field, or another
   * FivefoldError; then nothing was stored, except where the storage itself failed half way. One with the dedupe id of an
   * event that was accepted before is a duplicate where it is that same event, and a `conflict` where it is not.
   */
  enqueue(event: E, options?: EnqueueOptions): Promise<Receipt>;
  /**
   * As `enqueue`, for an event as JSON, as JSON.parse makes it and `contracts/*.schema.json` describes it: for gateways
   * and other languages. A property that the event has not is refused too.
   */
  enqueueJson(value: unknown, options?: EnqueueOptions): Promise<Receipt>;
  /** As `enqueue`, for many at once; where one event is invalid, or in conflict, none is stored. */
  enqueueAll(events: readonly E[], options?: EnqueueOptions): Promise<readonly Receipt[]>;
  /**
   * Enqueues with a transaction of your own on PostgreSQL: the event is written into the database's outbox, and
   * `fivefold capture` enqueues it once the transaction is committed; rolled back, it never was. Transactions are relayed
   * in the order of their commits. The event is checked here as `enqueue` does; whether it is a duplicate shows only when
   * it is relayed. Throws a FivefoldError where it is refused or can't be written.
   */
  enqueueIn(transaction: Transaction, event: E, options?: EnqueueOptions): Promise<OutboxReceipt>;
  /**
   * Cancels a task that was enqueued with a delay, by its receipt's id, or by its dedupe key while `dedupeFor` remembers that.
   * `cancelled`: it never runs, for any subscriber.
   * `started`: its time has come, so that it runs or has run. `unknown`: no task of that id waits for all subscribers, or its
   * time came meanwhile, so that it may run; a worker has to have taken a delayed event in before it can be cancelled. Rejects
   * with a FivefoldError where the delay store can't be reached; it can be asked again.
   */
  cancel(task: TaskReference): Promise<Cancellation>;
  /**
   * Has such a task run at another time, sooner or later, from now by `delay` or at a time by `at`. `rescheduled`: it runs once,
   * then, and not before. `started`: its time had come. `unknown`: no task of that id waits for all subscribers; a cancelled one
   * does not. Throws a FivefoldError where the time is beyond `maxDelay`, or the delay store can't be reached; it can be asked
   * again.
   */
  reschedule(task: TaskReference, time: Pick<EnqueueOptions, "delay" | "at">): Promise<Rescheduling>;
}

/** What became of a wish to cancel a task. */
export type Cancellation = Awaited<ReturnType<typeof cancelTask>>;
/** What became of a wish to have a task run at another time. */
export type Rescheduling = Awaited<ReturnType<typeof rescheduleTask>>;
export type { TaskReference };

/** What `enqueueIn` answers. */
export interface OutboxReceipt {
  /** The task's id, once the transaction is committed. */
  readonly id: string;
}

function invalidOption(call: string, useCase: string, message: string): FivefoldError {
  return new FivefoldError("invalid-option", `${call} for '${useCase}': ${message} Nothing was stored.`);
}

/** Ms since the Unix epoch before which no handler runs; 0: at once. Throws a FivefoldError (`invalid-option`). */
export function dueAt(useCase: string, { delay, at }: EnqueueOptions, nowMs: number, call = "enqueue"): number {
  if (delay !== undefined && at !== undefined) throw invalidOption(call, useCase, "give `delay` or `at`, not both.");
  if (at !== undefined) {
    const time = at instanceof Date ? at.getTime() : Number.NaN;
    if (Number.isNaN(time)) throw invalidOption(call, useCase, `\`at\` must be a valid Date, found ${String(at)}.`);
    return Math.max(0, time);
  }
  if (delay === undefined) return 0;
  const delayMs = parseDuration(String(delay));
  if (delayMs === undefined) {
    throw invalidOption(
      call,
      useCase,
      `\`delay\` must be a number and a unit (ms, s, m, h, d), like "5m"; found '${delay}'.`,
    );
  }
  // Records hold whole ms; never early.
  return delayMs === 0 ? 0 : nowMs + Math.ceil(delayMs);
}

/** What is enqueued at most once, for a task: the task, and how often its try has enqueued the same before. */
export interface Origin {
  /** Unique to the task and its subscriber. */
  readonly id: string;
  readonly counts: Map<string, number>;
  /** How long the same is the same. */
  readonly onceForMs: number;
}

/** A client as executors and gateways use it. */
export interface TaskClient<E> extends Client<E> {
  readonly contract: ClientContract<E>;
  /** What the client enqueues with on that connection. */
  frontendOn(connection: Connection): Promise<Frontend<E>>;
  enqueueOnce(event: E, origin: Origin, options: EnqueueOptions): Promise<Receipt>;
}

/** Makes a use case's client; it connects when it first enqueues. Generated code calls this. */
export function createClient<E>(contract: ClientContract<E>): TaskClient<E> {
  const { name } = contract.settings;
  let opened: { connection: Connection; frontend: Promise<Frontend<E>> } | undefined;

  async function openFrontend({ ports, publisher, enqueued }: Connection): Promise<Frontend<E>> {
    // Dead letters are their workers' to declare: who enqueues need not be let near them.
    const [events] = topicsOf(contract.settings);
    await ports.transport.declare(events ? [events] : []);
    const frontend = createFrontendOn(contract, publisher.publish, ports, (batch) => enqueued(name, batch));
    const spans = openSpans();
    return spans ? traceFrontend(frontend, spans, name, ports.clock) : frontend;
  }

  async function frontendOf(connection: Connection): Promise<Frontend<E>> {
    if (opened?.connection !== connection) {
      const frontend = openFrontend(connection);
      opened = { connection, frontend };
      frontend.catch(() => {
        opened = undefined;
      });
    }
    return opened!.frontend;
  }

  const toRecords = createRecordsOn(contract, systemClock);

  function admissionOf(options: EnqueueOptions, { ports }: Connection) {
    const { delay, traceparent = "", tracestate } = options;
    const due = dueAt(name, options, ports.clock.now());
    // It is told by the clock of the store that it will wait in.
    if (due > 0 && ports.missing) throw ports.missing;
    return { dueAt: due, delay, traceparent, tracestate };
  }

  /** By its content, so that an event that differs is another one, whatever the order in which a try enqueues. */
  function onceOf(event: E, { id, counts, onceForMs }: Origin): Admission["once"] {
    // What is invalid has no content to go by, and is refused.
    if (contract.validate(event) !== undefined) return undefined;
    const key = `${name} ${hash("sha256", contract.encode(event), "base64url")}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return { id: `task ${id} ${hash("sha256", `${key} ${count}`, "base64url")}`, forMs: onceForMs };
  }

  return {
    useCase: name,
    contract,
    frontendOn: frontendOf,
    async enqueueOnce(event, origin, options) {
      const connection = await connect(undefined, contract.url);
      const admission = { ...admissionOf(options, connection), once: onceOf(event, origin) };
      const [receipt] = await (await frontendOf(connection)).enqueueAll([event], admission);
      return receipt!;
    },
    async enqueue(event, options = {}) {
      const connection = await connect(undefined, contract.url);
      const admission = admissionOf(options, connection);
      return (await frontendOf(connection)).enqueue(event, admission);
    },
    async enqueueJson(value, options = {}) {
      const connection = await connect(undefined, contract.url);
      const admission = admissionOf(options, connection);
      return (await frontendOf(connection)).enqueueJson(value, admission);
    },
    async enqueueAll(events, options = {}) {
      const connection = await connect(undefined, contract.url);
      const admission = admissionOf(options, connection);
      return (await frontendOf(connection)).enqueueAll(events, admission);
    },
    async cancel(task) {
      const { ports } = await connect(undefined, contract.url);
      return cancelTask(ports, contract.settings, task);
    },
    async reschedule(task, time) {
      const { ports } = await connect(undefined, contract.url);
      const now = ports.clock.now();
      if (time.delay === undefined && time.at === undefined) {
        throw invalidOption("reschedule", name, "give a `delay`, or a time by `at`.");
      }
      return rescheduleTask(ports, contract.settings, task, dueAt(name, time, now, "reschedule") || now);
    },
    async enqueueIn(transaction, event, options = {}) {
      const { now } = systemClock;
      const due = dueAt(name, options, now());
      const given = { ...options, dueAt: due, traceparent: options.traceparent ?? "" };
      const spans = openSpans();
      const [record] = toRecords([event], { ...given, ...(spans && callerOf(spans, given)) });
      const delayMs = options.delay === undefined ? 0 : parseDuration(options.delay)!;
      await insertIntoOutbox(transaction, record!, contract.settings.dedupeForMs, { delayMs });
      return { id: record!.id };
    },
  };
}
