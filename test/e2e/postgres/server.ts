import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { freePorts } from "../../parts/free-ports.ts";
import { type Program, startProgram } from "../../parts/program.ts";

/** A PostgreSQL server of this test's own, that may be killed and started again on the same data. */
export interface PostgresServer {
  /** Of the superuser, who needs no password. */
  readonly url: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it on its data again; resolves once it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Where Debian's packages put the programs. */
const DEBIAN = "/usr/lib/postgresql";
const READY_WITHIN_MS = 60_000;

/** The newest version's. */
function programs(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  for (const folder of versions.map((version) => join(DEBIAN, version, "bin"))) {
    if (existsSync(join(folder, "initdb"))) return folder;
  }
  throw new Error(`No PostgreSQL server below ${DEBIAN}: install Debian's package postgresql.`);
}

/** PostgreSQL refuses to run as root: there it runs as the user that its package made. */
function asItsUser(command: string, args: readonly string[]): { command: string; args: string[] } {
  if (process.getuid?.() !== 0) return { command, args: [...args] };
  return { command: "setpriv", args: ["--reuid=postgres", "--regid=postgres", "--init-groups", command, ...args] };
}

/** `undefined` once it takes connections, else why it does not. */
async function ready(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    await client.end().catch(() => {});
  }
}

export async function startPostgres(): Promise<PostgresServer> {
  const bin = programs();
  const folder = mkdtempSync(join(tmpdir(), "fivefold-postgres-"));
  if (process.getuid?.() === 0) chownSync(folder, Number(execFileSync("id", ["-u", "postgres"])), -1);
  const data = join(folder, "data");
  const initdb = asItsUser(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]);
  execFileSync(initdb.command, initdb.args, { cwd: folder, stdio: "pipe" });
  const [port] = await freePorts(1);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;

  function start(): Promise<Program> {
    return startProgram({
      name: "PostgreSQL",
      ...asItsUser(join(bin, "postgres"), ["-D", data, "-p", `${port}`, "-k", folder, "-h", "127.0.0.1"]),
      cwd: folder,
      log: join(folder, "log"),
      ready: () => ready(url),
      readyWithinMs: READY_WITHIN_MS,
    });
  }

  let program = await start();
  return {
    url,
    kill: () => program.kill(),
    async restart() {
      // A new one can't have the data until the last process of the killed one has seen its parent's end, and ended.
      for (const endsAt = Date.now() + READY_WITHIN_MS; ; await sleep(50)) {
        try {
          program = await start();
          return;
        } catch (error) {
          if (Date.now() > endsAt) throw error;
        }
      }
    },
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
