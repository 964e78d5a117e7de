import type { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import type { Clock } from "../../contract/clock.ts";
import type { ReportProblem } from "../../contract/contract.ts";
import type { ControlEntry, ControlStore } from "../../control/control-store.ts";
import { damagedValues } from "../storage-error.ts";
import { decodeKey } from "./lmdb/environment.ts";
import { openPairedStores } from "./lmdb/paired-stores.ts";
import { bootId, currentProcess, hasEnded, type ProcessIdentity } from "./lmdb/process-identity.ts";

/** What is stored of an entry; lmdb keeps the revision beside it, as the value's version. */
interface Stored {
  readonly value: string;
  /** CRC-32 of key and value. */
  readonly sum: number;
}

/** What lmdb keeps before a value. */
const VERSION_BYTES = 8;
/** Behind all that begins with a prefix. */
const LAST = "\uffff";

const sumOf = (key: string, value: string): number => crc32(JSON.stringify([key, value]));

/** The value that a text holds; `undefined` where it is not as it was written. */
function wholeValue(key: string, text: string): string | undefined {
  try {
    const { value, sum } = JSON.parse(text) as Stored;
    return typeof value === "string" && sum === sumOf(key, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function nameDamaged(key: Buffer, value: Buffer): string | undefined {
  const name = String(decodeKey(key));
  return wholeValue(name, value.toString("utf8", VERSION_BYTES)) === undefined ? `'${name}'` : undefined;
}

/** Of another boot or container, it has ended: while one container has the folder open, no other is let in. */
function hasProcessEnded(process: string, ownBoot: string): boolean {
  try {
    const { boot, ...identity } = JSON.parse(process) as ProcessIdentity & { boot: string };
    const isForeign = boot !== ownBoot || identity.pidNamespace !== currentProcess().pidNamespace;
    return isForeign || hasEnded(identity);
  } catch {
    return false;
  }
}

/** Opens a control store in a folder, for all processes of one machine. A damaged value is forgotten, and reported. */
export async function openLmdbControlStore(
  folder: string,
  clock: Clock,
  reportProblem: ReportProblem = (problem) => process.emitWarning(problem),
): Promise<ControlStore> {
  const stores = await openPairedStores({
    folder,
    clock,
    durable: (root) => ({ entries: root.openDB<string, string>("entries", { encoding: "string", useVersions: true }) }),
    volatile: () => ({}),
    nameDamaged: (_, key, value) => nameDamaged(key, value),
    reportProblem,
  });
  const { durable } = stores;
  const boot = bootId();
  const { entries } = durable.tables;

  function readEach(prefix: string): ControlEntry[] {
    durable.refresh();
    const found: ControlEntry[] = [];
    const damaged: string[] = [];
    for (const { key, value: text, version } of entries.getRange({
      start: prefix,
      end: prefix + LAST,
      versions: true,
    })) {
      const value = wholeValue(key, text);
      if (value === undefined) damaged.push(`'${key}'`);
      else found.push({ key, value, revision: version! });
    }
    if (damaged.length > 0) reportProblem(damagedValues(folder, "control entries", damaged));
    return found;
  }

  function readThese(keys: readonly string[]): ControlEntry[] {
    durable.refresh();
    return keys.flatMap((key) => {
      const entry = entries.getEntry(key);
      const value = entry && wholeValue(key, entry.value);
      // One that is damaged is told by whoever lists all.
      return entry && value !== undefined ? { key, value, revision: entry.version! } : [];
    });
  }

  /** The revision by which lmdb knows it; `undefined` where there is none. */
  function storedRevision(key: string, revision: number): number | undefined {
    if (revision !== 0) return revision;
    durable.refresh();
    const entry = entries.getEntry(key);
    // One that is damaged is none to those who ask.
    return entry && wholeValue(key, entry.value) === undefined ? entry.version : undefined;
  }

  return {
    list: (prefix) => stores.explained(async () => readEach(prefix)),
    get: (keys) => stores.explained(async () => readThese(keys)),
    put: (key, value, revision) =>
      stores.explained(() => {
        const known = storedRevision(key, revision);
        // A key that was removed and comes again has none of the revisions that its former self had.
        const next = Math.max(revision + 1, clock.now());
        const write = () => {
          if (value === undefined) entries.remove(key);
          else entries.put(key, JSON.stringify({ value, sum: sumOf(key, value) } satisfies Stored), next);
        };
        return durable.commit(() =>
          known === undefined ? entries.ifNoExists(key, write) : entries.ifVersion(key, known, write),
        );
      }),
    processes: {
      own: JSON.stringify({ boot, ...currentProcess() }),
      hasEnded: (process) => hasProcessEnded(process, boot),
    },
    close: () => stores.close(),
  };
}
