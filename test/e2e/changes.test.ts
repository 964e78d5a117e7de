import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { decode } from "../../generated/post-ledger-entry/codec.ts";
import { settings } from "../../generated/post-ledger-entry/settings.ts";
import { openEmbedded } from "../../runtime/adapters/embedded/embedded-ports.ts";
import { type Capture, findSourceMismatches, startCapture } from "../../runtime/capture.ts";
import type { Changes } from "../../runtime/changes.ts";
import { type Connection, connectTo } from "../../runtime/connection.ts";
import type { FivefoldError } from "../../runtime/contract/errors.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { runChanges } from "../torture/capture/run-changes.ts";
import { COLUMNS, changesOf, column, entryOf } from "./capture/ledger-changes.ts";

const WITHIN = { timeout: 30_000 };
const TABLE = "CREATE TABLE entries (account text, sequence int, amount int, PRIMARY KEY (account, sequence))";
let server: Postgres;
let folder: string;
let connection: Connection;
let url: string;
let database: pg.Pool;
let databases = 0;
let capture: Capture | undefined;
const problems: string[] = [];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-changes-"));
  connection = connectTo(await openEmbedded(folder));
  const admin = new pg.Client({ connectionString: server.connectionString });
  await admin.connect();
  const name = `changes${databases++}`;
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  url = Object.assign(new URL(server.connectionString), { pathname: `/${name}` }).href;
  database = new pg.Pool({ connectionString: url });
  database.on("error", () => {});
  problems.length = 0;
});

afterEach(async () => {
  await stop();
  await connection.close();
  await dropSlots();
  await database.end();
  await rm(folder, { recursive: true });
});

async function stop(): Promise<void> {
  await capture?.stop();
  capture = undefined;
}

async function dropSlots(): Promise<void> {
  const drop =
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()";
  const dropped = () =>
    database.query(drop).then(
      () => true,
      () => false,
    );
  await expect.poll(dropped, WITHIN).toBe(true);
}

async function start(changes: Changes): Promise<void> {
  const source = { name: "ledger", url };
  const reportProblem = ({ message }: FivefoldError) => void problems.push(message);
  capture = await startCapture({
    connection,
    useCases: [settings],
    outboxes: [],
    changes: [{ changes, source }],
    reportProblem,
  });
}

const reads = () => expect.poll(() => capture!.parts[0]!.problem, WITHIN).toBe("");
const standsStill = (why: RegExp) => expect.poll(() => capture!.parts[0]!.problem, WITHIN).toMatch(why);

/** What is accepted next: account and amount. */
async function accepted(count: number): Promise<string[]> {
  const consumer = await connection.ports.transport.subscribe("post-ledger-entry.high", "default", "key-shared");
  const all: string[] = [];
  while (all.length < count) {
    const messages = await consumer.receive(100);
    for (const { payload } of messages) {
      const { account, sequence, amountCents } = decode(payload);
      all.push(`${account} ${sequence} ${amountCents}`);
    }
    await consumer.acknowledge(messages);
  }
  await consumer.close();
  return all;
}

describe("a table's changes", () => {
  test("come after its rows; and while nobody reads, they are kept", async () => {
    await database.query(TABLE);
    await database.query("INSERT INTO entries VALUES ('DE000001', 1, 5)");
    await start(changesOf());
    expect(await accepted(1)).toEqual(["DE000001 1 5"]);
    await stop();
    await database.query("UPDATE entries SET amount = 6");
    await database.query("DELETE FROM entries; INSERT INTO entries VALUES ('DE000001', 2, 7)");
    await start(changesOf());
    expect(await accepted(2)).toEqual(["DE000001 1 6", "DE000001 2 7"]);
  });

  test("a column that is renamed while it runs is named, and nothing is lost once the row's type has the new one", async () => {
    await database.query(TABLE);
    await start(changesOf());
    await reads();
    await database.query("INSERT INTO entries VALUES ('DE000001', 1, 5)");
    expect(await accepted(1)).toEqual(["DE000001 1 5"]);
    await database.query("ALTER TABLE entries RENAME amount TO cents");
    await database.query("INSERT INTO entries VALUES ('DE000001', 2, 6)");
    await standsStill(/entries has no column 'amount'/);
    await stop();
    const columns = [...COLUMNS.slice(0, 2), column("cents", "number", { optional: true })];
    await start(
      changesOf({ columns }, (row) => ({ ...entryOf(row), amountCents: (row as { cents?: number }).cents ?? 0 })),
    );
    expect(await accepted(1)).toEqual(["DE000001 2 6"]);
  });

  test.each<[string, string, Partial<Changes["table"]>, RegExp]>([
    ["NULL", "INSERT INTO entries VALUES ('DE000001', 1, NULL)", {}, /The column 'amount' of entries holds NULL/],
    [
      "an event that is refused",
      "INSERT INTO entries VALUES ('nobody', 1, 1)",
      {},
      /insert of entries with the key \["nobody","1"\] that is refused: .*\n.*account: must/,
    ],
    [
      "another type",
      "INSERT INTO entries VALUES ('DE000001', 1, 1)",
      { columns: [...COLUMNS.slice(0, 2), column("amount", "date")] },
      /The column 'amount' of entries is integer, which 'post-ledger-entry' can't read as date/,
    ],
    [
      "a column that is not there",
      "SELECT 1",
      { columns: [column("total", "text")] },
      /entries has no column 'total', .*It has account, sequence, amount/,
    ],
    ["a table that is not there", "SELECT 1", { name: "nothing", table: "nothing" }, /has no table nothing/],
  ])("%s stands still with what to do, and says where", async (_, statement, more, why) => {
    await database.query(TABLE);
    await start(changesOf(more));
    if (!/has no|is integer/.test(why.source)) await reads();
    await database.query(statement);
    await standsStill(why);
  });

  test("a function that throws is told of with its row; the same change comes again until it does not", async () => {
    await database.query(TABLE);
    let fails = true;
    await start(
      changesOf({}, (row) => {
        if (fails) throw new Error("not yet");
        return entryOf(row);
      }),
    );
    await reads();
    await database.query("INSERT INTO entries VALUES ('DE000001', 1, 5)");
    await standsStill(/threw at the insert of entries with the key \["DE000001","1"\]: .*not yet/);
    fails = false;
    expect(await accepted(1)).toEqual(["DE000001 1 5"]);
  });

  test("a table without a key is refused before its updates would be", async () => {
    await database.query("CREATE TABLE entries (account text, sequence int, amount int)");
    await database.query("INSERT INTO entries VALUES ('DE000001', 1, 5)");
    await start(changesOf());
    await standsStill(/has nothing to tell its rows by.*\n.*has no primary key, by which a snapshot goes/);
    await database.query("UPDATE entries SET amount = 6");
    await stop();
    await database.query("ALTER TABLE entries REPLICA IDENTITY FULL");
    await start(changesOf({ snapshot: false }));
    await reads();
    await database.query("UPDATE entries SET amount = 7");
    expect(await accepted(1)).toEqual(["DE000001 1 7"]);
  });

  test("a lost slot is told of, and the rows are told again; so is a truncation", async () => {
    await database.query(TABLE);
    await database.query("INSERT INTO entries VALUES ('DE000001', 1, 5)");
    await start(changesOf());
    expect(await accepted(1)).toEqual(["DE000001 1 5"]);
    await stop();
    await dropSlots();
    await database.query("UPDATE entries SET amount = 6");
    await start(changesOf());
    expect(await accepted(1)).toEqual(["DE000001 1 6"]);
    expect(problems.join()).toMatch(/slot 'fivefold_post_ledger_entry_\d+' .* was dropped/);
    await database.query("TRUNCATE entries");
    await expect.poll(() => problems.join(), WITHIN).toMatch(/entries was truncated/);
  });

  test("what a publication that was changed or dropped did not tell is read from the table, and told of", async () => {
    await database.query(TABLE);
    await database.query(
      "CREATE TABLE others (account text, sequence int, amount int, PRIMARY KEY (account, sequence))",
    );
    await start(changesOf());
    await reads();
    await database.query("ALTER PUBLICATION fivefold_post_ledger_entry ADD TABLE others");
    await database.query("INSERT INTO others VALUES ('DE000009', 9, 9)");
    await database.query("INSERT INTO entries VALUES ('DE000001', 1, 5)");
    // None of another table's.
    expect(await accepted(1)).toEqual(["DE000001 1 5"]);
    await database.query("DROP PUBLICATION fivefold_post_ledger_entry");
    await database.query("UPDATE entries SET amount = 6");
    await expect.poll(() => problems.join(), WITHIN).toMatch(/publication 'fivefold_post_ledger_entry' .*was changed/);
    expect(await accepted(1)).toEqual(["DE000001 1 6"]);
    await database.query("UPDATE entries SET amount = 7");
    expect(await accepted(1)).toEqual(["DE000001 1 7"]);
    // A table of the same name that takes its place is in no publication.
    await database.query(`DROP TABLE entries; ${TABLE}; INSERT INTO entries VALUES ('DE000001', 2, 8)`);
    expect(await accepted(1)).toEqual(["DE000001 2 8"]);
  });

  test("what is not known of a row that is gone is absent; a table that is renamed is still read", async () => {
    await database.query(
      "CREATE TABLE entries (account text, sequence int, amount int, PRIMARY KEY (account, sequence))",
    );
    const told: string[] = [];
    const columns = [...COLUMNS.slice(0, 2), column("amount", "number", { nullable: true })];
    const changes = changesOf({ columns });
    await start({
      ...changes,
      makeEvent(given) {
        const { kind, before } = given as { kind: string; before: object | undefined };
        told.push(`${kind} ${JSON.stringify(before)}`);
      },
    });
    await reads();
    await database.query("INSERT INTO entries VALUES ('DE000001', 1, 5)");
    await database.query("ALTER TABLE entries RENAME TO ledger");
    await database.query("UPDATE ledger SET sequence = 2");
    await database.query("DELETE FROM ledger");
    await expect
      .poll(() => told, WITHIN)
      .toEqual([
        "insert undefined",
        'update {"account":"DE000001","sequence":1}',
        'delete {"account":"DE000001","sequence":2}',
      ]);
  });

  test("a column that the log does not tell is refused beforehand; a domain of a domain is what it is of", async () => {
    await database.query("CREATE DOMAIN cents AS int; CREATE DOMAIN amounts AS cents CHECK (value > 0)");
    await database.query(
      `CREATE TABLE entries (account text, sequence int, amount amounts NOT NULL, list amounts[] NOT NULL,
         twice int NOT NULL GENERATED ALWAYS AS (amount * 2) STORED, PRIMARY KEY (account, sequence))`,
    );
    const columns = [...COLUMNS, column("list", "number", { list: true }), column("twice", "number")];
    const found = await findSourceMismatches(changesOf({ columns }), { name: "ledger", url });
    expect(found.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      "error The column 'twice' of entries is generated, which the log does not tell: 'post-ledger-entry' makes it itself, of what it is generated from.",
    ]);
  });

  test("what differs is found beforehand", async () => {
    await database.query(
      "CREATE TABLE entries (account text, sequence bigint, amount int, PRIMARY KEY (account, sequence))",
    );
    const found = await findSourceMismatches(changesOf(), { name: "ledger", url });
    expect(found.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      "warning The column 'sequence' of entries is bigint, of which a number has not every value: read it as `bigint`.",
      "warning The column 'amount' of entries may be NULL, and 'post-ledger-entry' has no place for that: declare it as `amount: … | null`.",
    ]);
  });
});

test("of each key what was committed is told in order, and comes to the table, while it is written and the capture killed", async () => {
  const { did, faults } = await runChanges({ seed: 5, rows: 30_000, changes: 2_000, kills: 3 });
  expect(faults).toEqual([]);
  expect(did.told).toBeGreaterThan(30_000);
});
