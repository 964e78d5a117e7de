import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";

/*
 * How processes that can't see each other by pid, because they run in different containers, can tell that the other one
 * runs: each listens on a socket in the data folder. The kernel ends it with its process; a process that is stopped
 * listens on. Sockets of a folder are found from any pid, mount and network namespace that has the folder.
 */

/** The longest path that a socket's address holds, on every system. */
const LONGEST_PATH = 100;
/** What listening fails with where a file system can't hold sockets. */
const NO_SOCKETS: ReadonlySet<unknown> = new Set(["ENOTSUP", "EOPNOTSUPP", "EPERM", "EINVAL", "ENOSYS"]);

/** Shows that this process runs, until the returned function is called. */
export async function showPresence(folder: string, name: string): Promise<() => void> {
  await mkdir(folder, { recursive: true });
  const server = createServer((socket) => socket.destroy());
  // What is wrong with one who asks is no concern of this process.
  server.on("error", () => {});
  const place = shortPath(folder, name);
  try {
    await listen(server, place.path);
  } catch (error) {
    if (NO_SOCKETS.has(codeOf(error))) return () => {};
    throw error;
  } finally {
    place.close();
  }
  server.unref();
  return () => {
    server.close();
    rmSync(join(folder, name), { force: true });
  };
}

/** Those who showed themselves in a folder, alive or not. */
export function shownPresences(folder: string): string[] {
  return readdirSync(folder);
}

export function forgetPresence(folder: string, name: string): void {
  rmSync(join(folder, name), { force: true });
}

/** Whether who showed itself still runs; `unknown` where this can't be asked. */
export function askPresence(folder: string, name: string): Promise<"alive" | "ended" | "unknown"> {
  return new Promise((resolve) => {
    const place = shortPath(folder, name);
    const socket = connect(place.path);
    const end = (answer: "alive" | "ended" | "unknown") => {
      socket.destroy();
      place.close();
      resolve(answer);
    };
    socket.once("connect", () => end("alive"));
    socket.once("error", (error) => {
      const code = codeOf(error);
      // EAGAIN: nobody has taken in those who asked before; a process that is stopped does not.
      if (code === "EAGAIN") end("alive");
      else end(code === "ECONNREFUSED" || code === "ENOENT" ? "ended" : "unknown");
    });
  });
}

/** Not shared among a cluster's workers: the primary process would listen for them, and outlive them. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** A path to a socket that fits an address, however deep the folder lies. */
function shortPath(folder: string, name: string): { path: string; close(): void } {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= LONGEST_PATH) return { path, close() {} };
  const descriptor = openSync(folder, "r");
  return { path: `/proc/self/fd/${descriptor}/${name}`, close: () => closeSync(descriptor) };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
