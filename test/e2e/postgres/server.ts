import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** A PostgreSQL server of this test's own, that may be killed and started again on the same data. */
export interface PostgresServer {
  /** Of the superuser. */
  readonly url: string;
  /** Ends it as a power loss would. */
  kill(): Promise<void>;
  /** Starts it on its data again; resolves once it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Where Debian's packages put the programs, newest first. */
const DEBIAN = "/usr/lib/postgresql";

function programs(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  for (const folder of versions.map((version) => join(DEBIAN, version, "bin"))) {
    if (existsSync(join(folder, "initdb"))) return folder;
  }
  throw new Error(`No PostgreSQL server below ${DEBIAN}: install Debian's package postgresql.`);
}

/** PostgreSQL refuses to run as root: there it gets the user that its package made. */
function runAs(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

export async function startPostgres(): Promise<PostgresServer> {
  const bin = programs();
  const user = runAs();
  const folder = mkdtempSync(join(tmpdir(), "fivefold-postgres-"));
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], {
    ...user,
    cwd: folder,
    stdio: "pipe",
  });
  const log = join(folder, "log");
  const output = openSync(log, "a");
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ChildProcess;

  async function answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("SELECT 1");
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  }

  function launch(): ChildProcess {
    return spawn(join(bin, "postgres"), ["-D", data, "-p", `${port}`, "-k", folder, "-h", "127.0.0.1"], {
      ...user,
      cwd: folder,
      stdio: ["ignore", output, output],
    });
  }

  async function start(): Promise<void> {
    server = launch();
    for (const endsAt = Date.now() + 60_000; !(await answers()); await sleep(50)) {
      if (Date.now() > endsAt) throw new Error(`PostgreSQL doesn't start; its log is ${log}.`);
      // After a kill, a new one can't have the data until the last process of the old one has seen that and ended.
      if (server.exitCode !== null) server = launch();
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
  }

  await start();
  return {
    url,
    kill: () => end("SIGKILL"),
    restart: start,
    async stop() {
      await end("SIGINT");
      closeSync(output);
      rmSync(folder, { recursive: true });
    },
  };
}
