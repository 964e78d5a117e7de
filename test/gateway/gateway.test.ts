import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { encode as encodeEntry } from "../../generated/post-ledger-entry/codec.ts";
import { LEDGER_ENTRY, ORDER, REMINDER, serve } from "./served.ts";

const PROTOBUF = { "content-type": "application/x-protobuf" };
const LINES = { "content-type": "application/x-ndjson" };

const { root } = protobuf.parse(readFileSync("generated/contracts/post_ledger_entry.proto", "utf8"));
protobuf.Root.fromJSON(protobuf.common.get("google/protobuf/timestamp.proto") as protobuf.INamespace, root);
const ENTRY = root.lookupType("fivefold.post_ledger_entry.v1.EntryPosted");

/** As another language's library writes it: fields of maps in any order. */
function foreignBytes({
  postedAt,
  ...entry
}: Omit<typeof LEDGER_ENTRY, "sequence"> & { sequence: number }): Uint8Array {
  const at = Date.parse(postedAt);
  return ENTRY.encode(
    ENTRY.create({ ...entry, postedAt: { seconds: Math.floor(at / 1_000), nanos: (at % 1_000) * 1e6 } }),
  ).finish();
}

const CANONICAL = Buffer.from(encodeEntry({ ...LEDGER_ENTRY, postedAt: new Date(LEDGER_ENTRY.postedAt) }));

test("an event as JSON or protobuf is stored as the same canonical bytes, and answered by its receipt", async () => {
  const { post, stored } = await serve();
  const foreign = foreignBytes(LEDGER_ENTRY);
  expect(Buffer.from(foreign)).not.toEqual(CANONICAL);
  const receipts = [
    await post("/v1/post-ledger-entry", LEDGER_ENTRY),
    await post("/v1/post-ledger-entry", foreign, PROTOBUF),
    await post("/v1/post-ledger-entry", foreign, { "content-type": "application/protobuf" }),
  ];
  for (const { status } of receipts) expect(status).toBe(202);
  const messages = await stored("post-ledger-entry", 3);
  expect(messages.map(({ id }) => id).sort()).toEqual(receipts.map(({ body }) => body.id).sort());
  for (const { payload, key } of messages) {
    expect(Buffer.from(payload)).toEqual(CANONICAL);
    expect(key).toBe("DE000001");
  }
});

test("what breaks rules is refused with each place, and not stored", async () => {
  const { post, connection } = await serve();
  const refused = await post("/v1/post-ledger-entry", { ...LEDGER_ENTRY, sequence: 0, account: 5, extra: 1 });
  expect(refused.status).toBe(400);
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect(refused.body).toMatchObject({
    type: "urn:fivefold:problem:invalid-event",
    title: "Bad Request",
    status: 400,
    code: "invalid-event",
    mayBeStored: false,
    fix: expect.stringContaining("violations"),
  });
  expect(refused.body.violations.map(({ path }: { path: string }) => path).sort()).toEqual([
    "account",
    "extra",
    "sequence",
  ]);
  const wrong = await post("/v1/post-ledger-entry", foreignBytes({ ...LEDGER_ENTRY, sequence: 0 }), PROTOBUF);
  expect(wrong.body).toMatchObject({ code: "invalid-event", violations: [{ path: "sequence" }] });
  for (const bytes of [Buffer.from([0xff]), CANONICAL.subarray(0, 20)]) {
    const malformed = await post("/v1/post-ledger-entry", bytes, PROTOBUF);
    expect(malformed).toMatchObject({ status: 400, body: { code: "malformed-body" } });
  }
  expect(await connection.ports.transport.backlog("post-ledger-entry.high", "default")).toBe(0);
});

test("a batch is stored as a whole or not at all, and violations name the event", async () => {
  const { post, stored, connection } = await serve();
  const two = [LEDGER_ENTRY, { ...LEDGER_ENTRY, sequence: 2 }];
  const { status, body } = await post("/v1/post-ledger-entry/batch", two);
  expect(status).toBe(202);
  expect(body.receipts).toHaveLength(2);
  expect((await stored("post-ledger-entry", 2)).map(({ id }) => id)).toEqual(
    body.receipts.map(({ id }: { id: string }) => id),
  );
  const refused = await post("/v1/post-ledger-entry/batch", [LEDGER_ENTRY, { ...LEDGER_ENTRY, sequence: -1 }]);
  expect(refused).toMatchObject({ status: 400, body: { violations: [{ index: 1, path: "sequence" }] } });
  expect(await post("/v1/post-ledger-entry/batch", LEDGER_ENTRY)).toMatchObject({ status: 400 });

  const delimited = Buffer.concat(
    two.map((event) => ENTRY.encodeDelimited(ENTRY.decode(foreignBytes(event))).finish()),
  );
  expect(await post("/v1/post-ledger-entry/batch", delimited, PROTOBUF)).toMatchObject({ status: 202 });
  const payloads = (await stored("post-ledger-entry", 2)).map(({ payload }) => Buffer.from(payload));
  expect(payloads[0]).toEqual(CANONICAL);
  for (const cut of [delimited.subarray(0, -1), Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])]) {
    const malformed = await post("/v1/post-ledger-entry/batch", cut, PROTOBUF);
    expect(malformed).toMatchObject({ status: 400, body: { code: "malformed-body" } });
  }
  expect(await post("/v1/post-ledger-entry/batch", [])).toMatchObject({ status: 202, body: { receipts: [] } });
  const many = await post("/v1/post-ledger-entry/batch", Array(10_001).fill(0));
  expect(many).toMatchObject({ status: 413, body: { code: "too-many-events" } });
  expect(await connection.ports.transport.backlog("post-ledger-entry.high", "default")).toBe(0);
});

test("a stream answers each line in order, and one that is wrong keeps no other from being stored", async () => {
  const { gateway, stored } = await serve();
  const lines = [
    JSON.stringify(LEDGER_ENTRY),
    "",
    "{",
    JSON.stringify({ ...LEDGER_ENTRY, sequence: -1 }),
    `${JSON.stringify({ ...LEDGER_ENTRY, sequence: 2 })}\r`,
    JSON.stringify({ ...LEDGER_ENTRY, sequence: 3 }),
  ];
  const response = await fetch(`${gateway.address}/v1/post-ledger-entry/stream`, {
    method: "POST",
    body: lines.join("\n"),
    headers: LINES,
  });
  expect(response.status).toBe(200);
  const answers = (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers).toMatchObject([
    { line: 1, duplicate: false },
    { line: 3, problem: { code: "malformed-body" } },
    { line: 4, problem: { code: "invalid-event", violations: [{ path: "sequence" }] } },
    { line: 5 },
    { line: 6 },
    { done: true, accepted: 3, duplicates: 0, refused: 2 },
  ]);
  const ids = (await stored("post-ledger-entry", 3)).map(({ id }) => id);
  expect(ids).toEqual(answers.flatMap(({ id }) => id ?? []));
});

test("an Idempotency-Key makes an event one, for its producer, and another event under it a conflict", async () => {
  const { post, stored, connection } = await serve();
  const key = { "idempotency-key": "once" };
  const [first, again] = [
    await post("/v1/post-ledger-entry", LEDGER_ENTRY, key),
    await post("/v1/post-ledger-entry", LEDGER_ENTRY, key),
  ];
  expect(first).toMatchObject({ status: 202, body: { duplicate: false } });
  expect(again).toMatchObject({ status: 202, body: { id: first.body.id, duplicate: true } });
  const conflict = await post("/v1/post-ledger-entry", { ...LEDGER_ENTRY, sequence: 2 }, key);
  expect(conflict).toMatchObject({ status: 409, body: { code: "conflict" } });
  const batch = [LEDGER_ENTRY, { ...LEDGER_ENTRY, sequence: 2 }];
  const batches = [
    await post("/v1/post-ledger-entry/batch", batch, { "idempotency-key": "batch" }),
    await post("/v1/post-ledger-entry/batch", batch, { "idempotency-key": "batch" }),
  ];
  expect(batches[1]!.body.receipts).toEqual(
    batches[0]!.body.receipts.map(({ id }: { id: string }) => ({ id, duplicate: true })),
  );
  await stored("post-ledger-entry", 3);
  expect(await connection.ports.transport.backlog("post-ledger-entry.high", "default")).toBe(0);
  // Where the use case has an id of its own, that one decides.
  expect(await post("/v1/send-reminder", REMINDER, key)).toMatchObject({ body: { duplicate: false } });
  expect(await post("/v1/send-reminder", REMINDER, { "idempotency-key": "other" })).toMatchObject({
    body: { duplicate: true },
  });
});

test("delay, time and trace context are those of the record", async () => {
  const { post, stored } = await serve();
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  await post("/v1/post-ledger-entry?at=2026-11-30T08%3A00%3A00Z", LEDGER_ENTRY, { traceparent });
  const before = Date.now();
  await post("/v1/post-ledger-entry?delay=5m", LEDGER_ENTRY, { traceparent: "hostile" });
  const [at, delayed] = await stored("post-ledger-entry", 2);
  expect(at).toMatchObject({ dueAt: Date.parse("2026-11-30T08:00:00Z"), traceparent });
  expect(delayed!.dueAt).toBeGreaterThanOrEqual(before + 300_000);
  expect(delayed!.traceparent).toBe("");
  for (const query of ["delay=soon", "at=soon", "delay=5m&delay=5m", "delay=5m&at=2030-01-01T00:00:00Z", "later=5m"]) {
    const refused = await post(`/v1/post-ledger-entry?${query}`, LEDGER_ENTRY);
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-option" } });
  }
  const late = await post("/v1/post-ledger-entry?delay=400d", LEDGER_ENTRY);
  expect(late).toMatchObject({ status: 400, body: { code: "delay-too-long" } });
});

test("addresses, methods and types that are not served are told apart", async () => {
  const { gateway, post } = await serve();
  const cases: [path: string, headers: Record<string, string>, status: number, code: string][] = [
    ["/v1/unknown", {}, 404, "not-found"],
    ["/v1/__proto__", {}, 404, "not-found"],
    ["/", {}, 404, "not-found"],
    ["/v1/place-order", { "content-type": "text/plain" }, 415, "unsupported-content"],
    ["/v1/place-order", { "content-type": "application/json; charset=latin1" }, 415, "unsupported-content"],
    ["/v1/place-order", { "content-encoding": "gzip" }, 415, "unsupported-encoding"],
    ["/v1/place-order/stream", {}, 415, "unsupported-content"],
    ["/v1/place-order", { "idempotency-key": "a b" }, 400, "malformed-request"],
  ];
  for (const [path, headers, status, code] of cases) {
    expect(await post(path, ORDER, headers)).toMatchObject({ status, body: { code, fix: expect.any(String) } });
  }
  const get = await fetch(`${gateway.address}/v1/place-order`);
  expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  expect(await post("/v1/place-order", ORDER, { "content-type": "Application/JSON; charset=UTF-8" })).toMatchObject({
    status: 202,
  });
});
