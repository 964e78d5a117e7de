import { DONE, type Outcome } from "../contract/contract.ts";
import { describeThrown, LONGEST_DESCRIPTION } from "../contract/thrown.ts";
import { OUTCOME_HEADER } from "./task-request.ts";

/** An answer of a target, whichever it is. */
export interface Answer {
  readonly status: number;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Its beginning, as text. */
  readonly text: string;
}

/** What an answer comes to. `isOwn`: it is the receiver's word on this task, and tells nothing against its host. */
export type Verdict =
  | { readonly kind: "outcome"; readonly outcome: Outcome; readonly isOwn: boolean }
  /** The outcome comes later, by a callback. */
  | { readonly kind: "accepted" };

/** Answers that say: this request will never be right. All others but success are tried again. */
const REJECTING: ReadonlySet<number> = new Set([400, 410, 413, 414, 415, 422, 431]);

/** The longest wait that an answer may ask for. */
const LONGEST_AFTER_MS = 365 * 86_400_000;

/** Answers of who has too much to do. */
const OVERLOADED: ReadonlySet<number> = new Set([429, 503]);

/**
 * What an answer means, the same for all targets: 2xx is done, but 202 tells that the outcome comes later; 400, 410, 413,
 * 414, 415, 422 and 431 reject the task; all else, redirects and what stands for a wrong address or key included, is tried
 * again, after the time that Retry-After tells. `now` is in ms since the Unix epoch.
 */
export function judge({ status, headers, text }: Answer, now: number): Verdict {
  const isOwn = headers[OUTCOME_HEADER] !== undefined;
  if (status === 202) return { kind: "accepted" };
  if (status >= 200 && status < 300) return { kind: "outcome", outcome: DONE, isOwn: true };
  // A receiver's own word is the handler's.
  const message = isOwn && text.trim() !== "" ? describeThrown(text) : describeAnswer(status, text);
  if (REJECTING.has(status)) {
    return { kind: "outcome", outcome: { kind: "reject", reason: "rejected", message }, isOwn: true };
  }
  const afterMs = readRetryAfter(headers["retry-after"], now);
  // A handler that failed says so with 503 too, and has not too much to do.
  const overloaded = !isOwn && OVERLOADED.has(status) && { overloaded: true as const };
  return { kind: "outcome", outcome: { kind: "retry", afterMs, message, ...overloaded }, isOwn };
}

function describeAnswer(status: number, text: string): string {
  const found = text.slice(0, LONGEST_DESCRIPTION).trim();
  const redirect = status >= 300 && status < 400 ? " (redirects are not followed)" : "";
  return describeThrown(found === "" ? `answered ${status}${redirect}` : `answered ${status}${redirect}: ${found}`);
}

/** The wait in ms: of seconds, or to a date. `undefined`: it says none, or nothing that can be read. */
export function readRetryAfter(value: string | readonly string[] | undefined, now: number): number | undefined {
  const text = (typeof value === "string" ? value : value?.[0])?.trim();
  if (!text) return undefined;
  const ms = /^\d{1,15}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, Math.ceil(ms)), LONGEST_AFTER_MS);
}
