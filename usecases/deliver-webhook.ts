import { exponential, RejectError, RetryError, type Text, type Uint, useCase } from "fivefold";
import { appendToOutbox } from "./outbox.ts";

/** A customer's system is to be told of something. */
export interface WebhookDue {
  webhookId: Text<{ maxLength: 64 }>;
  url: Text<{ format: "uri" }>;
  body: Uint8Array;
  /** What the receiving end of this example does with it: a stand-in for the weather on the internet. */
  receiver: { behaviour: "fine" | "fails-first" | "busy" | "down" | "gone"; failures: Uint<{ max: 10 }> };
}

export default useCase<WebhookDue>({
  owner: "team-integrations",
  flowControl: { priority: "low", maxInFlight: 16 },
  delivery: { retry: { max: 3, backoff: exponential("50ms", "1s") }, deadline: "10m" },
  execution: { timeout: "10s" },
  handler: (webhook, task) => {
    const { behaviour, failures } = webhook.receiver;
    if (behaviour === "gone") throw new RejectError("410 Gone: the endpoint was removed");
    if (behaviour === "down") throw new Error("connect ECONNREFUSED");
    if (behaviour === "busy" && task.attempt <= failures)
      throw new RetryError("429 Too Many Requests", { after: "300ms" });
    if (behaviour === "fails-first" && task.attempt <= failures) throw new Error("502 Bad Gateway");
    appendToOutbox("webhooks.jsonl", { id: webhook.webhookId, attempt: task.attempt, bytes: webhook.body.length });
  },
});
