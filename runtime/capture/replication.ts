import pg from "pg";
import { type Pgoutput, PgoutputPlugin } from "pg-logical-replication";
import { postgresError } from "../adapters/postgres/postgres-errors.ts";
import type { Cancel, Clock } from "../contract/clock.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { ChangeSource, Columns, Relation, SourceEvent } from "./change-source.ts";
import { type Lsn, parseLsn } from "./position.ts";
import type { Read } from "./source-table.ts";

/*
 * PostgreSQL's logical replication: the one place that speaks its protocol. The library parses; what is confirmed and
 * when is decided here, since its own service confirms what it has received, not what was handled.
 */

const XLOG_DATA = 0x77;
const KEEPALIVE = 0x6b;
const XLOG_DATA_HEAD = 25;
/** Beyond this, the socket is not read: PostgreSQL then waits. */
const MOST_WAITING = 4_096;
const MOST_WAITING_BYTES = 8 * 1_048_576;
/** PostgreSQL hangs up on who says nothing for `wal_sender_timeout`, a minute by default. */
const TELL_EVERY_MS = 5_000;
/** PostgreSQL counts from 2000 on. */
const EPOCH_MS = 946_684_800_000;

/** What pg's client has and its types lack. */
interface CopyConnection {
  readonly stream: { pause(): void; resume(): void };
  on(event: "copyData", listener: (message: { chunk: Buffer }) => void): void;
  sendCopyFromChunk(chunk: Buffer): void;
}

export interface ReplicationOptions {
  readonly url: string;
  /** For messages; never the password. */
  readonly place: string;
  readonly clock: Clock;
}

export interface Replication {
  /** Takes a name that one connection at a time has, until this one is closed. */
  hold(name: string): Promise<boolean>;
  /**
   * Makes the slot, and calls `read` with what reads tables as they are where the slot begins: what that shows was
   * committed before all that the slot tells.
   */
  createSlot(slot: string, read?: (query: (text: string) => Promise<Columns[]>) => Promise<void>): Promise<void>;
  /** Tells what was committed since the slot's last confirmation. */
  stream(slot: string, publication: string): ChangeSource;
  close(): Promise<void>;
}

export interface Reader {
  readonly read: Read;
  close(): Promise<void>;
}

const FORMATS = [
  ...["datestyle=ISO", "intervalstyle=postgres", "timezone=UTC", "extra_float_digits=1", "bytea_output=hex"],
  ...["lc_monetary=C", "statement_timeout=0", "idle_in_transaction_session_timeout=0"],
]
  .map((setting) => `-c ${setting}`)
  .join(" ");

async function openClient({ url, place }: Omit<ReplicationOptions, "clock">, replicates: boolean): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "fivefold capture",
    keepAlive: true,
    connectionTimeoutMillis: 30_000,
    // Text as it is: what a column's text means is decided by who reads it.
    types: { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig,
    // Whatever the database's and the role's own settings are.
    options: FORMATS,
    ...(replicates && { replication: "database" }),
  } as pg.ClientConfig);
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    throw postgresError(error, place);
  }
  return client;
}

/** Opens a connection that reads tables. Throws a FivefoldError. */
export async function openReader(options: Omit<ReplicationOptions, "clock">): Promise<Reader> {
  const client = await openClient(options, false);
  return {
    async read(text, values = []) {
      try {
        return (await client.query(text, [...values])).rows;
      } catch (error) {
        throw postgresError(error, options.place);
      }
    },
    close: () => client.end().catch(() => {}),
  };
}

/** Opens a connection that replicates. Throws a FivefoldError. */
export async function openReplication({ url, place, clock }: ReplicationOptions): Promise<Replication> {
  const client = await openClient({ url, place }, true);
  let closing: Promise<void> | undefined;

  async function query(text: string): Promise<Columns[]> {
    try {
      return (await client.query(text)).rows;
    } catch (error) {
      throw postgresError(error, place);
    }
  }

  function close(): Promise<void> {
    closing ??= client.end().catch(() => {});
    return closing;
  }

  return {
    async hold(name) {
      const [row] = await query(`SELECT pg_try_advisory_lock(hashtextextended('${name}', 0)) AS held`);
      return row?.held === "t";
    },
    async createSlot(slot, read) {
      await query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      await query(`CREATE_REPLICATION_SLOT "${slot}" LOGICAL pgoutput ${read ? "USE_SNAPSHOT" : "NOEXPORT_SNAPSHOT"}`);
      await read?.(query);
      await query("COMMIT");
    },
    stream: (slot, publication) => openStream(client, slot, publication, { place, clock, close }),
    close,
  };
}

interface StreamOptions {
  readonly place: string;
  readonly clock: Clock;
  close(): Promise<void>;
}

function openStream(client: pg.Client, slot: string, publication: string, options: StreamOptions): ChangeSource {
  const { connection } = client as unknown as { connection: CopyConnection };
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication], messages: true });
  const read = createReader(plugin);
  let waiting: SourceEvent[] = [];
  let waitingBytes = 0;
  let isPaused = false;
  let confirmed: Lsn = 0n;
  let ended: Error | undefined;
  let wake: () => void = () => {};
  let cancel: Cancel = () => {};

  function end(error: unknown): void {
    ended ??= postgresError(error, options.place);
    cancel();
    wake();
  }

  function tell(): void {
    if (ended === undefined) connection.sendCopyFromChunk(statusUpdate(confirmed, options.clock.now()));
  }

  function tellLater(): void {
    cancel = options.clock.after(TELL_EVERY_MS, () => {
      tell();
      if (ended === undefined) tellLater();
    });
  }

  connection.on("copyData", ({ chunk }) => {
    try {
      if (chunk[0] === XLOG_DATA) {
        const event = read(chunk);
        if (event === undefined) return;
        waiting.push(event);
        waitingBytes += chunk.length;
        if (waiting.length >= MOST_WAITING || waitingBytes >= MOST_WAITING_BYTES) {
          isPaused = true;
          connection.stream.pause();
        }
      } else if (chunk[0] === KEEPALIVE) {
        waiting.push({ kind: "idle", lsn: chunk.readBigUInt64BE(1) });
        if (chunk[17] === 1) tell();
      }
      wake();
    } catch (error) {
      // What can't be parsed must not end the process; the same would come again.
      end(new FivefoldError("storage-failed", `${options.place} sent what can't be read: ${error}`, { cause: error }));
    }
  });
  client.once("end", () => end(new Error("Connection terminated")));
  plugin.start(client, slot, "0/0").then(
    () => end(new Error("Connection terminated")),
    (error) => end(error),
  );
  tellLater();

  return {
    async next() {
      while (waiting.length === 0) {
        if (ended) throw ended;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const events = waiting;
      waiting = [];
      waitingBytes = 0;
      if (isPaused) {
        isPaused = false;
        connection.stream.resume();
      }
      return events;
    },
    confirm(lsn) {
      if (lsn <= confirmed) return;
      confirmed = lsn;
      tell();
    },
    async close() {
      end(new FivefoldError("closed", "The capture was closed."));
      // One that is paused would not see its own end.
      connection.stream.resume();
      await options.close();
    },
  };
}

/** Standby status update: what was written, flushed and applied here, and the time. */
function statusUpdate(lsn: Lsn, nowMs: number): Buffer {
  const update = Buffer.alloc(34);
  update[0] = 0x72;
  for (const at of [1, 9, 17]) update.writeBigUInt64BE(lsn, at);
  update.writeBigInt64BE(BigInt(Math.floor(nowMs - EPOCH_MS)) * 1_000n, 25);
  return update;
}

/** Reads one message of the log; `undefined` where it tells nothing of a row. */
function createReader(plugin: PgoutputPlugin): (chunk: Buffer) => SourceEvent | undefined {
  const relations = new WeakMap<Pgoutput.MessageRelation, Relation>();

  function relationOf(found: Pgoutput.MessageRelation): Relation {
    let relation = relations.get(found);
    if (relation === undefined) {
      const { schema, name, replicaIdentity, columns, relationOid } = found;
      const own = columns.map(({ name, flags, typeOid }) => ({ name, isKey: (flags & 1) === 1, typeOid }));
      relation = { oid: String(relationOid >>> 0), schema, name, replicaIdentity, columns: own };
      relations.set(found, relation);
    }
    return relation;
  }

  /** A key's tuple has null for what is not of the key, and so is not known. */
  function keyOf(key: Columns | null, { columns }: Relation): Columns | undefined {
    if (key === null) return undefined;
    return Object.fromEntries(columns.filter(({ isKey }) => isKey).map(({ name }) => [name, key[name]]));
  }

  return (chunk) => {
    const message = plugin.parse(chunk.subarray(XLOG_DATA_HEAD));
    switch (message.tag) {
      case "relation":
        for (const column of message.columns) column.parser = (text: string) => text;
        return undefined;
      case "begin":
        return {
          kind: "begin",
          lsn: parseLsn(message.commitLsn ?? "0/0"),
          xid: message.xid >>> 0,
          committedAt: Number((message.commitTime as bigint) / 1_000n),
        };
      case "commit":
        return { kind: "commit", lsn: parseLsn(message.commitEndLsn ?? "0/0") };
      case "insert":
      case "update":
      case "delete": {
        const { tag: kind } = message;
        const relation = relationOf(message.relation);
        const before = kind === "insert" ? undefined : (message.old ?? keyOf(message.key, relation));
        const after = kind === "delete" ? undefined : message.new;
        return { kind, relation, lsn: chunk.readBigUInt64BE(1), before, after };
      }
      case "truncate":
        return { kind: "truncate", relations: message.relations.map(relationOf) };
      case "message":
        return { kind: "mark", prefix: message.prefix, content: Buffer.from(message.content).toString() };
      default:
        return undefined;
    }
  };
}
