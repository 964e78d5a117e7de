import { createServer as createTcpServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { findForgery, readSecrets } from "../../../runtime/task-http/signature.ts";
import { decodeHeader } from "../../../runtime/task-http/task-request.ts";
import { openTargetWorld, SECRET, startService } from "./target-world.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a task is a CloudEvent in binary mode, with its try, its trace and a signature", async () => {
  const service = await startService((_, response) => response.writeHead(204).end());
  const world = await openTargetWorld({ environment: { FIVEFOLD_SERVICE_THUMBNAILS: `${service.url}/base/` } });
  const receipt = await world.notes.enqueue({ id: "a" }, { traceparent: TRACE });
  await world.ended(1);
  const [{ head, body } = { head: undefined, body: Buffer.of() }] = service.requests;
  expect(head).toMatchObject({ method: "POST", url: "/base/events" });
  expect(JSON.parse(body.toString())).toEqual({ id: "a" });
  expect(head?.headers).toMatchObject({
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": receipt.id,
    "ce-source": "/fivefold/note",
    "ce-type": "note",
    "ce-eventversion": "1",
    traceparent: TRACE,
    "fivefold-subscriber": "default",
    "fivefold-attempt": "1",
    "fivefold-timeout-ms": "2000",
    "webhook-id": `note/default/${receipt.id}`,
  });
  const signed = {
    id: String(head?.headers["webhook-id"]),
    timestamp: String(head?.headers["webhook-timestamp"]),
    signature: String(head?.headers["webhook-signature"]),
    body,
  };
  expect(findForgery(readSecrets(SECRET), signed, Date.now())).toBeUndefined();
  expect(findForgery(readSecrets(SECRET), { ...signed, body: Buffer.from("{}") }, Date.now())).toMatch("none of");
  expect(findForgery(readSecrets(SECRET), signed, Date.now() + 301_000)).toMatch("old");
});

test("no value of an event gets into the headers as anything but a value", async () => {
  const service = await startService((_, response) => response.end());
  const world = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url },
    settings: { ordered: true },
  });
  const keys = ["a\r\nfivefold-outcome: done\r\n\r\n", 'ä\0€ "%" 😀', "\ud800", "x".repeat(5_000)];
  await world.notes.enqueueAll(keys.map((key, index) => ({ id: `${index}`, key })));
  await world.ended(keys.length);
  const found = service.requests.map(({ head }) => head.headers["ce-partitionkey"]);
  expect(found.map((key) => (key === undefined ? key : decodeHeader(String(key)))).sort()).toEqual(
    [keys[0], keys[1], "\ufffd", undefined].sort(),
  );
  expect(service.requests.every(({ head }) => head.headers["fivefold-outcome"] === undefined)).toBe(true);
});

test.each<[status: number, ends: "done" | "rejected" | "attempts"]>([
  [200, "done"],
  [204, "done"],
  [400, "rejected"],
  [401, "attempts"],
  [404, "attempts"],
  [410, "rejected"],
  [422, "rejected"],
  [429, "attempts"],
  [500, "attempts"],
  [503, "attempts"],
])("%i: %s", async (status, ends) => {
  const service = await startService((_, response) => response.writeHead(status).end("because of that"));
  const world = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url },
    subscriber: { maxRetries: 1 },
  });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect(service.requests.length).toBe(ends === "attempts" ? 2 : 1);
  const [letter] = ends === "done" ? [] : await world.deadLetters();
  expect(letter?.failure).toEqual(
    ends === "done"
      ? undefined
      : expect.objectContaining({ reason: ends, message: `answered ${status}: because of that` }),
  );
});

test.each([
  ["in seconds", () => "1"],
  ["as a date", () => new Date(Date.now() + 1_999).toUTCString()],
])("Retry-After is heeded %s", async (_, header) => {
  let failed = 0;
  const service = await startService((_, response) => {
    if (failed++ > 0) response.end();
    else response.writeHead(429, { "retry-after": header() }).end();
  });
  const world = await openTargetWorld({ environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url } });
  const startedAt = Date.now();
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(950);
});

test("redirects are not followed", async () => {
  const metadata = await startService((_, response) => response.end());
  const service = await startService((_, response) => response.writeHead(307, { location: metadata.url }).end());
  const world = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url },
    subscriber: { maxRetries: 0 },
  });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect((await world.deadLetters())[0]?.failure?.message).toMatch("answered 307 (redirects are not followed)");
  expect(metadata.requests).toEqual([]);
});

test("an answer that never comes, or never ends, ends with the try's time", async () => {
  const silent = await startService(() => {});
  const world = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: silent.url },
    subscriber: { maxRetries: 0, timeoutMs: 100 },
  });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect((await world.deadLetters())[0]?.failure?.message).toBe("no answer within 100 ms");

  const endless = await startService((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("."), 20);
    response.on("close", () => clearInterval(timer));
  });
  const other = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: endless.url },
    subscriber: { maxRetries: 0, timeoutMs: 300 },
  });
  await other.notes.enqueue({ id: "a" });
  await other.ended(1);
  // Its status has said so, whatever comes behind it.
  expect(other.counts().delivery.done).toBe(1);
});

test("an answer that is far too long is cut off, and takes no memory", async () => {
  let written = 0;
  const service = await startService((_, response) => {
    response.writeHead(500);
    const chunk = Buffer.alloc(64 * 1024, "x");
    const write = () => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
    };
    response.on("drain", write);
    response.on("error", () => {});
    write();
  });
  const world = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url },
    subscriber: { maxRetries: 0 },
  });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect((await world.deadLetters())[0]?.failure?.message.length).toBeLessThanOrEqual(1_024);
  expect(written).toBeLessThan(16 * 1024 * 1024);
});

test.each([
  ["garbage", "\0\u0001 garbage\r\n\r\n"],
  ["a header without an end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}`],
  ["nothing", ""],
])("what answers %s has given no answer", async (_, text) => {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(text, "latin1"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const world = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: `http://127.0.0.1:${port}` },
    subscriber: { maxRetries: 1 },
  });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect((await world.deadLetters())[0]?.failure).toMatchObject({ reason: "attempts" });
});

test("a worker that drains ends what is under way, and it is tried again", async () => {
  const service = await startService(() => {});
  const world = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url },
    subscriber: { timeoutMs: 60_000 },
  });
  await world.notes.enqueue({ id: "a" });
  while (service.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await world.close();
  expect(world.settled.map(({ result }) => result)).toEqual(["retried"]);
});

test.each([
  [{}, "Nothing says where the service 'thumbnails' is. Set FIVEFOLD_SERVICE_THUMBNAILS"],
  [{ FIVEFOLD_SERVICE_THUMBNAILS: "ftp://a" }, "neither http: nor https:"],
  [{ FIVEFOLD_SERVICE_THUMBNAILS: "http://user:secret@a" }, "holds a user or a password"],
  [{ FIVEFOLD_SERVICE_THUMBNAILS: "http://a,http://a/" }, "twice"],
  [{ FIVEFOLD_SERVICE_THUMBNAILS: "http://a", FIVEFOLD_SIGNING_SECRET_THUMBNAILS: "" }, "such as whsec_"],
  [{ FIVEFOLD_SERVICE_THUMBNAILS: "http://a", FIVEFOLD_SIGNING_SECRET_THUMBNAILS: "whsec_YQ==" }, "has 1 bytes"],
  [
    { FIVEFOLD_SERVICE_THUMBNAILS: "http://a", FIVEFOLD_SERVICE_NETWORKS: "10.0.0.0/33" },
    "'10.0.0.0/33' is no network",
  ],
])("a worker that does not know enough of its targets does not start: %o", async (environment, message) => {
  await expect(openTargetWorld({ environment })).rejects.toThrow(message);
});

test("connections go to the address that was checked, and end where a name resolves to another one", async () => {
  const service = await startService((_, response) => response.end());
  let addresses = ["127.0.0.1"];
  const world = await openTargetWorld({
    // No DNS server knows it: whoever resolved it again would find nothing.
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: `http://images.invalid:${service.port}` },
    resolve: async () => ({ addresses, ttlMs: 30 }),
  });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect(service.requests[0]?.head.headers.host).toBe(`images.invalid:${service.port}`);

  addresses = ["169.254.169.254"];
  while (world.problems.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await world.notes.enqueue({ id: "b" });
  await new Promise((resolve) => setTimeout(resolve, 200));
  // It waits: no try is used up, and nothing is sent anywhere.
  expect(world.counts()).toMatchObject({ flowControl: { waiting: 1, limit: 0 }, delivery: { sent: 1, retried: 0 } });
  expect(world.problems[0]?.message).toMatch("169.254.169.254");

  addresses = ["127.0.0.1"];
  await world.ended(2);
  expect(service.requests.length).toBe(2);
});

test("a target without a fit host is what binds its tasks", async () => {
  const world = await openTargetWorld({ environment: { FIVEFOLD_SERVICE_THUMBNAILS: "http://127.0.0.1:1" } });
  await world.notes.enqueueAll(Array.from({ length: 100 }, (_, i) => ({ id: `${i}` })));
  await expect.poll(() => world.counts().flowControl.binds, { timeout: 5_000 }).toBe("hosts");
});
