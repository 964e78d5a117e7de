import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CrashCount, type CrashStore, KEPT_DAYS } from "../../crashes/crash-store.ts";

interface Kept extends CrashCount {
  /** Ms since the Unix epoch. */
  readonly keptAt: number;
}

const DAY_MS = 86_400_000;

/** The store of one machine: a small file for each count, so that any number of processes may write. `now` in ms. */
export function openFolderCrashStore(folder: string, now: () => number): CrashStore {
  mkdirSync(folder, { recursive: true });
  const fileOf = ({ topic, subscription, id }: Omit<CrashCount, "crashes">) =>
    join(
      folder,
      createHash("sha256")
        .update(JSON.stringify([topic, subscription, id]), "utf16le")
        .digest("hex"),
    );

  /** `undefined` for what is not there, or is cut off, or too old. */
  function read(file: string): Kept | undefined {
    try {
      const kept = JSON.parse(readFileSync(file, "utf8")) as Kept;
      if (Number.isSafeInteger(kept.crashes) && kept.keptAt > now() - KEPT_DAYS * DAY_MS) return kept;
      rmSync(file, { force: true });
    } catch {
      // Another process has removed it, or is damaged: it counts anew.
    }
    return undefined;
  }

  return {
    async readAll() {
      const files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
      return files.map((name) => read(join(folder, name))).filter((kept) => kept !== undefined);
    },
    async keep(counts) {
      for (const count of counts) {
        const file = fileOf(count);
        const crashes = Math.max(count.crashes, read(file)?.crashes ?? 0);
        const kept: Kept = { ...count, crashes, keptAt: now() };
        writeFileSync(`${file}.${process.pid}`, JSON.stringify(kept));
        renameSync(`${file}.${process.pid}`, file);
      }
    },
    async forget(counts) {
      for (const count of counts) rmSync(fileOf(count), { force: true });
    },
    async close() {},
  };
}
