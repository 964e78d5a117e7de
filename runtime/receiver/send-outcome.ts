import type { Clock } from "../contract/clock.ts";
import { FivefoldError } from "../contract/errors.ts";
import { readSecrets, sign } from "../task-http/signature.ts";

/** What a task came to, told after it was answered. */
export type LateOutcome =
  | { readonly outcome: "done" }
  | { readonly outcome: "reject"; readonly message: string }
  | { readonly outcome: "retry"; readonly message: string; readonly retryAfterMs?: number };

/**
 * Tells a worker what a task came to whose handler returned `LATER`: `callback` is its `task.callback`, `secret` that of the
 * receiver. Resolves once it is durable; where it rejects, tell it again. Only the first outcome of a try counts.
 */
export async function sendOutcome(
  callback: string,
  outcome: LateOutcome,
  { secret, clock }: { readonly secret: string; readonly clock: Clock },
): Promise<void> {
  const body = Buffer.from(JSON.stringify(outcome));
  // Its four parts are the URL's last ones: the path before them may hold anything.
  const id = callback.split("/").slice(-4).join("/");
  const timestamp = String(Math.floor(clock.now() / 1_000));
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": sign(readSecrets(secret), id, timestamp, body),
  };
  const response = await fetch(callback, { method: "POST", headers, body, redirect: "error" });
  const text = await response.text();
  if (response.ok) return;
  throw new FivefoldError("not-connected", `The callback was answered ${response.status}: ${text.slice(0, 500)}`);
}
