import { gzipSync } from "node:zlib";
import { EXAMPLES, encodings } from "../examples.ts";
import { type Below, mutate, pick } from "./mutate.ts";

/** A request as it goes over the wire. */
export interface FuzzRequest {
  readonly bytes: Buffer;
  /** Whether a server can know where it ends: only then it has to answer. */
  readonly isWhole: boolean;
}

interface Body {
  readonly path: string;
  readonly type: string;
  readonly bytes: Buffer;
}

const BODIES: readonly Body[] = Object.entries(EXAMPLES).flatMap(([name, example]): Body[] => {
  const { json, protobuf, delimited, avro, container } = encodings(example);
  const path = `/v1/${name}`;
  return [
    { path, type: "application/json", bytes: Buffer.from(json) },
    { path: `${path}/batch`, type: "application/json", bytes: Buffer.from(`[${json},${json}]`) },
    { path: `${path}/stream`, type: "application/x-ndjson", bytes: Buffer.from(`${json}\n${json}\n`) },
    { path, type: "application/protobuf", bytes: protobuf },
    { path: `${path}/batch`, type: "application/x-protobuf", bytes: Buffer.concat([delimited, delimited]) },
    { path, type: "application/avro", bytes: avro },
    { path: `${path}/batch`, type: "application/avro", bytes: container },
  ];
});

const BOMB = gzipSync(Buffer.alloc(1_000_000));

const EVIL_HEADERS = [
  "Content-Encoding: gzip",
  "Content-Type: text/plain",
  "Content-Type: application/json; charset=utf-16",
  "Idempotency-Key: a",
  "Idempotency-Key: \u0001",
  "Idempotency-Key:",
  "traceparent: 00-zz",
  "Expect: 100-continue",
  "Expect: more",
  "Content-Length: 1",
  "Content-Length: -1",
  "Content-Length: 0x10",
  "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding: \u000bchunked",
  "Host: other.example",
  "Connection: Content-Length",
  "Upgrade: h2c",
  "__proto__: 1",
  "constructor: 1",
  "X\u0000: 1",
  " folded: 1",
  `X: ${"x".repeat(17_000)}`,
  ...Array.from({ length: 3 }, (_, i) => `Authorization: Bearer ${"x".repeat(10 ** i)}`),
];

const EVIL_TARGETS = [
  "/",
  "*",
  "//v1/place-order",
  "/v1/../v1/place-order",
  "/v1/%70lace-order",
  "/v1/place-order/",
  "/v1/place-order?delay=",
  "/v1/place-order?delay=5m&delay=5m",
  "/v1/place-order?at=%ff",
  "/v1/place-order?__proto__=1",
  "/v1/__proto__",
  "http://127.0.0.1/v1/place-order",
  `/v1/${"x".repeat(20_000)}`,
  "/v1/place-order\u0000",
  "",
];

/** Draws one of a million. */
export function fuzzRequest(below: Below): FuzzRequest {
  const body = pick(below, BODIES);
  switch (below(12)) {
    case 0:
      return whole({ ...body, path: pick(below, EVIL_TARGETS) }, below);
    case 1:
      return withHeaders(body, below);
    case 2:
      return chunked(body, below);
    case 3:
      return { bytes: mutate(whole(body, below).bytes, below), isWhole: false };
    case 4:
      return { bytes: Buffer.from(Array.from({ length: below(200) }, () => below(256))), isWhole: false };
    case 5:
      return whole({ ...body, bytes: BOMB }, below, ["Content-Encoding: gzip"]);
    case 6:
      return whole({ ...body, type: pick(below, BODIES).type }, below);
    default:
      return whole({ ...body, bytes: mutate(body.bytes, below) }, below);
  }
}

function headOf({ path, type }: Body, below: Below, more: readonly string[]): string {
  const method = below(20) === 0 ? pick(below, ["GET", "PUT", "OPTIONS", "DELETE", "HEAD"]) : "POST";
  const lines = [`${method} ${path} HTTP/1.1`, "Host: 127.0.0.1", `Content-Type: ${type}`, ...more];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function whole(body: Body, below: Below, more: readonly string[] = []): FuzzRequest {
  const head = headOf(body, below, [`Content-Length: ${body.bytes.length}`, ...more]);
  return { bytes: Buffer.concat([Buffer.from(head, "latin1"), body.bytes]), isWhole: true };
}

/** What headers say of the body may be anything: nobody can know where it ends. */
function withHeaders(body: Body, below: Below): FuzzRequest {
  const more = Array.from({ length: 1 + below(3) }, () => pick(below, EVIL_HEADERS));
  return { ...whole(body, below, more), isWhole: false };
}

function chunked(body: Body, below: Below): FuzzRequest {
  const parts: Buffer[] = [Buffer.from(headOf(body, below, ["Transfer-Encoding: chunked"]), "latin1")];
  const isBroken = below(3) === 0;
  for (let at = 0; at < body.bytes.length; ) {
    const size = 1 + below(40);
    const chunk = body.bytes.subarray(at, at + size);
    const extension = below(9) === 0 ? `;${"x".repeat(below(60))}=1` : "";
    const length =
      isBroken && below(5) === 0 ? pick(below, ["", "-1", "zz", "ffffffffffffffffff"]) : chunk.length.toString(16);
    parts.push(Buffer.from(`${length}${extension}\r\n`), chunk, Buffer.from("\r\n"));
    at += size;
  }
  const isCut = isBroken && below(2) === 0;
  if (!isCut) parts.push(Buffer.from(`0\r\n${below(4) === 0 ? "Content-Length: 5\r\n" : ""}\r\n`));
  return { bytes: Buffer.concat(parts), isWhole: !isBroken };
}
