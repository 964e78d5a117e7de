import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import { startPostgres } from "../../parts/postgres.ts";
import { drawFrom } from "../../store-model/world.ts";
import type { Report } from "../scenario.ts";
import { type CaptureProcess, startCaptureProcess } from "./capture-process.ts";
import { createItemChecker } from "./check-items.ts";
import type { RowChanged } from "./usecases/row-changed.ts";
import { type History, type Item, preload, TABLE, writeItems } from "./write-items.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const WRITERS = 4;
const TOPIC = "row-changed";

export interface ChangesOptions {
  readonly seed: number;
  /** Rows that are there before. */
  readonly rows: number;
  readonly changes: number;
  readonly kills: number;
}

/** A table's snapshot and changes, while it is written and the capture is killed; checked by `createItemChecker`. */
export async function runChanges({ seed, rows, changes, kills }: ChangesOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-changes-"));
  const project = await createProject(join(folder, "project"));
  const server = await startPostgres();
  const data = join(folder, "data");
  const url = server.connectionString;
  const draw = drawFrom(seed);
  const start = () => startCaptureProcess({ root: project, data, args: ["--source", `shop=${url}`] });
  const pool = new pg.Pool({ connectionString: url, max: WRITERS + 2 });
  // The server is stopped before its clients are.
  pool.on("error", () => {});
  let capture: CaptureProcess | undefined;
  const faults: string[] = [];
  try {
    await pool.query(TABLE);
    await pool.query(preload(rows, WRITERS));
    const startedAt = performance.now();
    capture = start();
    await capture.ready;
    await untilSlot(pool);
    const history: History = new Map();
    let isWriting = true;
    const writing = Promise.all(
      Array.from({ length: WRITERS }, (_, owner) =>
        writeItems(pool, owner, { draw, changes: changes / WRITERS, rows, writers: WRITERS, history }),
      ),
    ).finally(() => {
      isWriting = false;
    });
    const progress = await killAtTimes(
      pool,
      kills,
      draw,
      () => isWriting,
      async () => {
        await capture!.kill();
        capture = start();
        await capture.ready;
      },
    );
    await writing;
    await caughtUp(pool, capture);
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const printed = capture.text();
    await capture.kill();
    const checker = createItemChecker(history, kills > 0);
    await readAll(data, project, checker);
    const { rows: items } = await pool.query("SELECT * FROM goods.items");
    const table = new Map<string, Item>(
      items.map(({ owner, name, version, amount, note, tags, body }) => {
        return [`${owner}/${name}`, { version: Number(version), amount, note, tags, body }];
      }),
    );
    faults.push(...checker.faults(table).map((fault) => `seed ${seed}: ${fault}`));
    if (faults.length > 0) faults.push(`seed ${seed}: the capture said ${printed.slice(-1_000)}`);
    const ops = [...history.values()].reduce((sum, { length }) => sum + length, 0);
    return { did: { rows, changes: ops, kills, killsInSnapshot: progress, seconds, ...checker.did }, faults };
  } finally {
    await capture?.kill().catch(() => {});
    await pool.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function createProject(root: string): Promise<string> {
  await mkdir(join(root, "node_modules", "@types"), { recursive: true });
  await symlink(join(ROOT, "node_modules", "@types", "node"), join(root, "node_modules", "@types", "node"));
  await symlink(ROOT, join(root, "node_modules", "fivefold"));
  await writeFile(join(root, "package.json"), '{ "type": "module" }');
  await cp(join(import.meta.dirname, "usecases"), join(root, "usecases"), { recursive: true });
  const built = spawnSync(process.execPath, ["--no-warnings", join(ROOT, "cli/main.js"), "build", "--root", root]);
  if (built.status !== 0) throw new Error(`The project can't be built: ${built.stdout}${built.stderr}`);
  return root;
}

async function untilSlot(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query(
      "SELECT 1 FROM pg_replication_slots WHERE slot_name LIKE 'fivefold_%' AND active",
    );
    if (rows.length > 0) return;
    await sleep(systemClock, 20);
  }
}

async function stateOf(pool: pg.Pool): Promise<{ done?: boolean; after?: string[] }> {
  const { rows } = await pool.query("SELECT tables FROM fivefold.capture");
  return rows[0] ? JSON.parse(rows[0].tables) : {};
}

/** Kills as often as asked, while the snapshot goes on or rows are written; answers how many fell into the snapshot. */
async function killAtTimes(
  pool: pg.Pool,
  kills: number,
  draw: (n: number) => number,
  isWriting: () => boolean,
  kill: () => Promise<void>,
): Promise<number> {
  let inSnapshot = 0;
  for (let killed = 0; killed < kills; killed++) {
    await sleep(systemClock, 100 + draw(700));
    if ((await stateOf(pool)).done !== true) inSnapshot++;
    else if (!isWriting()) await sleep(systemClock, 50);
    await kill();
  }
  return inSnapshot;
}

const QUIET_WITHIN_MS = 600_000;

/** Resolves once the snapshot is done, and all that was committed until now is confirmed. */
async function caughtUp(pool: pg.Pool, capture: CaptureProcess): Promise<void> {
  const { rows } = await pool.query("SELECT pg_current_wal_lsn() AS lsn");
  const endsAt = performance.now() + QUIET_WITHIN_MS;
  for (;;) {
    const state = await stateOf(pool);
    const found = await pool.query(
      "SELECT confirmed_flush_lsn >= $1::pg_lsn AS done FROM pg_replication_slots WHERE slot_name LIKE 'fivefold_%'",
      [rows[0].lsn],
    );
    if (state.done && found.rows[0]?.done) return;
    if (performance.now() > endsAt)
      throw new Error(`The capture does not get on: ${JSON.stringify(state)} ${capture.text()}`);
    await sleep(systemClock, 100);
  }
}

/** Tells the checker all that was accepted, in its order. */
async function readAll(data: string, project: string, checker: ReturnType<typeof createItemChecker>): Promise<void> {
  const { decode } = await import(pathToFileURL(join(project, "generated", TOPIC, "codec.ts")).href);
  const transport = await openEmbeddedTransport({ folder: join(data, "topics"), clock: systemClock });
  try {
    const consumer = await transport.subscribe(TOPIC, "default", "key-shared");
    while ((await transport.backlog(TOPIC, "default")) > 0) {
      const messages = await consumer.receive(5_000);
      for (const { id, payload } of messages) checker.told(id, decode(payload) as RowChanged);
      await consumer.acknowledge(messages);
    }
    await consumer.close();
  } finally {
    await transport.close();
  }
}
