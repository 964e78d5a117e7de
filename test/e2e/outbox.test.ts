import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { postLedgerEntry } from "../../generated/post-ledger-entry/client.ts";
import { settings as ledgerSettings } from "../../generated/post-ledger-entry/settings.ts";
import { sendReminder } from "../../generated/send-reminder/client.ts";
import { settings as reminderSettings } from "../../generated/send-reminder/settings.ts";
import { openEmbedded } from "../../runtime/adapters/embedded/embedded-ports.ts";
import { type Capture, startCapture } from "../../runtime/capture.ts";
import { type Connection, connectTo } from "../../runtime/connection.ts";
import type { Message } from "../../runtime/contract/contract.ts";
import type { FivefoldError } from "../../runtime/contract/errors.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { runOutbox } from "../torture/capture/run-outbox.ts";

const WITHIN = { timeout: 30_000 };
const useCases = [ledgerSettings, reminderSettings];
let server: Postgres;
let folder: string;
let connection: Connection;
let url: string;
let database: pg.Pool;
const captures: Capture[] = [];
const problems: FivefoldError[] = [];
let databases = 0;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-outbox-"));
  connection = connectTo(await openEmbedded(folder));
  const admin = new pg.Client({ connectionString: server.connectionString });
  await admin.connect();
  const name = `shop${databases++}`;
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  url = Object.assign(new URL(server.connectionString), { pathname: `/${name}` }).href;
  database = new pg.Pool({ connectionString: url });
  database.on("error", () => {});
  problems.length = 0;
});

afterEach(async () => {
  await Promise.all(captures.splice(0).map((capture) => capture.stop()));
  await connection.close();
  // A slot is the server's, and another test's database would find it taken.
  const { rows } = await database.query(
    "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()",
  );
  for (const { slot_name } of rows) {
    await expect
      .poll(
        () =>
          dropSlot(slot_name).then(
            () => true,
            () => false,
          ),
        WITHIN,
      )
      .toBe(true);
  }
  await database.end();
  await rm(folder, { recursive: true });
});

const dropSlot = (name: string) => database.query("SELECT pg_drop_replication_slot($1)", [name]);

async function start(): Promise<Capture> {
  const reportProblem = (problem: FivefoldError) => void problems.push(problem);
  const capture = await startCapture({ connection, useCases, outboxes: [{ name: "shop", url }], reportProblem });
  captures.push(capture);
  return capture;
}

const reads = (capture: Capture) => expect.poll(() => capture.parts[0]!.problem, WITHIN).toBe("");

async function stopAll(): Promise<void> {
  await Promise.all(captures.splice(0).map((capture) => capture.stop()));
}

const entry = (sequence: number) => ({
  account: "DE000001",
  sequence,
  amountCents: 1,
  postedAt: new Date(0),
  labels: {},
});
const reminder = (reminderId: string, text = "tea") => ({ reminderId, userId: "u", text, remindAt: new Date(0) });

async function accepted(topic: string, count: number): Promise<Message[]> {
  const consumer = await connection.ports.transport.subscribe(topic, "default", "key-shared");
  const all: Message[] = [];
  while (all.length < count) {
    const messages = await consumer.receive(100);
    all.push(...messages);
    await consumer.acknowledge(messages);
  }
  await consumer.close();
  return all;
}

describe("the outbox", () => {
  test("without it, the transaction is told what makes it; an invalid event writes nothing", async () => {
    await expect(postLedgerEntry.enqueueIn(database, entry(1))).rejects.toThrow(
      /has no outbox. `fivefold capture --outbox` makes it/,
    );
    await reads(await start());
    await expect(postLedgerEntry.enqueueIn(database, entry(0))).rejects.toThrow(/sequence: must be/);
    await expect(postLedgerEntry.enqueueIn(database, entry(1), { delay: "400d" })).rejects.toThrow(/its longest is/);
    expect((await database.query("SELECT * FROM fivefold.outbox")).rows).toEqual([]);
  });

  test("what was written while nobody relayed comes first, and the slot's loss loses nothing", async () => {
    await reads(await start());
    await stopAll();
    await postLedgerEntry.enqueueIn(database, entry(1));
    const slots = await database.query(
      "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()",
    );
    await dropSlot(slots.rows[0].slot_name);
    await postLedgerEntry.enqueueIn(database, entry(2));
    await reads(await start());
    await postLedgerEntry.enqueueIn(database, entry(3));
    const messages = await accepted("post-ledger-entry.high", 3);
    const payloads = [1, 2, 3].map((n) => Buffer.from(postLedgerEntryBytes(n)).toString("hex"));
    expect(messages.map(({ payload }) => Buffer.from(payload).toString("hex"))).toEqual(payloads);
    expect(problems.map(({ message }) => message).join()).toMatch(/slot .* was dropped/);
  });

  test("a row that is no event, or of a use case that is not known, stays with the reason, and holds up no other", async () => {
    const capture = await start();
    await reads(capture);
    const insert = "INSERT INTO fivefold.outbox (id, use_case, envelope, payload) VALUES ($1, $2, $3, $4)";
    let good = "";
    const keep = {
      query(text: string, values: string[]) {
        good = values[2]!;
        return database.query(text, values);
      },
    };
    await postLedgerEntry.enqueueIn(keep, entry(1));
    const rows: [string, string, string][] = [
      ["a", "post-ledger-entry", "no JSON"],
      ["b", "post-ledger-entry", "null"],
      ["c", "post-ledger-entry", "[]"],
      ["d", "post-ledger-entry", JSON.stringify({ ...JSON.parse(good), priority: "../x" })],
      ["e", "post-ledger-entry", JSON.stringify({ ...JSON.parse(good), dedupeForMs: "1" })],
      ["f", "post-ledger-entry", JSON.stringify({ ...JSON.parse(good), delayMs: -1e300 })],
      ["", "post-ledger-entry", good],
      ["g", "nobody's", good],
    ];
    for (const row of rows) await database.query(insert, [...row, Buffer.from("x")]);
    await postLedgerEntry.enqueueIn(database, entry(2));
    expect(await accepted("post-ledger-entry.high", 2)).toHaveLength(2);
    expect(capture.parts[0]!.problem).toBe("");
    const refused = () => database.query("SELECT id, refused FROM fivefold.outbox ORDER BY position");
    await expect.poll(async () => (await refused()).rows.map(({ id }) => id), WITHIN).toEqual(rows.map(([id]) => id));
    const reasons = (await refused()).rows.map(({ refused }) => refused as string);
    for (const reason of reasons.slice(0, -1)) expect(reason).toMatch(/^The row is no event's/);
    expect(reasons.at(-1)).toMatch(/^There is no use case 'nobody's' here/);
    expect(problems.map(({ message }) => message).join()).toContain("no use case 'nobody's'");
  });

  test("what was committed while the publication was gone is relayed, once it is seen to be", async () => {
    const capture = await start();
    await reads(capture);
    await database.query("DROP PUBLICATION fivefold_outbox");
    await postLedgerEntry.enqueueIn(database, entry(1));
    expect(await accepted("post-ledger-entry.high", 1)).toHaveLength(1);
    expect(problems.map(({ message }) => message).join()).toContain(
      "'fivefold_outbox' of The source 'shop' was changed",
    );
  });

  test("what no use case was known for is relayed by the first capture that knows it", async () => {
    const other = { ...reminderSettings, name: "other" };
    await reads(await start());
    await sendReminder.enqueueIn(database, reminder("a"));
    await accepted("send-reminder.high", 1);
    await stopAll();
    await sendReminder.enqueueIn(database, reminder("b"));
    const reportProblem = (problem: FivefoldError) => void problems.push(problem);
    const outboxes = [{ name: "shop", url }];
    captures.push(await startCapture({ connection, useCases: [other], outboxes, reportProblem }));
    const refused = async () => (await database.query("SELECT refused FROM fivefold.outbox")).rows[0]?.refused;
    await expect.poll(refused, WITHIN).toContain("no use case 'send-reminder'");
    await stopAll();
    await reads(await start());
    expect(await accepted("send-reminder.high", 1)).toHaveLength(1);
    await expect.poll(refused, WITHIN).toBeUndefined();
  });

  test("an event in conflict stays, with the reason; a duplicate is none of another task", async () => {
    await reads(await start());
    const first = await sendReminder.enqueueIn(database, reminder("a"));
    await sendReminder.enqueueIn(database, reminder("a"));
    await sendReminder.enqueueIn(database, reminder("a", "coffee"));
    await sendReminder.enqueueIn(database, reminder("b"));
    const messages = await accepted("send-reminder.high", 2);
    expect(messages[0]!.id).toBe(first.id);
    await expect
      .poll(async () => (await database.query("SELECT refused FROM fivefold.outbox")).rows, WITHIN)
      .toEqual([{ refused: expect.stringMatching(/dedupe id 'a', which stands for another event/) }]);
  });

  test("a delay counts from the insert", async () => {
    const capture = await start();
    await reads(capture);
    const before = Date.now();
    await sendReminder.enqueueIn(database, reminder("late"), { delay: "5m", traceparent: "nonsense" });
    const at = new Date(before + 3_600_000);
    await sendReminder.enqueueIn(database, reminder("at"), { at });
    const [late, exact] = await accepted("send-reminder.high", 2);
    expect(late!.dueAt).toBeGreaterThanOrEqual(before + 300_000);
    expect(late!.dueAt).toBeLessThan(before + 360_000);
    expect(late!.traceparent).toBe("");
    expect(exact!.dueAt).toBe(at.getTime());
  });

  test("roles with the rights that the page names will do", async () => {
    const [name] = (await database.query("SELECT current_database() AS name")).rows;
    await database.query("CREATE ROLE capture LOGIN REPLICATION PASSWORD 'c'; CREATE ROLE app LOGIN PASSWORD 'a'");
    await database.query(`GRANT CREATE ON DATABASE ${name.name} TO capture`);
    const admin = url;
    url = Object.assign(new URL(admin), { username: "capture", password: "c" }).href;
    await reads(await start());
    const app = new pg.Client({
      connectionString: Object.assign(new URL(admin), { username: "app", password: "a" }).href,
    });
    await app.connect();
    await expect(postLedgerEntry.enqueueIn(app, entry(1))).rejects.toThrow(/GRANT USAGE ON SCHEMA fivefold/);
    await database.query("GRANT USAGE ON SCHEMA fivefold TO app; GRANT INSERT ON fivefold.outbox TO app");
    const { id } = await postLedgerEntry.enqueueIn(app, entry(1));
    await app.end();
    expect((await accepted("post-ledger-entry.high", 1))[0]!.id).toBe(id);
    await expect.poll(async () => (await database.query("SELECT * FROM fivefold.outbox")).rows, WITHIN).toEqual([]);
  });

  test("one process relays, another takes over", async () => {
    await reads(await start());
    const second = await start();
    await expect.poll(() => second.parts[0]!.problem, WITHIN).toMatch(/Another process captures/);
    await captures.shift()!.stop();
    await reads(second);
    const { id } = await postLedgerEntry.enqueueIn(database, entry(1));
    expect((await accepted("post-ledger-entry.high", 1))[0]!.id).toBe(id);
  });
});

function postLedgerEntryBytes(sequence: number): Uint8Array {
  return (postLedgerEntry as unknown as { contract: { encode(event: unknown): Uint8Array } }).contract.encode(
    entry(sequence),
  );
}

test("exactly what was committed is accepted, in the order of commits, while the relay is killed", async () => {
  const { did, faults } = await runOutbox({ seed: 7, transactions: 600, kills: 3 });
  expect(faults).toEqual([]);
  expect(did.accepted).toBeGreaterThan(600);
});
