import type { Clock } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { unreachable } from "./errors.ts";

const REQUEST_TIMEOUT_MS = 30_000;

/** What a web service answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Where the broker is that can answer. */
  readonly location: string | undefined;
}

/** Sends one request; redirections are for the caller to follow. Rejects with `not-connected` without an answer. */
export async function send(request: {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  /** The body's. */
  readonly type: string;
  readonly what: string;
  readonly clock: Clock;
}): Promise<Answer> {
  const { method, url, headers, body, type, what, clock } = request;
  const controller = new AbortController();
  const cancel = clock.after(REQUEST_TIMEOUT_MS, () =>
    controller.abort(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`)),
  );
  try {
    const response = await fetch(url, {
      method,
      headers: body === undefined ? headers : { ...headers, "content-type": type },
      body: body ?? null,
      signal: controller.signal,
      // Followed by hand: fetch would leave the token behind.
      redirect: "manual",
    });
    const text = await response.text();
    const isMoved = response.status === 307 || response.status === 302;
    const location = isMoved ? (response.headers.get("location") ?? undefined) : undefined;
    return { status: response.status, text, location };
  } catch (error) {
    throw unreachable(what, new URL(url).origin, error);
  } finally {
    cancel();
  }
}

export function parse<T>(text: string, what: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    const found = text.slice(0, 80);
    throw new FivefoldError("not-connected", `${what}: this is not a Pulsar web service; it answered '${found}'.`, {
      cause: error,
    });
  }
}

/** The broker's own words: JSON with a reason, or a page of HTML with them in its title. */
export function reasonOf(text: string): string {
  const json = /"reason"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  if (json !== undefined) return String(JSON.parse(json)).trim();
  const title = /<title>(?:Error \d+ )?([^<]*)<\/title>/.exec(text)?.[1] ?? text;
  const words = title
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
  // Pulsar wraps the words with ids and addresses of its own.
  return (/"errorMsg"\s*:\s*"((?:[^"\\]|\\.)+)"/.exec(words)?.[1] ?? words).trim().slice(0, 300);
}
