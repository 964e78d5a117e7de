import { DONE, type Outcome, type TargetFormat, type TaskContext, type UseCaseSettings } from "../contract/contract.ts";
import type { Violation } from "../contract/errors.ts";

/** What a receiver's handler is told of its task, besides the event. */
export interface ReceivedTask
  extends Pick<
    TaskContext,
    "id" | "useCase" | "subscriber" | "attempt" | "enqueuedAt" | "dueAt" | "traceparent" | "tracestate"
  > {
  /** The ordering key; empty without `orderBy`, and where it is longer than 1,024 characters. */
  readonly key: string;
  /** Where the outcome may be told later, for a handler that returns `LATER`; empty: nowhere. */
  readonly callback: string;
  /** Aborts when the worker does not wait for an answer any more. */
  readonly signal: AbortSignal;
}

/** What a handler returns whose outcome comes later, by `sendOutcome`. */
export const LATER: unique symbol = Symbol("later");

/** Handles an event on the other side of a target. What it throws is answered as a handler's own: `RejectError`, `RetryError`. */
export type ReceiverHandler<E> = (event: E, task: ReceivedTask) => unknown;

/** What a generated receiver knows of its use case. */
export interface ReceiverContract<E> {
  readonly settings: Pick<UseCaseSettings, "name" | "version" | "maxPayloadBytes">;
  readonly subscriber: string;
  /** The target's name, which the secret's variable has. */
  readonly target: string;
  readonly format: TargetFormat;
  /** Throws on bytes that are no such event. */
  readonly decode: (payload: Uint8Array, version: number) => E;
  /** Throws an InvalidEventError on a JSON value that is no such event. */
  readonly fromJson: (value: unknown) => E;
  /** All rules that a value breaks; `undefined` when it is valid. */
  readonly validate: (value: unknown) => readonly Violation[] | undefined;
}

/** A request as every adapter hands it over. */
export interface ReceivedRequest {
  readonly method: string;
  /** By lower-case names. */
  readonly header: (name: string) => string;
  readonly body: Uint8Array;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How an outcome is answered: docs/targets.md tells it to other languages. */
export function answerOf(outcome: Outcome): ReceiverAnswer {
  if (outcome === DONE || outcome.kind === "done") return plain(204, "", { "fivefold-outcome": "done" });
  if (outcome.kind === "reject") return plain(422, outcome.message, { "fivefold-outcome": "reject" });
  const afterMs = outcome.kind === "retry" ? outcome.afterMs : undefined;
  const after = afterMs === undefined ? {} : { "retry-after": String(Math.ceil(afterMs / 1_000)) };
  return plain(503, outcome.message, { "fivefold-outcome": "retry", ...after });
}

export function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): ReceiverAnswer {
  return { status, body, headers: { "content-type": "text/plain; charset=utf-8", ...headers } };
}
