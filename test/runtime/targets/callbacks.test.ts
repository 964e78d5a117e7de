import { expect, onTestFinished, test } from "vitest";
import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import { openCallbackPort } from "../../../runtime/callback-port.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { sendOutcome } from "../../../runtime/receiver.ts";
import { readSecrets, sign } from "../../../runtime/task-http/signature.ts";
import { noteContracts } from "../note-contract.ts";
import { LATE, openLmdb, startPort } from "./callback-ports.ts";
import { openTargetWorld, SECRET, startService } from "./target-world.ts";

test("a callback that came while no worker was there settles the task once one sends it again", async () => {
  const store = createMemoryControlStore();
  const openControlStore = async () => store;
  const url = await startPort(openControlStore);
  const callbacks: string[] = [];
  const service = await startService((request, response) => {
    callbacks.push(String(request.headers["fivefold-callback"]));
    response.writeHead(202).end();
  });
  const environment = { FIVEFOLD_SERVICE_THUMBNAILS: service.url, FIVEFOLD_CALLBACK_URL: url };
  const world = await openTargetWorld({
    target: LATE,
    environment,
    openControlStore,
    subscriber: { timeoutMs: 60_000 },
  });
  await world.notes.enqueue({ id: "a" });
  while (callbacks.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // It ends while it waits: the task is given back as the same try.
  await world.close({ keepPorts: true });
  await sendOutcome(callbacks[0]!, { outcome: "done" }, { secret: SECRET });
  const next = await openTargetWorld({ target: LATE, environment, openControlStore, on: world });
  await next.ended(1);
  expect(new Set(callbacks).size).toBe(1);
  expect(next.counts().delivery).toMatchObject({ done: 1, retried: 0 });
});

test("no callback by the deadline is a retry", async () => {
  const openControlStore = await openLmdb();
  const service = await startService((_, response) => response.writeHead(202).end());
  const environment = { FIVEFOLD_SERVICE_THUMBNAILS: service.url, FIVEFOLD_CALLBACK_URL: "http://127.0.0.1:1" };
  const subscriber = { timeoutMs: 1_500, maxRetries: 0 };
  const world = await openTargetWorld({ target: LATE, environment, openControlStore, subscriber });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect((await world.deadLetters())[0]?.failure).toMatchObject({
    reason: "attempts",
    message: "no callback within 1500 ms",
  });
});

test("tasks that were answered by 202 leave the limit to others, up to what is declared", async () => {
  const store = createMemoryControlStore();
  const service = await startService((_, response) => response.writeHead(202).end());
  const world = await openTargetWorld({
    target: LATE,
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url, FIVEFOLD_CALLBACK_URL: "http://127.0.0.1:1" },
    openControlStore: async () => store,
    subscriber: { maxInFlight: 100, timeoutMs: 60_000 },
  });
  await world.notes.enqueueAll(Array.from({ length: 150 }, (_, i) => ({ id: `${i}` })));
  await expect.poll(() => service.requests.length, { timeout: 5_000 }).toBe(100);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(service.requests).toHaveLength(100);
  expect(world.counts().flowControl).toMatchObject({ inFlight: 100, limit: 100, binds: "limit" });
});

test.each<[what: string, path: string, body: string, status: number]>([
  ["another use case", "other/default/task/1", '{"outcome":"done"}', 404],
  ["no attempt", "note/default/task", '{"outcome":"done"}', 404],
  ["an attempt that is none", "note/default/task/0", '{"outcome":"done"}', 404],
  ["a longer path", "note/default/task/1/x", '{"outcome":"done"}', 404],
  ["no outcome", "note/default/task/1", "{}", 400],
  ["no JSON", "note/default/task/1", "{", 400],
  ["a wait that is none", "note/default/task/1", '{"outcome":"retry","retryAfterMs":-1}', 400],
  ["too much", "note/default/task/1", JSON.stringify({ outcome: "reject", message: "x".repeat(70_000) }), 413],
])("refused: %s", async (_, path, body, status) => {
  const url = await startPort(async () => createMemoryControlStore());
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = sign(readSecrets(SECRET), path, timestamp, Buffer.from(body));
  const headers = { "webhook-id": path, "webhook-timestamp": timestamp, "webhook-signature": signature };
  const response = await fetch(`${url}/callbacks/${path}`, { method: "POST", headers, body });
  expect(response.status).toBe(status);
});

test("a function app whose requests nothing signs is not told to call back, and its 202 is a retry at once", async () => {
  const target = { kind: "azure", name: "resizer", path: "/api/resize", format: "json" } as const;
  const store = createMemoryControlStore();
  const openControlStore = async () => store;
  const { settings } = noteContracts({ subscribers: { default: { target } }, handlers: {} }).client;
  const ports = { openControlStore, clock: systemClock };
  const port = await openCallbackPort({ ports, useCases: [settings], environment: {}, port: 0, host: "127.0.0.1" });
  onTestFinished(() => port.close());
  const service = await startService((_, response) => response.writeHead(202).end());
  const environment = {
    FIVEFOLD_AZURE_RESIZER: service.url,
    FIVEFOLD_AZURE_KEY_RESIZER: "key",
    FIVEFOLD_CALLBACK_URL: `http://127.0.0.1:${port.port}`,
  };
  const subscriber = { timeoutMs: 60_000, maxRetries: 0 };
  const world = await openTargetWorld({ target, environment, openControlStore, subscriber });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect(service.requests[0]!.head.headers["fivefold-callback"]).toBeUndefined();
  expect((await world.deadLetters())[0]?.failure?.message).toContain("takes no callbacks");
});

test("an outcome is signed for what follows the path of the workers, whatever that path is", async () => {
  const service = await startService((_, response) => response.writeHead(204).end());
  await sendOutcome(`${service.url}/callbacks/callbacks/note/default/a/1`, { outcome: "done" }, { secret: SECRET });
  expect(service.requests[0]!.head.headers["webhook-id"]).toBe("note/default/a/1");
});
