import { judge } from "../../task-http/answer.ts";
import { type Secrets, sign, TRY_PREFIX, tryText } from "../../task-http/signature.ts";
import type { RequestShape } from "../../task-http/task-request.ts";
import { callbackOf, createTaskHeaders, TRY_SIGNATURE_HEADER, webhookId } from "../../task-http/task-request.ts";
import type { Protocol } from "./protocol.ts";

/** Of a body that is told with a failure. */
const MOST_BODY_BYTES = 64 * 1024;

export interface ServiceProtocolOptions {
  readonly shape: RequestShape;
  /** Behind the target's own URL. */
  readonly path: string;
  /** Empty: nothing is signed. */
  readonly secrets: Secrets;
  /** Goes along with every request: names and values in turn. */
  readonly headers?: readonly string[] | undefined;
  /** The event as JSON. Absent where its encoded bytes are sent. */
  readonly toJson: ((event: unknown) => unknown) | undefined;
}

/** Tasks by HTTP: a POST for each, answered by its status. */
export function createServiceProtocol(options: ServiceProtocolOptions): Protocol {
  const { shape, path, secrets, headers: own, toJson } = options;
  const headersOf = createTaskHeaders(shape);
  return {
    needsBody: false,
    mostBytes: MOST_BODY_BYTES,
    request(task, event, now) {
      const body = toJson ? Buffer.from(JSON.stringify(toJson(event))) : task.payload;
      const headers = headersOf(task, now);
      if (own) headers.push(...own);
      if (secrets.length > 0) {
        const id = webhookId(shape, task.id);
        const timestamp = String(Math.floor(now / 1_000));
        headers.push("webhook-id", id, "webhook-timestamp", timestamp);
        headers.push("webhook-signature", sign(secrets, id, timestamp, body));
        const callback = callbackOf(shape, task);
        if (task.attempt > 1 || callback !== "") {
          headers.push(
            TRY_SIGNATURE_HEADER,
            sign(secrets, TRY_PREFIX + id, timestamp, tryText(String(task.attempt), callback)),
          );
        }
      }
      return { path, headers, body };
    },
    judge: ({ status, headers, body }, now) => judge({ status, headers, text: body.toString("utf8", 0, 4_096) }, now),
  };
}
