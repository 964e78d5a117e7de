import type { IncomingMessage } from "node:http";
import type { Duration } from "../authoring/use-case.ts";
import type { EnqueueOptions } from "../client.ts";
import { timestampFromJson } from "../codec/json-scalars.ts";
import { Problem } from "./problem.ts";

/** What a request says of its events, apart from its body. */
export interface RequestHead {
  /** As it was sent, in lower case and without parameters. */
  readonly contentType: string;
  /** Bytes of the body; `undefined`: it is sent in chunks. */
  readonly length: number | undefined;
  /** Empty: none. */
  readonly idempotencyKey: string;
  readonly options: EnqueueOptions;
}

/** Headers of which a second one would mean something else to whoever looks at the first: a proxy, a firewall. */
const ONCE = new Set([
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "idempotency-key",
  "traceparent",
  "transfer-encoding",
]);

const CONTENT_TYPE = /^([\w.+-]{1,64}\/[\w.+-]{1,64})[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i;
/** What is printable and no space, in ASCII. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Throws a Problem where a header or parameter is none that the gateway takes. */
export function readHead(request: IncomingMessage, query: string): RequestHead {
  const { headers, rawHeaders, httpVersion } = request;
  refuseTwice(rawHeaders);
  if (headers.host === undefined && httpVersion !== "1.0") {
    throw malformed("The request has no header Host.", "Send one.");
  }
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    throw malformed("Of transfer encodings the gateway takes `chunked` alone.", "Send the body as it is.");
  }
  if (coding !== undefined && headers["content-length"] !== undefined) {
    throw malformed("The request has both Content-Length and Transfer-Encoding.", "Send one of them.");
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new Problem({
      status: 415,
      code: "unsupported-encoding",
      detail:
        "The body is compressed. The gateway takes none that is, so that its size is what is sent. Nothing was stored.",
      fix: "Leave Content-Encoding out, and send the body as it is.",
      headers: { "accept-encoding": "identity" },
    });
  }
  const key = headers["idempotency-key"];
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key as string)) {
    throw malformed(
      "Idempotency-Key must be 1 to 255 printable ASCII characters without a space.",
      "Shorten or encode it.",
    );
  }
  const { "content-length": length, traceparent, tracestate } = headers;
  return {
    contentType: contentTypeOf(headers["content-type"]),
    length: coding === undefined ? Number(length ?? 0) : undefined,
    idempotencyKey: (key as string | undefined) ?? "",
    options: {
      ...optionsOf(query),
      // Several lists of the latter are one, which Node has joined.
      ...(traceparent !== undefined && { traceparent: traceparent as string, tracestate: tracestate as string }),
    },
  };
}

function refuseTwice(rawHeaders: readonly string[]): void {
  let seen: string[] | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen === undefined) seen = [name];
    else if (!seen.includes(name)) seen.push(name);
    else throw malformed(`The request has the header '${name}' twice.`, "Send it once.");
  }
}

function contentTypeOf(text: string | undefined): string {
  const type = CONTENT_TYPE.exec(text ?? "")?.[1]?.toLowerCase();
  if (type !== undefined) return type;
  throw unsupportedContent(
    text === undefined
      ? "The request has no Content-Type"
      : "The Content-Type has parameters, or is none, that the gateway takes",
  );
}

/** Names the types that a route takes. */
export function unsupportedContent(found: string, takes: readonly string[] = []): Problem {
  const types = takes.length === 0 ? "openapi.json says which it takes" : `it takes ${takes.join(", ")}`;
  return new Problem({
    status: 415,
    code: "unsupported-content",
    detail: `${found}: ${types}. Nothing was stored.`,
    fix: "Send a Content-Type that the route takes; of parameters, `charset=utf-8` alone.",
    ...(takes.length > 0 && { headers: { accept: takes.join(", ") } }),
  });
}

function optionsOf(query: string): EnqueueOptions {
  if (query === "") return {};
  let delay: Duration | undefined;
  let at: Date | undefined;
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (seen.has(name)) throw invalidParameter(`The parameter '${quote(name)}' is given twice.`);
    seen.add(name);
    if (name === "delay") delay = value.slice(0, 64) as Duration;
    else if (name === "at") {
      at = timestampFromJson(value);
      if (at === undefined)
        throw invalidParameter("`at` must be a date and time in RFC 3339, like 2030-01-31T08:00:00Z.");
    } else throw invalidParameter(`There is no parameter '${quote(name)}': there are delay and at.`);
  }
  return { delay, at };
}

const quote = (text: string) => (text.length > 64 ? `${text.slice(0, 64)}…` : text);

function invalidParameter(found: string): Problem {
  return new Problem({
    status: 400,
    code: "invalid-option",
    detail: `${found} Nothing was stored.`,
    fix: "Correct the parameters of the address.",
  });
}

export function malformed(found: string, fix: string): Problem {
  return new Problem({ status: 400, code: "malformed-request", detail: `${found} Nothing was stored.`, fix });
}
