import type { Backoff, EnqueuedUseCase, Priority, RateSettings, TargetFormat } from "../contract/contract.ts";
import type { Release } from "../contract/release-settings.ts";
import type { Schedule } from "../contract/schedule.ts";
import type { ChangesOf } from "./change.ts";
import type { BatchHandler, Filter, Handler } from "./handler.ts";

/** A number and its unit: `"250ms"`, `"30s"`, `"15m"`, `"1h"`, `"30d"`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;

/** A number and its unit: `"512B"`, `"256KiB"`, `"1.5MiB"`. */
export type Size = `${number}${"B" | "KiB" | "MiB"}`;

/** Names of the event's required fields whose values can be a key. */
export type KeyField<E> = {
  [K in keyof E]-?: undefined extends E[K] ? never : E[K] extends string | number | bigint | boolean ? K : never;
}[keyof E] &
  string;

export interface Retry {
  /** Tries after the first. Default 8. */
  max?: number;
  /** Longest wait before each retry; the wait itself is random below it. Default `exponential("1s", "15m")`. */
  backoff?: Backoff;
  /**
   * Most retries that may fail again, as a part of all first tries and at least so many, in each process:
   * `{ percent: 20, atLeast: perSecond(10) }`. What is above it waits. Default: no bound.
   */
  budget?: RetryBudget;
}

/** What retries may take while they fail: see docs/operating.md. */
export interface RetryBudget {
  /** Of the first tries of the last 10 s; an integer from 0 to 100. */
  percent: number;
  /** So many may start whatever starts: `perSecond(10)`. */
  atLeast: RateSettings;
}

export interface FrontendLayer<E> {
  /** Events with the same value of this field are accepted once per `dedupeFor`; one that differs elsewhere is a `conflict`. Default: no deduplication. */
  dedupeBy?: KeyField<E>;
  /** How long an accepted event is remembered. Default `"1d"`. */
  dedupeFor?: Duration;
  /** Largest encoded event that `enqueue` accepts. Default `"1MiB"`, at most `"3.5MiB"`, which every transport takes. */
  maxPayload?: Size;
  /** Languages for which a client of the gateway is written to `generated/contracts/`. Default: none. */
  clients?: readonly ClientLanguage[];
  /** A table whose changes become events: `fivefold capture` enqueues them. Default: none. */
  changes?: ChangesOf<E>;
}

/** Languages that clients of the gateway are written for. */
export type ClientLanguage = "python";

export interface SchedulerLayer<E> {
  /**
   * Tasks with the same value of this field run one after another, in the order of their enqueues. A task that fails
   * holds its key until it is done or given up. Default: no order.
   */
  orderBy?: KeyField<E>;
  /** Longest delay that `enqueue` accepts. Default `"30d"`, at most `"365d"`. */
  maxDelay?: Duration;
  /** Events that come by themselves, at times: `{ nightly: { cron: "0 3 * * *", timeZone: "Europe/Berlin", event: (tick) => … } }`. Default: none. */
  schedules?: Record<string, Schedule<E>>;
}

export interface FlowControlLayer<E> {
  /** Which use cases get more turns where several wait; none starves. Default `"normal"`. */
  priority?: Priority;
  /** Most tasks of one subscriber in flight in one process: below it the limit finds itself. Default 64. */
  maxInFlight?: number;
  /** Most tasks of one subscriber in flight over all processes, whatever each may have by `maxInFlight`. Default: no bound. */
  maxInFlightTotal?: number;
  /** Most tasks of one key in flight over all processes: `{ by: "customerId", max: 2 }`. Default: no bound. */
  maxInFlightPerKey?: KeyLimit<E>;
  /** Most tasks of one subscriber to start, over all processes: `perSecond(500)`. Default: no bound. */
  rate?: RateSettings;
  /** Turns are shared evenly between the values of this field, whatever each one's backlog. Default: first in, first out. */
  fairBy?: KeyField<E>;
}

/** How many of a subscriber's tasks may be in flight that have the same value of a field. */
export interface KeyLimit<E> {
  /** Tasks with the same value of this field share the limit. Not beside `orderBy`. Default: nothing. */
  by: KeyField<E>;
  /** Most tasks of one key in flight over all processes, for each subscriber, in no order. Default `1`. */
  max?: number;
}

export interface DeliveryLayer<E> {
  /** Events for which it returns false are settled without a handler. Default: all pass. */
  filter?: Filter<E>;
  retry?: Retry;
  /** Where tasks are sent, in the place of a handler: `service("thumbnails")`. Default: none, they are handled in the worker. */
  target?: Target;
  /** From enqueue, or from the end of the delay, to the last moment at which a try may start. Default: none. */
  deadline?: Duration;
}

/** What else says how a target is spoken to. */
export interface TargetOptions {
  /** How the event is written in a request: `"json"` as its JSON Schema says, `"protobuf"` as its `.proto` file. Default `"json"`. */
  format?: TargetFormat;
}

/** What else says how a service is spoken to. */
export interface ServiceOptions extends TargetOptions {
  /** Where it takes tasks. Default `"/"`. */
  path?: string;
  /** What a GET of answers with 2xx on a host that is well: each is asked every 5 s. Default: none is asked. */
  health?: string;
}

/** Another program that a subscriber's tasks are sent to. Made by `service`, `awsLambda` and `azureFunction`. */
export interface Target {
  readonly kind: "service" | "lambda" | "azure";
  readonly name: string;
}

/** What a subscriber has that runs in the worker's process. */
interface InProcess<E> {
  handler: Handler<E>;
  batchHandler?: never;
  batch?: never;
  target?: never;
}

/** The same where it takes several events at once. */
interface InBatches<E> {
  batchHandler: BatchHandler<E>;
  /** How many events the handler takes at once. */
  batch: Batch;
  handler?: never;
  target?: never;
}

/** What a subscriber has whose tasks are sent elsewhere: `generated/<use case>/receiver.ts` is for the other side. */
interface Sent {
  handler?: never;
  batchHandler?: never;
  batch?: never;
  target: Target;
}

/** How many events a `batchHandler` takes at once. */
export interface Batch {
  /** Most events of a batch, at most `flowControl.maxInFlight`. */
  max: number;
  /** How long the first event waits for others, at most. */
  within: Duration;
}

/** How many processes run a use case's handlers where a stack deploys them. */
export interface Scale {
  /** Fewest processes. 0: the first task that is ready starts one. Default 1. */
  min?: number;
  /** Most processes. Default 10. */
  max?: number;
}

interface TryLimits {
  /** One try's longest run: then its signal aborts and it counts as failed. Default `"30s"`. */
  timeout?: Duration;
}

export interface ExecutionLayer extends TryLimits {
  /** Hands several events at once to the `batchHandler`, each with an outcome of its own. Default: one at a time. */
  batch?: Batch;
  /** Where a stack deploys handlers; one environment's config may say otherwise. One process on a machine of your own. */
  scale?: Scale;
  /**
   * 99 of 100 tasks are to be done that soon after their enqueue, or their delay's end: an alert tells when they are
   * not. Default: no objective.
   */
  latencyObjective?: Duration;
  /** How a new release takes over, by steps: docs/releases.md. Default: workers take what they get, whatever their release. */
  release?: Release;
}

/** One of several subscribers. Each gets every event, with retries and dead letters of its own. */
export type Subscriber<E> = DeliveryLayer<E> & TryLimits & (InProcess<E> | InBatches<E> | Sent);

interface Layers<E> {
  /** The team that answers for this use case. */
  owner: string;
  frontend?: FrontendLayer<E>;
  scheduler?: SchedulerLayer<E>;
  flowControl?: FlowControlLayer<E>;
  delivery?: DeliveryLayer<E>;
  execution?: ExecutionLayer;
}

/** One subscriber, named `default`. */
interface WithHandler<E> extends Layers<E> {
  handler: Handler<E>;
  batchHandler?: never;
  delivery?: DeliveryLayer<E> & { target?: never };
  execution?: ExecutionLayer & { batch?: never };
  subscribers?: never;
}

/** One subscriber, named `default`, which takes several events at once. */
interface WithBatchHandler<E> extends Layers<E> {
  handler?: never;
  batchHandler: BatchHandler<E>;
  delivery?: DeliveryLayer<E> & { target?: never };
  execution: ExecutionLayer & { batch: Batch };
  subscribers?: never;
}

/** One subscriber, named `default`, whose tasks are sent elsewhere. */
interface WithTarget<E> extends Layers<E> {
  handler?: never;
  batchHandler?: never;
  delivery: DeliveryLayer<E> & { target: Target };
  execution?: ExecutionLayer & { batch?: never };
  subscribers?: never;
}

/** Several subscribers; `delivery` and `execution` are their defaults. */
interface WithSubscribers<E> extends Layers<E> {
  handler?: never;
  batchHandler?: never;
  delivery?: DeliveryLayer<E> & { target?: never };
  execution?: ExecutionLayer & { batch?: never };
  /** Keys are lower-case words joined by hyphens. */
  subscribers: Record<string, Subscriber<E>>;
}

/** What `useCase` takes: the five layers' settings, and the functions that handle the events. */
export type UseCase<E> = WithHandler<E> | WithBatchHandler<E> | WithTarget<E> | WithSubscribers<E>;

/** What a use case module exports by default. */
export interface UseCaseModule<E> extends EnqueuedUseCase<E> {
  readonly useCase: UseCase<E>;
}

/** Declares a use case: `export default useCase<Event>({ owner, handler, … })`. The file's path is its name. */
export function useCase<E extends object>(definition: UseCase<E>): UseCaseModule<E> {
  return { useCase: definition };
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration in ms, or `undefined` where it is none: a number from 0, then ms, s, m, h or d. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** A duration in ms. Throws a RangeError where it is none. */
export function milliseconds(duration: Duration): number {
  const ms = parseDuration(duration);
  if (ms === undefined) {
    throw new RangeError(`'${duration}' is no duration. Write a number and a unit (ms, s, m, h, d), like "30s".`);
  }
  return ms;
}

/** Backoff that doubles from `min` up to `max`, with full jitter. */
export function exponential(min: Duration, max: Duration): Backoff {
  return { minMs: milliseconds(min), maxMs: milliseconds(max) };
}

/** The same longest wait before every retry, with full jitter. */
export function constant(wait: Duration): Backoff {
  return exponential(wait, wait);
}

/** At most `count` tasks a second. */
export function perSecond(count: number): RateSettings {
  return { count, periodMs: 1_000 };
}

/** At most `count` tasks a minute. */
export function perMinute(count: number): RateSettings {
  return { count, periodMs: 60_000 };
}

/** At most one task every `period`. */
export function every(period: Duration): RateSettings {
  return { count: 1, periodMs: milliseconds(period) };
}

/** A service (docs/targets.md): `service("thumbnails", { path: "/events" })`. FIVEFOLD_SERVICE_THUMBNAILS says where it is. */
export function service(name: string, options: ServiceOptions = {}): Target {
  return { kind: "service", name, ...options };
}

/** An AWS Lambda function: `awsLambda("resize")`. FIVEFOLD_LAMBDA_RESIZE says which one it is; by default that of this name. */
export function awsLambda(name: string, options: TargetOptions = {}): Target {
  return { kind: "lambda", name, ...options };
}

/** A function of an Azure function app: `azureFunction("app/resize")`. Where the app is, FIVEFOLD_AZURE_APP says. */
export function azureFunction(name: `${string}/${string}`, options: TargetOptions = {}): Target {
  return { kind: "azure", name, ...options };
}
