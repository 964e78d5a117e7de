import { AwsV4Signer } from "aws4fetch";
import type { Outcome } from "../../contract/contract.ts";
import { describeThrown } from "../../contract/thrown.ts";
import { judge, readRetryAfter, type Verdict } from "../../task-http/answer.ts";
import { createTaskHeaders, type RequestShape } from "../../task-http/task-request.ts";
import type { FindAwsCredentials } from "./aws-credentials.ts";
import type { Protocol } from "./protocol.ts";
import type { LambdaPlace } from "./target-environment.ts";

/** What Lambda answers at most, and a little more. */
const MOST_BODY_BYTES = 7 * 1024 * 1024;

export interface LambdaProtocolOptions {
  readonly shape: RequestShape;
  readonly place: LambdaPlace;
  readonly credentials: FindAwsCredentials;
  /** The event as JSON. Absent where its encoded bytes are sent, in base64. */
  readonly toJson: ((event: unknown) => unknown) | undefined;
}

/**
 * Tasks by AWS Lambda's Invoke, whose answer is awaited. A function gets what a service gets, in the form of a function URL's
 * request, and may answer in the form of its response; whatever else it returns means: done.
 */
export function createLambdaProtocol({ shape, place, credentials, toJson }: LambdaProtocolOptions): Protocol {
  const { functionName, region, url } = place;
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  const headersOf = createTaskHeaders(shape);
  return {
    needsBody: true,
    mostBytes: MOST_BODY_BYTES,
    async request(task, event, now) {
      const flat = headersOf(task, now);
      const headers: Record<string, string> = {};
      for (let i = 0; i < flat.length; i += 2) headers[flat[i]!] = flat[i + 1]!;
      const content = toJson
        ? { body: JSON.stringify(toJson(event)), isBase64Encoded: false }
        : { body: Buffer.from(task.payload).toString("base64"), isBase64Encoded: true };
      const body = JSON.stringify({ version: "2.0", headers, ...content });
      const { sessionToken, ...keys } = await credentials();
      const signer = new AwsV4Signer({
        ...keys,
        ...(sessionToken !== undefined && { sessionToken }),
        method: "POST",
        url: new URL(url.basePath + path, url.origin).href,
        headers: { "content-type": "application/json", "x-amz-invocation-type": "RequestResponse" },
        body,
        service: "lambda",
        region,
        datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ""),
      });
      const signed = await signer.sign();
      return { path, headers: [...signed.headers].flat(), body: Buffer.from(body) };
    },
    judge({ status, headers, body }, now) {
      const text = body.toString();
      if (status !== 200) return judgeApi(status, headers, text, now);
      return judgeFunction(headers["x-amz-function-error"] !== undefined, text, now);
    },
  };
}

/** An answer of Lambda itself. Only the size of a request is the task's own fault. */
function judgeApi(status: number, headers: Parameters<typeof judge>[0]["headers"], text: string, now: number): Verdict {
  const type = String(headers["x-amzn-errortype"] ?? "").split(":")[0];
  const message = describeThrown(`Lambda answered ${status} ${type}: ${messageOf(parse(text)) ?? text.slice(0, 500)}`);
  if (status === 413) return outcome({ kind: "reject", reason: "rejected", message }, true);
  const afterMs = readRetryAfter(headers["retry-after"], now);
  // Throttling, a function that is not there, credentials that are not right: nothing of it tells against the host.
  return outcome({ kind: "retry", afterMs, message, ...(status === 429 && { overloaded: true }) }, status < 500);
}

/** An answer of the function: what it returned, or that it failed, which its status does not tell. */
function judgeFunction(failed: boolean, text: string, now: number): Verdict {
  const value = parse(text);
  if (value === UNREADABLE) {
    // Of Lambda's runtime, where a function's time is over.
    return outcome({ kind: "retry", message: describeThrown(`the function failed: ${text.slice(0, 500)}`) }, true);
  }
  const { errorType, statusCode, headers, body } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const message = messageOf(value);
  if (failed || (typeof errorType === "string" && message !== undefined && statusCode === undefined)) {
    const what = typeof errorType === "string" ? `${errorType}: ` : "";
    return outcome(
      { kind: "retry", message: describeThrown(`the function failed: ${what}${message ?? text.slice(0, 500)}`) },
      true,
    );
  }
  if (typeof statusCode !== "number") return outcome({ kind: "done" }, true);
  const lower = Object.entries((headers ?? {}) as Readonly<Record<string, string>>).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  const answer = { status: statusCode, headers: Object.fromEntries(lower), text: typeof body === "string" ? body : "" };
  const verdict = judge(answer, now);
  return verdict.kind === "accepted" ? verdict : { ...verdict, isOwn: true };
}

const UNREADABLE = Symbol("no JSON");

function parse(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "null" : text);
  } catch {
    return UNREADABLE;
  }
}

function messageOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { errorMessage, Message, message } = value as Readonly<Record<string, unknown>>;
  return [errorMessage, Message, message].find((one) => typeof one === "string") as string | undefined;
}

function outcome(of: Outcome, isOwn: boolean): Verdict {
  return { kind: "outcome", outcome: of, isOwn };
}
