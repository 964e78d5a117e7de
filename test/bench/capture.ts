import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { LogicalReplicationService, PgoutputPlugin } from "pg-logical-replication";
import { postLedgerEntry } from "../../generated/post-ledger-entry/client.ts";
import { settings } from "../../generated/post-ledger-entry/settings.ts";
import { openEmbedded } from "../../runtime/adapters/embedded/embedded-ports.ts";
import type { Column } from "../../runtime/capture/column-values.ts";
import { startCapture } from "../../runtime/capture.ts";
import type { Changes } from "../../runtime/changes.ts";
import type { TaskClient } from "../../runtime/client.ts";
import { connectTo } from "../../runtime/connection.ts";
import { startPostgres } from "../parts/postgres.ts";
import { printFigure, rateOf } from "./figure.ts";

/*
 * Rows a second that a capture makes events of, stored on the disk, beside a loop that only parses the same changes with the
 * same library and counts them. Both read what was committed before, so that nobody waits for who writes.
 *
 *   node test/bench/capture.ts [--rows 100000] [--rounds 3]
 *
 * The sides take turns. `ofLoop` is the capture's rate by that of the loop before it; the median of the rounds is told.
 */

const { values } = parseArgs({
  options: { rows: { type: "string", default: "100000" }, rounds: { type: "string", default: "3" } },
});
const ROWS = Number(values.rows);
const ROUNDS = Number(values.rounds);
const PUBLICATION = "loop";

interface LedgerRow {
  readonly account: string;
  readonly sequence: number;
  readonly amount: number;
  readonly posted_at: Date;
  readonly note: string;
}

const column = (name: string, type: Column["type"]): Column => {
  return { name, type, list: false, nullable: false, optional: false };
};

function changes(snapshot: boolean): Changes {
  const columns = [
    ...[column("account", "text"), column("sequence", "number"), column("amount", "number")],
    ...[column("posted_at", "date"), column("note", "text")],
  ];
  const name = "entries";
  return {
    source: "ledger",
    table: { useCase: "post-ledger-entry", schema: "public", name, table: name, snapshot, columns },
    client: postLedgerEntry as unknown as TaskClient<unknown>,
    makeEvent(change) {
      const { account, sequence, amount, posted_at, note } = (change as { row: LedgerRow }).row;
      return { account, sequence, amountCents: amount, postedAt: posted_at, labels: { note } };
    },
  };
}

const server = await startPostgres({ settings: { max_wal_size: "4GB" } });
const database = new pg.Pool({ connectionString: server.connectionString });
// The server is stopped before its clients are.
database.on("error", () => {});
const folder = await mkdtemp(join(tmpdir(), "fivefold-bench-capture-"));
let written = 0;

async function write(): Promise<void> {
  await database.query(
    `INSERT INTO entries SELECT 'DE' || lpad((i % 1000)::text, 6, '0'), i, i % 700, now(), 'a note of some length, number ' || i
     FROM generate_series($1::int, $2::int) i`,
    [written + 1, written + ROWS],
  );
  written += ROWS;
}

interface Rate {
  readonly tasksPerSecond: number;
  readonly cpuMicrosPerTask: number;
}

/** From the call of `begin` until `count` says that all rows were read. */
async function measure(begin: () => unknown, count: () => number): Promise<Rate> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await begin();
  while (count() < ROWS) await sleep(5);
  const { user, system } = process.cpuUsage(cpu);
  return rateOf(ROWS, performance.now() - startedAt, user + system);
}

async function runLoop(): Promise<Rate> {
  const service = new LogicalReplicationService(
    { connectionString: server.connectionString },
    { acknowledge: { auto: false, timeoutSeconds: 0 } },
  );
  let count = 0;
  let end = "";
  service.on("data", (_lsn, message: { tag: string; commitEndLsn?: string }) => {
    if (message.tag === "insert") count++;
    else if (message.tag === "commit") end = message.commitEndLsn ?? "";
  });
  service.on("error", () => {});
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [PUBLICATION] });
  const rate = await measure(
    () => void service.subscribe(plugin, PUBLICATION).catch(() => {}),
    () => count,
  );
  await service.acknowledge(end);
  await sleep(200);
  await service.stop();
  return rate;
}

async function runCapture(isSnapshot: boolean): Promise<Rate> {
  const connection = connectTo(await openEmbedded(join(folder, `${written}-${isSnapshot}`)));
  const source = { name: "ledger", url: server.connectionString };
  const options = {
    connection,
    useCases: [settings],
    outboxes: [],
    changes: [{ changes: changes(isSnapshot), source }],
  };
  let capture: Awaited<ReturnType<typeof startCapture>> | undefined;
  const rate = await measure(
    async () => {
      capture = await startCapture(options);
    },
    () => capture?.parts[0]?.count ?? 0,
  );
  await sleep(200);
  await capture?.stop();
  await connection.close();
  return rate;
}

const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;

try {
  await database.query(
    "CREATE TABLE entries (account text, sequence int, amount int, posted_at timestamptz, note text, PRIMARY KEY (account, sequence))",
  );
  await database.query(`CREATE PUBLICATION ${PUBLICATION} FOR TABLE entries`);
  await database.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [PUBLICATION]);
  await write();
  await runLoop();
  // The capture's slot begins here.
  const snapshot = await runCapture(true);
  const loops: Rate[] = [];
  const captures: Rate[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await write();
    loops.push(await runLoop());
    captures.push(await runCapture(true));
  }
  const ofLoop = captures.map((rate, i) => rate.tasksPerSecond / loops[i]!.tasksPerSecond);
  const figures = { loop: loops, capture: captures, snapshot: [snapshot] };
  for (const [what, rates] of Object.entries(figures)) {
    printFigure({
      benchmark: "capture",
      what,
      rows: ROWS,
      rowsPerSecond: median(rates.map(({ tasksPerSecond }) => tasksPerSecond)),
      cpuMicrosPerRow: median(rates.map(({ cpuMicrosPerTask }) => cpuMicrosPerTask)),
      ...(what === "capture" && { ofLoop: Math.round(median(ofLoop) * 100) / 100 }),
    });
  }
} finally {
  await database.end();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
