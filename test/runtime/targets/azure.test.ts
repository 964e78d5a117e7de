import { expect, test } from "vitest";
import { createReceiver, RejectError } from "../../../runtime/receiver.ts";
import type { Note } from "../note-contract.ts";
import { app, startAzure } from "./azure-host.ts";
import { openTargetWorld } from "./target-world.ts";

const target = { kind: "azure", name: "images", path: "/api/resize", format: "json" } as const;
const receiver = createReceiver<Note>({
  settings: { name: "note", version: 1, maxPayloadBytes: 10_000 },
  subscriber: "default",
  target: "images",
  format: "json",
  decode: (payload) => JSON.parse(Buffer.from(payload).toString()) as Note,
  fromJson: (value) => value as Note,
  validate: () => undefined,
});
const handled: [id: string, attempt: number][] = [];
const handler = receiver.azure(({ id }, { attempt }) => {
  handled.push([id, attempt]);
  if (id === "rejected") throw new RejectError("never");
  if (id === "again" && attempt < 3) throw new Error("again");
});
app.http("resize", { methods: ["POST"], authLevel: "function", handler });
app.http("broken", {
  methods: ["POST"],
  authLevel: "function",
  handler: () => {
    throw new Error("of the function itself");
  },
});
app.http("silent", { methods: ["POST"], authLevel: "function", handler: () => new Promise<never>(() => {}) });

const environment = (url: string, key = "k3y") => ({ FIVEFOLD_AZURE_IMAGES: url, FIVEFOLD_AZURE_KEY_IMAGES: key });

test("Azure's own programming model takes tasks, and answers what they come to", async () => {
  const world = await openTargetWorld({ target, environment: environment(await startAzure("k3y")) });
  await world.notes.enqueueAll([{ id: "fine" }, { id: "again" }, { id: "rejected" }]);
  await world.ended(3);
  expect(handled.sort()).toEqual([
    ["again", 1],
    ["again", 2],
    ["again", 3],
    ["fine", 1],
    ["rejected", 1],
  ]);
  expect((await world.deadLetters()).map(({ failure }) => failure)).toMatchObject([
    { reason: "rejected", message: "never" },
  ]);
});

test.each([
  ["a wrong key", "resize", environment("", "other"), "answered 401"],
  ["a function that is not there", "other", environment(""), "answered 404"],
  ["a function that throws", "broken", environment(""), "answered 500"],
  ["one that never answers", "silent", environment(""), "no answer within 300 ms"],
])("%s is tried again, and told", async (_, name, { FIVEFOLD_AZURE_KEY_IMAGES: key }, message) => {
  const world = await openTargetWorld({
    target: { ...target, path: `/api/${name}` },
    environment: environment(await startAzure("k3y"), key),
    subscriber: { maxRetries: 1, timeoutMs: 300 },
  });
  await world.notes.enqueue({ id: "fine" });
  await world.ended(1);
  expect((await world.deadLetters())[0]?.failure).toMatchObject({ reason: "attempts", message });
});

test.each([429, 503])("%i of Azure's front is tried again", async (status) => {
  let refused = 0;
  const url = await startAzure("k3y", () => (refused++ < 2 ? status : undefined));
  const world = await openTargetWorld({ target, environment: environment(url) });
  await world.notes.enqueue({ id: "fine" });
  await world.ended(1);
  expect(world.settled.map(({ outcome }) => outcome)).toMatchObject([
    { kind: "retry", message: `answered ${status}: of the front` },
    { kind: "retry" },
    { kind: "done" },
  ]);
});

test("a worker without a key does not start", async () => {
  await expect(
    openTargetWorld({ target, environment: { FIVEFOLD_AZURE_IMAGES: "http://127.0.0.1:1" } }),
  ).rejects.toThrow("set FIVEFOLD_AZURE_KEY_IMAGES");
});
