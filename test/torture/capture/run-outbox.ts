import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { postLedgerEntry } from "../../../generated/post-ledger-entry/client.ts";
import { decode as decodeEntry } from "../../../generated/post-ledger-entry/codec.ts";
import { sendReminder } from "../../../generated/send-reminder/client.ts";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import type { Message } from "../../../runtime/contract/contract.ts";
import { startPostgres } from "../../parts/postgres.ts";
import { drawFrom } from "../../store-model/world.ts";
import type { Report } from "../scenario.ts";
import { type CaptureProcess, startCaptureProcess } from "./capture-process.ts";

const ACCOUNTS = 20;
const CONNECTIONS = 6;
const QUIET_WITHIN_MS = 120_000;
const SOURCE = "shop";

export interface OutboxOptions {
  readonly seed: number;
  readonly transactions: number;
  readonly kills: number;
}

/**
 * Transactions of several connections, each a row change and its events in one, a third of them rolled back, while the
 * relay is killed. What was accepted is compared with what was committed. The order of commits of an account is that of its
 * sequence, since a transaction holds the account's row until it ends.
 */
export async function runOutbox({ seed, transactions, kills }: OutboxOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-outbox-"));
  const server = await startPostgres();
  const data = join(folder, "data");
  const url = server.connectionString;
  const start = () => startCaptureProcess({ data, args: ["--source", `${SOURCE}=${url}`, "--outbox", SOURCE] });
  const draw = drawFrom(seed);
  const faults: string[] = [];
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  // The server is stopped before its clients are.
  pool.on("error", () => {});
  let relay: CaptureProcess = start();
  try {
    await relay.ready;
    await untilOutbox(pool);
    await pool.query("CREATE TABLE accounts (name text PRIMARY KEY, sequence int NOT NULL DEFAULT 0)");
    await pool.query("INSERT INTO accounts SELECT 'DE' || lpad(i::text, 6, '0') FROM generate_series(1, $1) i", [
      ACCOUNTS,
    ]);
    /** Task ids of what was committed: of entries with their account and sequence, of reminders without. */
    const committed = new Map<string, string>();
    let done = 0;

    async function transact(i: number): Promise<void> {
      const client = await pool.connect();
      const fate = draw(3) === 0 ? "ROLLBACK" : "COMMIT";
      const account = `DE${String(1 + draw(ACCOUNTS)).padStart(6, "0")}`;
      const entries = 1 + draw(3);
      const own = new Map<string, string>();
      try {
        await client.query("BEGIN");
        for (let n = 0; n < entries; n++) {
          const { rows } = await client.query(
            "UPDATE accounts SET sequence = sequence + 1 WHERE name = $1 RETURNING sequence",
            [account],
          );
          const sequence: number = rows[0].sequence;
          const entry = { account, sequence, amountCents: i, postedAt: new Date(0), labels: { fate } };
          own.set((await postLedgerEntry.enqueueIn(client, entry)).id, `${account} ${sequence}`);
        }
        const text = `after ${i}\u0000`;
        const reminder = { reminderId: `r${i}`, userId: "u", text, remindAt: new Date(0) };
        own.set((await sendReminder.enqueueIn(client, reminder)).id, "");
        // Now and then the server ends the connection in the midst of the transaction.
        await client.query(fate);
        if (fate === "COMMIT") for (const [id, what] of own) committed.set(id, what);
      } finally {
        client.release();
        done++;
      }
    }

    let next = 0;
    const producing = Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (next < transactions) await transact(next++);
      }),
    );
    for (let killed = 0; killed < kills; ) {
      await relay.ready;
      // Most kills fall into the midst of the work.
      const at = ((killed + 1) * transactions) / (kills + 2);
      while (done < at) await sleep(systemClock, 5);
      await sleep(systemClock, draw(200));
      await relay.kill();
      killed++;
      relay = start();
    }
    await producing;
    await relay.ready;
    const left = await drained(pool);
    if (left > 0) faults.push(`seed ${seed}: ${left} rows stay in the outbox: ${relay.text().slice(-1_000)}`);
    await relay.kill();

    const accepted = await readAll(data);
    const seen = new Set<string>();
    const last = new Map<string, number>();
    let repeats = 0;
    for (const { id, useCase, payload } of accepted) {
      if (!committed.has(id)) faults.push(`seed ${seed}: ${id} of ${useCase} was accepted, and never committed`);
      if (seen.has(id)) {
        repeats++;
        continue;
      }
      seen.add(id);
      if (useCase !== "post-ledger-entry") continue;
      const { account, sequence } = decodeEntry(payload);
      const before = last.get(account) ?? 0;
      if (sequence <= before) faults.push(`seed ${seed}: ${account} ${sequence} was accepted behind ${before}`);
      last.set(account, sequence);
    }
    for (const [id, what] of committed)
      if (!seen.has(id)) faults.push(`seed ${seed}: ${id} ${what} was committed, and is lost`);
    if (kills === 0 && repeats > 0) faults.push(`seed ${seed}: ${repeats} repeats though nobody was killed`);
    return { did: { transactions, committed: committed.size, accepted: seen.size, repeats, kills }, faults };
  } finally {
    await relay.kill().catch(() => {});
    await pool.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The relay makes the outbox. */
async function untilOutbox(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query("SELECT 1 FROM pg_replication_slots WHERE slot_name LIKE 'fivefold_outbox%'");
    if (rows.length > 0) return;
    await sleep(systemClock, 20);
  }
}

/** How many rows are left once none is, or after a while. */
async function drained(pool: pg.Pool): Promise<number> {
  const endsAt = performance.now() + QUIET_WITHIN_MS;
  for (;;) {
    const { rows } = await pool.query("SELECT count(*)::int AS count FROM fivefold.outbox");
    if (rows[0].count === 0 || performance.now() > endsAt) return rows[0].count;
    await sleep(systemClock, 50);
  }
}

/** All that was accepted, in its topics' order. */
async function readAll(folder: string): Promise<Message[]> {
  const transport = await openEmbeddedTransport({ folder: join(folder, "topics"), clock: systemClock });
  const all: Message[] = [];
  try {
    for (const topic of ["post-ledger-entry.high", "send-reminder.high"]) {
      const consumer = await transport.subscribe(topic, "default", "key-shared");
      while ((await transport.backlog(topic, "default")) > 0) {
        const messages = await consumer.receive(1_000);
        all.push(...messages.map((message) => ({ ...message, payload: message.payload.slice() })));
        await consumer.acknowledge(messages);
      }
      await consumer.close();
    }
    return all;
  } finally {
    await transport.close();
  }
}
