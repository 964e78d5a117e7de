import { isNativeError } from "node:util/types";
import { DONE, type Outcome } from "../contract/contract.ts";
import { readOf } from "../contract/thrown.ts";
import { isThenable, outcomeOf, outcomeOfResult } from "./outcome-of.ts";
import { findUnawaited } from "./unawaited.ts";

/** What a batch handler said of one event: what it came to, or the promise of an answer. */
export type Answer = { readonly outcome: Outcome } | { readonly promise: PromiseLike<unknown> };

const RULE =
  "It must return nothing where all events are done, or an array with an answer for each event: nothing, an error, or what " +
  "`Promise.allSettled` tells of it.";

/**
 * What each of `count` events came to by what a batch handler returned, or its promise came to: never throws, and answers for
 * every event. What can't be understood is no success: those events are tried again.
 */
export function answersOf(result: unknown, count: number): readonly Answer[] {
  if (result === undefined || result === null) return same(DONE, count);
  try {
    if (Array.isArray(result) && result.length === count) {
      return Array.from({ length: count }, (_, i) => answerAt(result, i));
    }
    const found = Array.isArray(result)
      ? `an array of ${result.length} for ${count} event${count === 1 ? "" : "s"}`
      : described(result);
    // Nobody else will look at promises in there: their rejections must not end the process.
    findUnawaited(result);
    return same({ kind: "retry", message: `The batch handler returned ${found}. ${RULE}` }, count);
  } catch (error) {
    // A hostile array: nothing can be said of any event.
    return same(outcomeOf(error), count);
  }
}

function answerAt(answers: readonly unknown[], index: number): Answer {
  try {
    const answer = answers[index];
    return isThenable(answer) ? { promise: answer } : { outcome: answerOf(answer) };
  } catch (error) {
    return { outcome: outcomeOf(error) };
  }
}

/** What one event came to by its answer, or what the promise of it came to. */
export function answerOf(answer: unknown): Outcome {
  if (answer === undefined || answer === null) return DONE;
  if (isError(answer)) return outcomeOf(answer);
  const status = readOf(answer, "status");
  if (status === "fulfilled") return outcomeOfResult(readOf(answer, "value"));
  if (status === "rejected") return outcomeOf(readOf(answer, "reason"));
  return { kind: "retry", message: `The batch handler's answer for this event is ${described(answer)}. ${RULE}` };
}

function same(outcome: Outcome, count: number): readonly Answer[] {
  return new Array<Answer>(count).fill({ outcome });
}

function isError(value: unknown): boolean {
  if (isNativeError(value)) return true;
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function described(value: unknown): string {
  if (typeof value === "string") return "a text";
  if (typeof value === "object") return "an object of another kind";
  if (typeof value === "function") return "a function";
  return String(value).slice(0, 100);
}
