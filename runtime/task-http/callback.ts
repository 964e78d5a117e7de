import type { Outcome } from "../contract/contract.ts";
import { describeThrown } from "../contract/thrown.ts";

/*
 * A callback: what a task came to whose request was answered by 202. A POST of JSON to the URL of the request's header
 * `fivefold-callback`, signed as requests are; its webhook-id is `<use case>/<subscriber>/<task>/<attempt>`.
 */

export const CALLBACK_HEADER = "fivefold-callback";
/** Below the URL that workers are called back at. */
export const CALLBACK_PATH = "/callbacks/";
/** In the control store. */
export const CALLBACK_PREFIX = "callbacks/";
export const MOST_CALLBACK_BYTES = 64 * 1024;

/** Names one try of one task, of one subscriber: each part is percent-encoded. */
export function callbackId(useCase: string, subscriber: string, taskId: string, attempt: number): string {
  return [useCase, subscriber, taskId, String(attempt)].map(encodeURIComponent).join("/");
}

/** What a callback's body says. Throws a RangeError that says what is wrong with it. */
export function readCallback(body: Uint8Array): Outcome {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new RangeError("the body is no JSON");
  }
  const { outcome, message = "", retryAfterMs } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const told = describeThrown(
    typeof message === "string" && message !== "" ? message : `told by a callback: ${outcome}`,
  );
  if (outcome === "done") return { kind: "done" };
  if (outcome === "reject") return { kind: "reject", reason: "rejected", message: told };
  if (outcome !== "retry") throw new RangeError('`outcome` must be "done", "retry" or "reject"');
  if (retryAfterMs === undefined) return { kind: "retry", message: told };
  if (typeof retryAfterMs !== "number" || !(retryAfterMs >= 0)) {
    throw new RangeError("`retryAfterMs` must be a number from 0");
  }
  return { kind: "retry", afterMs: Math.min(Math.ceil(retryAfterMs), LONGEST_AFTER_MS), message: told };
}

const LONGEST_AFTER_MS = 365 * 86_400_000;
