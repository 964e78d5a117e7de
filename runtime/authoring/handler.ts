import type { TaskContext } from "../contract/contract.ts";

/** What is not under way any more, so that nobody need await it. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is of that type.
type Ended = void | undefined | null | boolean | number | bigint | string | symbol | Inert;

/** No promise, generator, or stream. */
type Inert = object & {
  readonly then?: never;
  readonly throw?: never;
  readonly [Symbol.asyncIterator]?: never;
};

/** Arrays are told by `concat`: what they hold must have ended too. */
type Result = Exclude<Ended, Inert> | (Inert & { readonly concat?: never }) | readonly Ended[];

/**
 * What a handler may return: nothing, any value, which is ignored, or a promise of it. Not work that nobody would await:
 * a generator, an array of promises.
 */
export type HandlerResult = Result | PromiseLike<Result>;

export type Handler<E> = (event: E, task: TaskContext) => HandlerResult;
export type Filter<E> = (event: E) => boolean;

/**
 * What became of one event of a batch. Nothing: it is done. An error: it failed as if a handler had thrown that error, so that
 * `RejectError` and `RetryError` mean what they mean there. Or what `Promise.allSettled` tells of it.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function that returns nothing promises that type.
export type BatchAnswer = void | undefined | null | Error | PromiseSettledResult<unknown>;

/** Nothing: all events are done. Otherwise an answer for each event, in the order of the events; or a promise of one. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is of that type.
export type BatchResult = void | undefined | null | readonly (BatchAnswer | PromiseLike<BatchAnswer>)[];

/**
 * Handles the events of several tasks at once; `tasks[i]` is the task of `events[i]`. What it throws, or rejects with, fails all
 * of them.
 */
export type BatchHandler<E> = (
  events: readonly E[],
  tasks: readonly TaskContext[],
) => BatchResult | PromiseLike<BatchResult>;
