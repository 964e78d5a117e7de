import { Buffer } from "node:buffer";
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "../clock.ts";
import { FivefoldError } from "../errors.ts";
import { currentProcess, hasEnded } from "./process-identity.ts";

/*
 * lmdb 3.5 cannot be opened while another process commits: mdb_env_open2 copies the transaction number that it has read
 * from the file over the one that all processes share, without the writer lock. A commit in between is lost, and the
 * next ones damage the file. So whoever opens says so first and waits until nobody changes anything, and whoever
 * changes something says so first and waits until nobody opens. It costs a change three system calls of 1 µs.
 *
 * - `opening`: a log of lines "+token time" and "-token". Openers go one after another, in the order of their lines.
 * - `changing/<token>`: one byte for each process, 1 while it changes something.
 *
 * Nobody has to clean up for the dead: a token names its process.
 */

/** Opening takes milliseconds, a change not much more: who takes this long hangs. */
const OPEN_LIMIT_MS = 5_000;
const CHANGE_LIMIT_MS = 60_000;
/** A process of another pid namespace is taken for dead when it was not heard of for this long. */
const FOREIGN_LIMIT_MS = 60_000;
const WAIT_MS = 1;

const IDLE = Buffer.from([0]);
const BUSY = Buffer.from([1]);
const NEVER = new Int32Array(new SharedArrayBuffer(4));

export type OpenGate = ReturnType<typeof createOpenGate>;

/** Keeps opening and changing of a data folder's LMDB files apart, for all processes of one boot of the machine. */
export function createOpenGate(folder: string, clock: Clock) {
  const changing = join(folder, "changing");
  mkdirSync(changing, { recursive: true });
  const { pid, startTime, pidNamespace } = currentProcess();
  /** Transports of one process do not wait for each other: they share LMDB's environment, which only the first opens. */
  const ownProcess = `${[pid, startTime, pidNamespace.replace(/\D/g, "")].join(".")}.`;
  const token = `${ownProcess}${clock.randomId(10)}`;
  const log = openSync(join(folder, "opening"), "a+");
  const flag = openSync(join(changing, token), "w");
  /** Who is opening, in the order of their lines, with the time of it. */
  const openers = new Map<string, number>();
  let readTo = 0;
  let changes = 0;

  function readLog(): void {
    const { size } = fstatSync(log);
    if (size === readTo) return;
    const bytes = Buffer.alloc(size - readTo);
    readSync(log, bytes, 0, bytes.length, readTo);
    readTo = size;
    for (const line of bytes.toString("latin1").split("\n")) {
      const [name = "", time = "0"] = line.slice(1).split(" ");
      if (line.startsWith("+")) openers.set(name, Number(time));
      else if (line.startsWith("-")) openers.delete(name);
    }
  }

  /** The first other process that opens the folder now. */
  function currentOpener(): string | undefined {
    readLog();
    for (const [name, time] of openers) {
      if (name === token) return undefined;
      if (name.startsWith(ownProcess)) continue;
      if (!isGone(name, time)) return name;
      openers.delete(name);
    }
    return undefined;
  }

  /** A process that changes something now. */
  function currentChanger(): string | undefined {
    return readdirSync(changing).find((name) => {
      if (name.startsWith(ownProcess)) return false;
      const file = join(changing, name);
      const changedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
      if (changedAt === undefined) return false;
      if (!isGone(name, changedAt)) return readByte(file) === 1;
      rmSync(file, { force: true });
      return false;
    });
  }

  function isGone(name: string, time: number): boolean {
    const [pid = "", startTime = "", namespace = ""] = name.split(".");
    const isForeign = namespace !== token.split(".")[2];
    if (isForeign) return clock.now() - time > FOREIGN_LIMIT_MS;
    return hasEnded({ pid: Number(pid), startTime, pidNamespace });
  }

  function begin(): void {
    if (changes === 0) {
      let waitedMs = 0;
      for (;;) {
        writeSync(flag, BUSY, 0, 1, 0);
        const opener = currentOpener();
        if (!opener) break;
        writeSync(flag, IDLE, 0, 1, 0);
        if (waitedMs >= OPEN_LIMIT_MS) throw hangs(opener, "opening");
        Atomics.wait(NEVER, 0, 0, WAIT_MS);
        waitedMs += WAIT_MS;
      }
    }
    changes += 1;
  }

  function end(): void {
    changes -= 1;
    if (changes === 0) writeSync(flag, IDLE, 0, 1, 0);
  }

  function hangs(name: string, doing: string): FivefoldError {
    return new FivefoldError(
      "storage-failed",
      `Process ${name.split(".")[0]} has been ${doing} the data folder ${folder} for seconds, and others must wait for that. If it hangs, end it.`,
    );
  }

  return {
    /** Runs something that opens LMDB files, while no other process opens or changes them. */
    async open<T>(run: () => Promise<T>): Promise<T> {
      // With an end of line before it, so that a line which a full disk cut off spoils no other one.
      writeSync(log, `\n+${token} ${clock.now()}\n`);
      try {
        const start = clock.monotonic();
        for (let busy = currentOpener() ?? currentChanger(); busy; busy = currentOpener() ?? currentChanger()) {
          if (clock.monotonic() - start > CHANGE_LIMIT_MS) throw hangs(busy, "changing");
          await sleep(clock, WAIT_MS);
        }
        return await run();
      } finally {
        writeSync(log, `\n-${token}\n`);
      }
    },

    /** Runs a change of the files, while no other process opens them. */
    change<T>(run: () => T): T {
      begin();
      try {
        return run();
      } finally {
        end();
      }
    },

    async changeAsync<T>(run: () => Promise<T>): Promise<T> {
      begin();
      try {
        return await run();
      } finally {
        end();
      }
    },

    close(): void {
      closeSync(log);
      closeSync(flag);
      rmSync(join(changing, token), { force: true });
    },
  };
}

function readByte(file: string): number | undefined {
  try {
    const descriptor = openSync(file, "r");
    try {
      const byte = Buffer.alloc(1);
      return readSync(descriptor, byte, 0, 1, 0) === 1 ? byte[0] : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Its process has ended, and took the file with it.
    return undefined;
  }
}
