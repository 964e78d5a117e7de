import { createServer } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { DONE, type Message } from "../../../runtime/contract/contract.ts";
import {
  createReceiver,
  type ReceivedTask,
  type ReceiverHandler,
  RejectError,
  RetryError,
} from "../../../runtime/receiver.ts";
import { readRetryAfter } from "../../../runtime/task-http/answer.ts";
import { readSecrets, sign, TRY_PREFIX, tryText } from "../../../runtime/task-http/signature.ts";
import { createTaskHeaders, TRY_SIGNATURE_HEADER, webhookId } from "../../../runtime/task-http/task-request.ts";
import type { Note } from "../note-contract.ts";
import { listen, openTargetWorld, SECRET } from "./target-world.ts";

const contract = {
  settings: { name: "note", version: 3, maxPayloadBytes: 10_000 },
  subscriber: "default",
  target: "thumbnails",
  format: "json" as const,
  decode: (payload: Uint8Array) => JSON.parse(Buffer.from(payload).toString()) as Note,
  fromJson(value: unknown) {
    if (typeof (value as Note | null)?.id !== "string") throw new Error("`id` must be a string");
    return value as Note;
  },
  validate: () => undefined,
};
const receiver = createReceiver<Note>(contract);
const options = { secret: SECRET };
const shape = { useCase: "note", subscriber: "default", version: 3, format: "json" as const, timeoutMs: 1_000 };
const task: Message = {
  id: "task1",
  useCase: "note",
  version: 3,
  enqueuedAt: 1_000,
  dueAt: 0,
  key: "ä key",
  attempt: 2,
  priority: "normal",
  tenant: "",
  dedupeId: "",
  traceparent: "",
  subscription: "",
  payload: new Uint8Array(),
  position: 0,
};

/** A worker's request. */
function requestOf(body = '{"id":"a"}', changes: Record<string, string> = {}, ageS = 0): Request {
  const flat = createTaskHeaders(shape)(task, Date.now());
  const headers = new Headers();
  for (let i = 0; i < flat.length; i += 2) headers.set(flat[i]!, flat[i + 1]!);
  const id = webhookId(shape, task.id);
  const timestamp = String(Math.floor(Date.now() / 1_000) - ageS);
  headers.set("webhook-id", id);
  headers.set("webhook-timestamp", timestamp);
  headers.set("webhook-signature", sign(readSecrets(SECRET), id, timestamp, Buffer.from(body)));
  headers.set(TRY_SIGNATURE_HEADER, sign(readSecrets(SECRET), TRY_PREFIX + id, timestamp, tryText("2", "")));
  for (const [name, value] of Object.entries(changes)) headers.set(name, value);
  return new Request("http://receiver/", { method: "POST", headers, body });
}

async function answerTo(request: Request, handler: ReceiverHandler<Note> = () => {}) {
  const response = await receiver.fetch(handler, options)(request);
  return { status: response.status, outcome: response.headers.get("fivefold-outcome"), text: await response.text() };
}

test("the handler gets the event and its task", async () => {
  const seen: [Note, ReceivedTask][] = [];
  const answer = await answerTo(requestOf(), (event, received) => void seen.push([event, received]));
  expect(answer).toEqual({ status: 204, outcome: "done", text: "" });
  expect(seen).toMatchObject([
    [{ id: "a" }, { id: "task1", useCase: "note", subscriber: "default", attempt: 2, key: "ä key" }],
  ]);
  expect(seen[0]?.[1].enqueuedAt).toEqual(new Date(1_000));
});

describe("what the handler comes to is answered", () => {
  test.each<[what: string, handler: ReceiverHandler<Note>, status: number, outcome: string, text: string]>([
    ["a value", () => ({ any: 1 }), 204, "done", ""],
    ["an error", () => Promise.reject(new Error("down")), 503, "retry", "down"],
    ["a RetryError", () => Promise.reject(new RetryError("busy", { after: "1500ms" })), 503, "retry", "busy"],
    ["a RejectError", () => Promise.reject(new RejectError("gone")), 422, "reject", "gone"],
    ["null thrown", () => Promise.reject(null), 503, "retry", "null was thrown"],
    ["a header in its text", () => Promise.reject(new RejectError("a\r\nx: y\0")), 422, "reject", "a\r\nx: y\ufffd"],
    ["promises that nobody awaits", () => [Promise.resolve()], 503, "retry", "the handler returned promises"],
  ])("%s", async (_, handler, status, outcome, text) => {
    expect(await answerTo(requestOf(), handler)).toMatchObject({
      status,
      outcome,
      text: expect.stringContaining(text),
    });
  });

  test("the time that it asks for", async () => {
    const retry = () => Promise.reject(new RetryError("busy", { after: "1500ms" }));
    const response = await receiver.fetch(retry, options)(requestOf());
    expect(readRetryAfter(response.headers.get("retry-after") ?? undefined, 0)).toBe(2_000);
  });

  test("its signal aborts when the worker does not wait any more", async () => {
    const waiting: ReceiverHandler<Note> = (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const answer = await answerTo(requestOf(undefined, { "fivefold-timeout-ms": "20" }), waiting);
    expect(answer).toMatchObject({ status: 503, text: "timed out after 20 ms" });
  });
});

describe("what is no task of its own never reaches the handler", () => {
  test.each<[what: string, request: Request, status: number]>([
    ["nothing signed", requestOf(undefined, { "webhook-signature": "" }), 401],
    ["another body", requestOf(undefined, { "webhook-signature": "v1,AAAA" }), 401],
    ["an old request", requestOf(undefined, {}, 400), 401],
    ["one from the future", requestOf(undefined, {}, -400), 401],
    ["another try", requestOf(undefined, { "fivefold-attempt": "3" }), 401],
    ["a callback to somebody else", requestOf(undefined, { "fivefold-callback": "http://evil.example/x" }), 401],
    ["a try that nothing signs", requestOf(undefined, { "fivefold-signature": "" }), 401],
    ["another task's signature", requestOf(undefined, { "ce-id": "task2" }), 404],
    ["another use case", requestOf(undefined, { "ce-type": "other" }), 404],
    ["another subscriber", requestOf(undefined, { "fivefold-subscriber": "other" }), 404],
    ["another format", requestOf(undefined, { "content-type": "application/protobuf" }), 503],
    ["a newer version", requestOf(undefined, { "ce-eventversion": "4" }), 503],
    ["no JSON", requestOf("{"), 422],
    ["no event", requestOf('{"id":1}'), 422],
    ["bytes that are no UTF-8", requestOf("\ud800"), 422],
    ["too much", requestOf(JSON.stringify({ id: "x".repeat(200_000) })), 413],
  ])("%s", async (_, request, status) => {
    let called = false;
    const answer = await answerTo(request, () => {
      called = true;
    });
    expect(answer.status, answer.text).toBe(status);
    expect(called).toBe(false);
  });

  test("a GET", async () => {
    const response = await receiver.fetch(() => {}, options)(new Request("http://receiver/"));
    expect(response.status).toBe(405);
  });
});

test("a receiver without a secret does not start", () => {
  expect(() => receiver.node(() => {})).toThrow("set FIVEFOLD_SIGNING_SECRET_THUMBNAILS");
  expect(() => receiver.fetch(() => {}, { secret: "password" })).toThrow("whsec_<base64>");
});

test("a changed secret is taken while both are in use", async () => {
  const next = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const both = receiver.fetch(() => {}, { secret: `${next} ${SECRET}` });
  expect((await both(requestOf())).status).toBe(204);
  expect((await receiver.fetch(() => {}, { secret: next })(requestOf())).status).toBe(401);
});

describe("AWS Lambda", () => {
  const event = { headers: Object.fromEntries(requestOf().headers), body: '{"id":"a"}' };

  test("whoever invokes directly is known to AWS", async () => {
    const { "webhook-signature": _, ...headers } = event.headers;
    expect(await receiver.lambda(() => DONE)({ ...event, headers })).toMatchObject({ statusCode: 204 });
  });

  test("what comes by a function URL must be signed", async () => {
    const requestContext = { http: { method: "POST" } };
    const handler = receiver.lambda(() => {}, options);
    expect(await handler({ ...event, requestContext })).toMatchObject({ statusCode: 204 });
    expect(await handler({ ...event, headers: {}, requestContext })).toMatchObject({ statusCode: 401 });
  });

  test("a body in base64", async () => {
    const body = Buffer.from(event.body).toString("base64");
    expect(await receiver.lambda(() => {})({ ...event, body, isBase64Encoded: true })).toMatchObject({
      statusCode: 204,
    });
  });
});

test("a worker and a receiver agree, over HTTP, on every outcome", async () => {
  const seen: string[] = [];
  const server = createServer(
    receiver.node(({ id }, { attempt }) => {
      seen.push(`${id} ${attempt}`);
      if (id === "rejected") throw new RejectError("never");
      if (attempt < 3) throw new Error("again");
    }, options),
  );
  await listen(server);
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const world = await openTargetWorld({ environment: { FIVEFOLD_SERVICE_THUMBNAILS: `http://127.0.0.1:${port}` } });
  await world.notes.enqueueAll([{ id: "rejected" }, { id: "a" }]);
  await world.ended(2);
  expect(seen.sort()).toEqual(["a 1", "a 2", "a 3", "rejected 1"]);
  expect((await world.deadLetters()).map(({ failure }) => failure?.message)).toEqual(["never"]);
  expect(world.problems).toEqual([]);
});
