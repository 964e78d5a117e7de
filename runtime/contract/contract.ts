import type { FivefoldError, Violation } from "./errors.ts";
import type { Releasing } from "./release-settings.ts";
import type { Scheduled, ScheduleSettings } from "./schedule.ts";
import type { EnqueuedUseCase, TaskEnqueueOptions, TaskReceipt } from "./task-enqueue.ts";
import type { TaskLog } from "./task-log.ts";

export type { EnqueuedUseCase, TaskEnqueueOptions, TaskReceipt };

/** Dispatch order between what waits; each level has a topic of its own. Higher levels get more turns, none starves. */
export type Priority = "high" | "normal" | "low";

/**
 * Why a task was given up. `rejected`: by its handler; `deadline`: too late to start; `crashed`: it ended several processes.
 */
export type FailureReason = "rejected" | "attempts" | "deadline" | "crashed" | "undecodable" | "unknown-use-case";

/** What a dead letter carries besides its record. */
export interface Failure {
  readonly reason: FailureReason;
  /** The last error's message, at most 1,024 characters. */
  readonly message: string;
  /** The subscription that gave up. */
  readonly subscription: string;
  /** When, in ms since the Unix epoch. */
  readonly failedAt: number;
}

/**
 * One event on the wire: an envelope that every layer can read, and a payload that only the use case's codec can.
 * Transports keep all of it.
 */
export interface TaskRecord {
  /** Unique over all use cases; the same through every retry. */
  readonly id: string;
  readonly useCase: string;
  /** The event version that encoded `payload`, from 1. */
  readonly version: number;
  /** Ms since the Unix epoch. */
  readonly enqueuedAt: number;
  /** Ms since the Unix epoch before which no handler runs; 0: at once. */
  readonly dueAt: number;
  /** Tasks of one key run one after another, in order; empty: no order. */
  readonly key: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly priority: Priority;
  /** Whom fairness divides by; empty: nobody. */
  readonly tenant: string;
  /** What the frontend deduplicated by; empty: nothing. */
  readonly dedupeId: string;
  /** W3C trace context; empty: none. */
  readonly traceparent: string;
  /** W3C trace state beside it, at most 512 characters. Absent, or empty: none. */
  readonly tracestate?: string | undefined;
  /** The only subscription that this record is for (a retry); empty: all. */
  readonly subscription: string;
  /** Set on dead letters. */
  readonly failure?: Failure | undefined;
  /** Canonical protobuf bytes. May be a view into a larger buffer: copy what must outlive the call. */
  readonly payload: Uint8Array;
}

/** A record that a consumer holds, and where it came from. */
export interface Message extends TaskRecord {
  /** The transport's own; opaque to layers. */
  readonly position: unknown;
  /** Ms since the Unix epoch before which it must not start, though its transport hands it out. Absent: at once. */
  readonly notBefore?: number | undefined;
  /**
   * Set where it was in flight when its process ended, so that it may be what ended it and must run alone: how many
   * processes have ended since while they ran it and nothing else, from 0.
   */
  readonly crashes?: number | undefined;
}

/**
 * What a try came to. `retry` without `afterMs` waits as the subscriber's backoff says. `crash`: the process ended that ran
 * it and nothing else.
 */
export type Outcome =
  | { readonly kind: "done" }
  | {
      readonly kind: "retry";
      readonly afterMs?: number | undefined;
      readonly message: string;
      /** Set where it was refused, or had no answer in time, for want of capacity. */
      readonly overloaded?: true;
    }
  | { readonly kind: "crash"; readonly message: string }
  | { readonly kind: "reject"; readonly reason: FailureReason; readonly message: string };

export const DONE: Outcome = { kind: "done" };

/** Exponential backoff with full jitter: try n waits a random time below min(maxMs, minMs · 2^(n-1)). */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** At most `count` tasks every `periodMs`. */
export interface RateSettings {
  readonly count: number;
  readonly periodMs: number;
}

/** What retries may take: so many percent of the tries that start, and `atLeast` so many whatever starts. */
export interface RetryBudgetSettings {
  readonly percent: number;
  readonly atLeast: RateSettings;
}

/** How many events a handler takes at once, and how long the first of them waits for the others. */
export interface BatchSettings {
  readonly max: number;
  readonly withinMs: number;
}

/** How an event is written in a request: as `contracts/*.schema.json` says, or as `contracts/*.proto` does. */
export type TargetFormat = "json" | "protobuf";

/** Where a subscriber's tasks are sent, in the place of a handler in the worker's process. The environment says where it is. */
export type TargetSettings =
  | {
      readonly kind: "service";
      readonly name: string;
      readonly path: string;
      readonly format: TargetFormat;
      /** What a GET of answers with 2xx on a host that is well. Absent: nothing is asked. */
      readonly health?: string | undefined;
    }
  | { readonly kind: "lambda"; readonly name: string; readonly format: TargetFormat }
  | { readonly kind: "azure"; readonly name: string; readonly path: string; readonly format: TargetFormat };

/** A subscriber as the compiler writes it: all defaults filled in, all durations in ms. */
export interface SubscriberSettings {
  readonly name: string;
  /** Tries after the first. */
  readonly maxRetries: number;
  readonly backoff: Backoff;
  /** From enqueue (or due time) to the last moment that a try may start; 0: none. */
  readonly deadlineMs: number;
  /** One try's longest run. */
  readonly timeoutMs: number;
  /** Tasks of this subscriber in flight in one process. */
  readonly maxInFlight: number;
  readonly rate: RateSettings | null;
  readonly hasFilter: boolean;
  /** Null, or absent in what older versions have built: a handler in the worker's process. */
  readonly target?: TargetSettings | null | undefined;
  /** Null, or absent in what older versions have built: its handler takes one event at a time. */
  readonly batch?: BatchSettings | null | undefined;
  /** Over all processes. Null, or absent in what older versions have built: no bound. */
  readonly maxInFlightTotal?: number | null | undefined;
  /** Null, or absent in what older versions have built: retries start as they come due. */
  readonly retryBudget?: RetryBudgetSettings | null | undefined;
}

/** A use case as the compiler writes it for the runtime, and as the manifest lists it. */
export interface UseCaseSettings extends Releasing {
  readonly name: string;
  readonly owner: string;
  /** The event version that this code reads and writes. */
  readonly version: number;
  readonly priority: Priority;
  /** How long the frontend remembers an event's dedupe id; 0: no deduplication. */
  readonly dedupeForMs: number;
  /** Longest delay that `enqueue` accepts. */
  readonly maxDelayMs: number;
  /** Largest encoded event. */
  readonly maxPayloadBytes: number;
  /** Whether tasks have a key and run in its order. */
  readonly ordered: boolean;
  /** Of one key over all processes, in no order. 0, or absent in what older versions have built: no bound. */
  readonly maxInFlightPerKey?: number | undefined;
  /** Whether tasks have a tenant between whom turns are shared. */
  readonly fair: boolean;
  /** Null, or absent in what older versions have built: none. */
  readonly schedules?: readonly ScheduleSettings[] | null | undefined;
  readonly subscribers: readonly SubscriberSettings[];
}

/** Whether tasks of one key come to one process at a time, which sees to their order or their limit. */
export function isKeyed({ ordered, maxInFlightPerKey = 0 }: UseCaseSettings): boolean {
  return ordered || maxInFlightPerKey > 0;
}

/** What a generated client knows of its use case. Carries no handler. */
export interface ClientContract<E> {
  readonly settings: UseCaseSettings;
  /** All rules that a value breaks; `undefined` when it is valid. */
  readonly validate: (value: unknown) => readonly Violation[] | undefined;
  readonly encode: (event: E) => Uint8Array;
  /** Throws an InvalidEventError on a JSON value that is no such event. */
  readonly fromJson: (value: unknown) => E;
  readonly dedupeBy?: (event: E) => string;
  readonly orderBy?: (event: E) => string;
  readonly fairBy?: (event: E) => string;
  readonly limitBy?: (event: E) => string;
  /** The generated module's own. CommonJS, and code that was generated before, has none. */
  readonly url?: string;
}

/**
 * What a handler is told of its task, besides the event. A copy (`{ ...task }`) has all of it but the signal, which is
 * made when it is first read, and the log.
 */
export declare abstract class TaskContext {
  /** The same through every retry: what an idempotent handler keys on. */
  readonly id: string;
  readonly useCase: string;
  readonly subscriber: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly enqueuedAt: Date;
  /** When the task was due: its delay's end, or when it was enqueued. */
  readonly dueAt: Date;
  /** The value of the field that `orderBy` or `maxInFlightPerKey` names; empty without. */
  readonly key: string;
  /** W3C trace context: of this try, where the worker has an OpenTelemetry SDK, else of the enqueue. Empty: none. */
  readonly traceparent: string;
  /** W3C trace state beside it; empty: none. */
  readonly tracestate: string;
  /** Writes lines that say of which task they are. */
  abstract get log(): TaskLog;
  /** Aborts at the timeout and when the process must end. */
  abstract get signal(): AbortSignal;
  /**
   * Enqueues an event of another use case, or of this one, by what its module exports by default. Resolves once the event
   * is durable. A try that runs again enqueues nothing twice: the same event of the same task is accepted once for a day,
   * or for twice as long as all the task's tries may take, where that is longer; where the other use case has `dedupeBy`,
   * that decides. An event that differs from try to try is another one. Throws as a client's `enqueue` does.
   */
  abstract enqueue<E>(
    useCase: EnqueuedUseCase<E>,
    event: NoInfer<E>,
    options?: TaskEnqueueOptions,
  ): Promise<TaskReceipt>;
}

/** Enqueues for a task's handler. `counts` holds how often this try has enqueued the same before. */
export type EnqueueForTask = <E>(
  task: Pick<TaskContext, "id" | "subscriber" | "traceparent" | "tracestate">,
  counts: Map<string, number>,
  useCase: EnqueuedUseCase<E>,
  event: E,
  options?: TaskEnqueueOptions,
) => Promise<TaskReceipt>;

/** Told of what went wrong outside any caller's reach, and was neither lost nor given up. */
export type ReportProblem = (problem: FivefoldError) => void;

/** A subscriber's functions, as the use case module holds them: whatever they return or throw is taken. */
export interface SubscriberFunctions<E> {
  /** Absent: its tasks go to a target, or to `batchHandler`. */
  readonly handler?: ((event: E, task: TaskContext) => unknown) | undefined;
  /** Where `batch` is set: takes the events of several tasks at once. */
  readonly batchHandler?: ((events: readonly E[], tasks: readonly TaskContext[]) => unknown) | undefined;
  readonly filter?: ((event: E) => unknown) | undefined;
}

/** What a generated executor knows of its use case. */
export interface ExecutorContract<E> {
  readonly settings: UseCaseSettings;
  /**
   * The module that exports this contract as `executor`, for processes that run one of its tasks alone. Absent: there is
   * none, and such tasks run in the worker's own process.
   */
  readonly url?: string | undefined;
  /** Throws on bytes that are no such event. `version` is the one that wrote them: it tells what they leave out. */
  readonly decode: (payload: Uint8Array, version: number) => E;
  /** The event as JSON. Absent: no target takes it so. */
  readonly toJson?: ((event: E) => unknown) | undefined;
  readonly subscribers: Readonly<Record<string, SubscriberFunctions<E>>>;
  /** Absent: its handlers enqueue nothing. */
  readonly enqueue?: EnqueueForTask | undefined;
  /** What its schedules enqueue. Absent: it has none. */
  readonly scheduled?: Scheduled<ClientContract<unknown>> | undefined;
}

/** The topic of a use case's events. */
export function topicOf(useCase: string, priority: Priority): string {
  return priority === "normal" ? useCase : `${useCase}.${priority}`;
}

/** Where a subscription's dead letters go; Pulsar's naming. */
export function deadLetterTopicOf(topic: string, subscription: string): string {
  return `${topic}-${subscription}-DLQ`;
}

/** The subscription that keeps dead letters until somebody reads them; created with their topic. */
export const DEAD_LETTER_SUBSCRIPTION = "dead-letters";
