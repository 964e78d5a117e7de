import type { Cancel, Clock } from "../contract/clock.ts";
import type { TargetSettings } from "../contract/contract.ts";
import { FivefoldError, InvalidEventError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import { outcomeOf, outcomeOfResult } from "../execution/outcome-of.ts";
import { CALLBACK_HEADER } from "../task-http/callback.ts";
import {
  findForgery,
  readSecrets,
  type Secrets,
  secretVariableOf,
  TRY_PREFIX,
  tryText,
} from "../task-http/signature.ts";
import { CONTENT_TYPES, decodeHeader, TRY_SIGNATURE_HEADER, webhookId } from "../task-http/task-request.ts";
import {
  answerOf,
  LATER,
  plain,
  type ReceivedRequest,
  type ReceivedTask,
  type ReceiverAnswer,
  type ReceiverContract,
  type ReceiverHandler,
} from "./received-task.ts";

export interface ReceiverOptions {
  /**
   * By what requests are known as a worker's: `whsec_<base64>`, several of them separated by blanks while one is changed.
   * Default: the environment's FIVEFOLD_SIGNING_SECRET_<TARGET>.
   */
  readonly secret?: string | undefined;
}

/** How long a record of a newer version waits for a receiver that can read it. */
const NEWER_VERSION_WAIT_MS = 30_000;
/** A body as JSON against the same event's encoded bytes, at most: of text that is escaped. */
const JSON_FACTOR = 6;
const ENVELOPE_BYTES = 64 * 1024;

/** Most bytes of a body that a worker may send: what is longer is nobody's event. */
export function mostBodyBytes({ settings, format }: Pick<ReceiverContract<never>, "settings" | "format">): number {
  return settings.maxPayloadBytes * (format === "json" ? JSON_FACTOR : 1) + ENVELOPE_BYTES;
}

/** The secrets of a receiver. Throws a FivefoldError where there are none, or none that can be read. */
export function secretsFor(
  target: string,
  { secret }: ReceiverOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Secrets {
  const variable = secretVariableOf(target);
  const text = secret ?? environment[variable];
  if (!text) {
    throw new FivefoldError(
      "invalid-option",
      `The receiver of '${target}' can't tell a worker's requests from others': set ${variable} to the secret that the ` +
        "workers have, or give it as `secret`.",
    );
  }
  try {
    return readSecrets(text);
  } catch (error) {
    throw new FivefoldError(
      "invalid-option",
      `The signing secret of '${target}' can't be used: ${(error as Error).message}.`,
    );
  }
}

/** By what callbacks are known as a target's; empty: by nothing, so that it can't call back. Only a service must have some. */
export function callbackSecrets(
  { kind, name }: TargetSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Secrets {
  const isSigned = kind === "service" || (kind === "azure" && environment[secretVariableOf(name)]);
  return isSigned ? secretsFor(name, {}, environment) : [];
}

/**
 * Answers one request: tells whose it is, decodes and checks the event, calls the handler within the try's time, and says
 * what that came to. Never throws. `secrets`: `undefined` where the platform has told who calls.
 */
export async function receive<E>(
  contract: ReceiverContract<E>,
  handler: ReceiverHandler<E>,
  request: ReceivedRequest,
  { secrets, clock }: { readonly secrets: Secrets | undefined; readonly clock: Clock },
): Promise<ReceiverAnswer> {
  const refusal = refuse(contract, request, secrets, clock.now());
  if (refusal) return refusal;
  let event: E;
  try {
    event = read(contract, request);
  } catch (error) {
    return answerOf({ kind: "reject", reason: "undecodable", message: describeThrown(error) });
  }
  return call(handler, event, request, clock);
}

/** The answer to what is no task for this receiver, before anything of its body is looked at. */
function refuse<E>(
  contract: ReceiverContract<E>,
  { method, header, body }: ReceivedRequest,
  secrets: Secrets | undefined,
  now: number,
): ReceiverAnswer | undefined {
  const { settings, subscriber, format } = contract;
  if (method !== "POST") return plain(405, "tasks come by POST", { allow: "POST" });
  if (body.length > mostBodyBytes(contract)) return plain(413, "the body is longer than any event of this use case");
  if (secrets) {
    const id = header("webhook-id");
    const signed = { id, timestamp: header("webhook-timestamp"), signature: header("webhook-signature"), body };
    const forgery = findForgery(secrets, signed, now);
    if (forgery) return plain(401, forgery);
    const own = webhookId({ useCase: settings.name, subscriber }, decodeHeader(header("ce-id")));
    if (id !== own) return plain(404, `the signature is of ${id}, and this receives ${own}`);
    const forgedTry = findForgedTry(header, secrets, now);
    if (forgedTry) return plain(401, forgedTry);
  }
  const found = `'${header("ce-type")}' (${header("fivefold-subscriber")})`;
  if (header("ce-type") !== settings.name || header("fivefold-subscriber") !== subscriber) {
    return plain(404, `the task is of ${found}, and this receives '${settings.name}' (${subscriber})`);
  }
  const type = header("content-type").split(";")[0]?.trim().toLowerCase();
  // The worker's build is another one than this: it is a matter of deployment, not of the event.
  if (type !== CONTENT_TYPES[format]) return plain(503, `the body is ${type}, and this reads ${CONTENT_TYPES[format]}`);
  if (Number(header("ce-eventversion")) > settings.version) {
    const message = `the event has version ${header("ce-eventversion")}, and this reads up to ${settings.version}`;
    return answerOf({ kind: "retry", afterMs: NEWER_VERSION_WAIT_MS, message });
  }
  return undefined;
}

/** What is wrong with which try a request says that it is, and with where its outcome is to be told to. */
function findForgedTry(header: ReceivedRequest["header"], secrets: Secrets, now: number): string | undefined {
  const [attempt, callback] = [header("fivefold-attempt"), header(CALLBACK_HEADER)];
  if ((attempt === "" || attempt === "1") && callback === "") return undefined;
  const signature = header(TRY_SIGNATURE_HEADER);
  if (signature === "")
    return `${TRY_SIGNATURE_HEADER} is missing, which signs fivefold-attempt and ${CALLBACK_HEADER}`;
  const id = TRY_PREFIX + header("webhook-id");
  const timestamp = header("webhook-timestamp");
  const forgery = findForgery(secrets, { id, timestamp, signature, body: tryText(attempt, callback) }, now);
  return forgery && `${TRY_SIGNATURE_HEADER} does not sign this fivefold-attempt and ${CALLBACK_HEADER}`;
}

function read<E>(contract: ReceiverContract<E>, { header, body }: ReceivedRequest): E {
  if (contract.format === "json")
    return contract.fromJson(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  const event = contract.decode(body, Number(header("ce-eventversion")) || contract.settings.version);
  const violations = contract.validate(event);
  if (violations) throw new InvalidEventError(contract.settings.name, violations);
  return event;
}

const LONGEST_TIMEOUT_MS = 86_400_000;

async function call<E>(
  handler: ReceiverHandler<E>,
  event: E,
  { header }: ReceivedRequest,
  clock: Clock,
): Promise<ReceiverAnswer> {
  const timeoutMs = Number(header("fivefold-timeout-ms"));
  const controller = new AbortController();
  let cancel: Cancel = () => {};
  if (timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT_MS) {
    const abort = () => controller.abort(new Error(`timed out after ${timeoutMs} ms`));
    cancel = clock.after(timeoutMs, abort, { background: true });
  }
  try {
    const result = await handler(event, taskOf(header, controller.signal));
    if (result === LATER) return answerLater(header(CALLBACK_HEADER));
    return answerOf(outcomeOfResult(result));
  } catch (error) {
    return answerOf(outcomeOf(error));
  } finally {
    cancel();
  }
}

function answerLater(callback: string): ReceiverAnswer {
  if (callback !== "") return plain(202, "");
  const message =
    "the handler returned LATER, and the worker takes no callbacks of this target: it needs FIVEFOLD_CALLBACK_URL, and " +
    "the target's signing secret, which AWS Lambda has not";
  return answerOf({ kind: "retry", message });
}

function taskOf(header: ReceivedRequest["header"], signal: AbortSignal): ReceivedTask {
  const enqueuedAt = new Date(header("ce-time"));
  return {
    id: decodeHeader(header("ce-id")),
    useCase: header("ce-type"),
    subscriber: header("fivefold-subscriber"),
    attempt: Number(header("fivefold-attempt")) || 1,
    enqueuedAt,
    dueAt: header("fivefold-due") === "" ? enqueuedAt : new Date(header("fivefold-due")),
    key: decodeHeader(header("ce-partitionkey")),
    traceparent: header("traceparent"),
    tracestate: header("tracestate"),
    callback: header(CALLBACK_HEADER),
    signal,
  };
}
