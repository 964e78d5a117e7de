import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { connectMemory } from "../../runtime/testing/memory-connection.ts";
import { createSimulatedClock } from "../../runtime/testing/simulated-clock.ts";
import { rawRequest } from "./raw-request.ts";
import { LEDGER_ENTRY, serve } from "./served.ts";

const BODY = JSON.stringify(LEDGER_ENTRY);
const HEAD = "POST /v1/post-ledger-entry HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/** The problem's code, of an answer as it went over the wire. */
function codeOf(answer: string): [status: number, code: string] {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  expect(head.toLowerCase()).toContain("content-type: application/problem+json");
  const { code, detail, fix, status } = JSON.parse(body);
  expect([typeof detail, typeof fix]).toEqual(["string", "string"]);
  expect(Number(head.split(" ")[1])).toBe(status);
  return [status, code];
}

test.each<[name: string, request: string, status: number, code: string]>([
  ["two lengths", `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400, "malformed-request"],
  [
    "a length and chunks",
    `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    "malformed-request",
  ],
  ["a coding before chunks", `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 400, "malformed-request"],
  ["a coding after chunks", `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400, "malformed-request"],
  ["a space before a colon", `${HEAD}Content-Length : 5\r\n\r\nabcde`, 400, "malformed-request"],
  ["a folded header", `${HEAD}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`, 400, "malformed-request"],
  ["a bare line feed", `${HEAD.replaceAll("\r\n", "\n")}Content-Length: 0\n\n`, 400, "malformed-request"],
  ["a length of no number", `${HEAD}Content-Length: +5\r\n\r\nabcde`, 400, "malformed-request"],
  ["a chunk of no size", `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n`, 400, "malformed-request"],
  ["two hosts", `${HEAD}Host: other\r\nContent-Length: 0\r\n\r\n`, 400, "malformed-request"],
  ["no host", `${HEAD.replace("Host: localhost\r\n", "")}Content-Length: 0\r\n\r\n`, 400, "malformed-request"],
  ["two content types", `${HEAD}Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n`, 400, "malformed-request"],
  ["no HTTP", "\u0016\u0003\u0001\r\n\r\n", 400, "malformed-request"],
  ["CONNECT", "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "malformed-request"],
  ["huge headers", `${HEAD}X: ${"x".repeat(20_000)}\r\n\r\n`, 431, "headers-too-large"],
  ["a huge address", HEAD.replace("/v1", `/${"x".repeat(20_000)}`), 431, "headers-too-large"],
  ["another expectation", `${HEAD}Expect: 200-ok\r\nContent-Length: 0\r\n\r\n`, 417, "unsupported-expectation"],
  ["a body that is too large", `${HEAD}Content-Length: 99999999\r\n\r\n`, 413, "payload-too-large"],
  ["a host of the web", `${HEAD.replace("localhost", "evil.example")}Content-Length: 0\r\n\r\n`, 403, "forbidden"],
])("%s", async (_, request, status, code) => {
  const { gateway, problems } = await serve();
  const text = request.includes("Connection")
    ? request
    : request.replace("HTTP/1.1\r\n", "HTTP/1.1\r\nConnection: close\r\n");
  expect(codeOf(await rawRequest(gateway.port, [text]))).toEqual([status, code]);
  expect(problems).toEqual([]);
});

test("a request that follows a refused one on its connection is served as what it is", async () => {
  const { gateway, stored } = await serve();
  const wrong = `${HEAD}Content-Length: 1\r\n\r\n{`;
  const right = `${HEAD}Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`;
  const answers = await rawRequest(gateway.port, [wrong + right]);
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400", "HTTP/1.1 202"]);
  await stored("post-ledger-entry", 1);
});

test("bodies that are cut off, deep, compressed, no UTF-8, or name a prototype are refused or harmless", async () => {
  const { gateway, post, problems } = await serve();
  expect(await rawRequest(gateway.port, [`${HEAD}Content-Length: 500\r\n\r\n${BODY}`], 200)).toBe("");
  const deep = "[".repeat(100_000);
  for (const body of [deep, `{"labels":${deep}`, `{"labels":${deep}${"]".repeat(100_000)}}`]) {
    expect(await post("/v1/post-ledger-entry", body)).toMatchObject({ status: 400 });
  }
  const polluting = BODY.replace("{", '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},');
  expect(await post("/v1/post-ledger-entry", polluting)).toMatchObject({
    status: 400,
    body: { code: "invalid-event" },
  });
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  const compressed = await post("/v1/post-ledger-entry", gzipSync(Buffer.alloc(1e7)), { "content-encoding": "gzip" });
  expect(compressed.headers.get("accept-encoding")).toBe("identity");
  const latin1 = Buffer.from(BODY.replace("DE000001", "D\u00e9"), "latin1");
  expect(await post("/v1/post-ledger-entry", latin1)).toMatchObject({ status: 400, body: { code: "malformed-body" } });
  expect(await post("/v1/post-ledger-entry", `\ufeff${BODY}`)).toMatchObject({ status: 202 });
  expect(problems).toEqual([]);
});

test("what is too large is refused before it is sent, and who sends it nevertheless gets the answer", async () => {
  const { gateway } = await serve();
  const answer = await new Promise<string>((resolve, reject) => {
    const request = httpRequest(`${gateway.address}/v1/post-ledger-entry`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": 50e6, expect: "100-continue" },
    });
    request.on("continue", () => reject(new Error("was told to go on")));
    request.on("response", (response) => response.setEncoding("utf8").on("data", resolve));
    request.on("error", reject);
    request.flushHeaders();
  });
  expect(JSON.parse(answer)).toMatchObject({ code: "payload-too-large" });
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const chunked = await rawRequest(gateway.port, [
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
    ...Array(90).fill(chunk),
  ]);
  expect(codeOf(chunked)).toEqual([413, "payload-too-large"]);
  expect(gateway.metrics.metrics().find(({ name }) => name === "fivefold_gateway_held_bytes")?.samples[0]?.value).toBe(
    0,
  );
});

test("a body that does not come, and a stream that stands still, end after their time, and hold nothing", async () => {
  const clock = createSimulatedClock(1);
  const { gateway } = await serve({ connection: connectMemory(clock) });
  const single = rawRequest(gateway.port, [`${HEAD}Content-Length: 500\r\n\r\n{`], 20_000);
  const stream = rawRequest(
    gateway.port,
    [`${HEAD.replace("entry", "entry/stream").replace("json", "x-ndjson")}Content-Length: 500\r\n\r\n{`],
    20_000,
  );
  const open = () =>
    gateway.metrics.metrics().find(({ name }) => name === "fivefold_gateway_open_requests")!.samples[0]!.value;
  await expect.poll(open).toBe(2);
  const pass = setInterval(() => void clock.advance(1_000), 10);
  onTestFinished(() => clearInterval(pass));
  expect(codeOf(await single)).toEqual([408, "slow-request"]);
  expect(await stream).toMatch(/"done":false.*"code":"slow-request"/);
  expect(open()).toBe(0);
});

test("a stream whose sender reads no answers is cut off after a minute, and holds nothing", async () => {
  const clock = createSimulatedClock(1);
  const { gateway } = await serve({ connection: connectMemory(clock) });
  const socket = connect(gateway.port, "127.0.0.1").pause();
  let isCut = false;
  socket.on("error", () => {}).on("close", () => (isCut = true));
  socket.write(`${HEAD.replace("entry", "entry/stream").replace("json", "x-ndjson")}Content-Length: 100000000\r\n\r\n`);
  const lines = "x\n".repeat(32_000);
  let sent = 0;
  const send = () => {
    if (!isCut && sent++ < 1_500) socket.write(lines, send);
  };
  send();
  const value = (name: string) => gateway.metrics.metrics().find((one) => one.name === name)!.samples[0]!.value;
  const answered = () => value("fivefold_gateway_stream_lines_total");
  await expect.poll(() => value("fivefold_gateway_open_requests")).toBe(1);
  // Until the answers that nobody reads fill what the system holds of them.
  for (let before = -1; answered() !== before; ) {
    before = answered();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const pass = setInterval(() => void clock.advance(1_000), 5);
  onTestFinished(() => clearInterval(pass));
  await expect.poll(() => value("fivefold_gateway_open_requests"), { timeout: 5_000 }).toBe(0);
  expect(value("fivefold_gateway_held_bytes")).toBe(0);
});

test("more than there is room for is told to come again, and is served once there is", async () => {
  const { gateway, post, problems } = await serve({ roomBytes: 20_000, requests: 3 });
  const socket = connect(gateway.port, "127.0.0.1");
  socket.write(`${HEAD}Content-Length: 19900\r\n\r\n{`);
  const held = () =>
    gateway.metrics.metrics().find(({ name }) => name === "fivefold_gateway_held_bytes")!.samples[0]!.value;
  await expect.poll(held).toBe(19_900);
  const refused = await post("/v1/post-ledger-entry", LEDGER_ENTRY);
  expect(refused).toMatchObject({ status: 429, body: { code: "overloaded", mayBeStored: false } });
  expect(refused.headers.get("retry-after")).toBe("1");
  socket.destroy();
  await expect.poll(held).toBe(0);
  expect(await post("/v1/post-ledger-entry", LEDGER_ENTRY)).toMatchObject({ status: 202 });

  const sockets = [1, 2, 3].map(() => connect(gateway.port, "127.0.0.1"));
  for (const one of sockets) one.write(`${HEAD}Content-Length: 100\r\n\r\n{`);
  await expect.poll(held).toBe(300);
  expect(await post("/v1/post-ledger-entry", LEDGER_ENTRY)).toMatchObject({ status: 429 });
  for (const one of sockets) one.destroy();
  await expect.poll(held).toBe(0);
  const flood = await Promise.all(Array.from({ length: 50 }, () => post("/v1/post-ledger-entry", LEDGER_ENTRY)));
  expect(new Set(flood.map(({ status }) => status)).size).toBeGreaterThan(0);
  expect(await post("/v1/post-ledger-entry", LEDGER_ENTRY)).toMatchObject({ status: 202 });
  expect(problems).toEqual([]);
});
