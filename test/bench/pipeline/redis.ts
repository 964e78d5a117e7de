import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

export interface RedisServer {
  readonly port: number;
  /** User and system time since its start, in microseconds. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

/** Whether there is a Redis server to start on this machine. */
export function hasRedis(): boolean {
  return spawnSync("redis-server", ["--version"]).status === 0;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port to be had");
  return address.port;
}

/** Linux counts a process's time in ticks of 10 ms, in fields 14 and 15 of its stat file. */
function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Starts a Redis server that appends to a file, synced every second or for every write. */
export async function startRedis(appendfsync: "everysec" | "always"): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-bench-redis-"));
  const port = await freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"];
  const server = spawn("redis-server", [...args, "--appendfsync", appendfsync], { stdio: "ignore" });
  const exited = once(server, "exit");
  const client = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: null });
  // It tries until the server is there.
  client.on("error", () => {});
  await client.ping();
  client.disconnect();
  return {
    port,
    cpuMicros: () => cpuMicrosOf(server.pid!),
    async stop() {
      server.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}
