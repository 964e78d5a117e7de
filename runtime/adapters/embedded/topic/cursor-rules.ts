import { Buffer } from "node:buffer";
import type { Chunk } from "../../../transport/offset-set.ts";
import type { FileRules } from "../lmdb/salvage.ts";
import { decodeChunk, decodeSubscription } from "./subscription-format.ts";

/**
 * What tells that the cursors are not as they were written. They are never fixed: all but the last half second of them
 * is in the log.
 */
export function cursorRules(isOfOtherLog: boolean): FileRules {
  return {
    isSure: !isOfOtherLog,
    inspect() {
      const findings: string[] = isOfOtherLog ? ["the log that they are of was damaged"] : [];
      /** The largest ids that are in use; numbers that are given out must lie above. */
      const used = { consumer: 0, session: 0 };
      const counters = new Map<string, number>();
      /** Chunks that states tell of, less those that are there. */
      let missingChunks = 0;
      const somewhere = (): Chunk => {
        missingChunks += 1;
        return { bits: undefined, count: 0, storedWith: undefined };
      };
      return {
        see(table, record, read) {
          const { key } = record;
          const name = key.toString("latin1");
          if (table === "subscriptions") {
            const state = decodeSubscription(Buffer.from(read(record)), somewhere);
            if (!state) findings.push(`a subscription's state is not as it was written`);
            for (const { id, session } of state?.consumers ?? []) {
              used.consumer = Math.max(used.consumer, id);
              used.session = Math.max(used.session, session);
            }
          } else if (table === "open-chunks") {
            missingChunks -= 1;
            if (!decodeChunk(Buffer.from(read(record)), 0)) findings.push("what is open can't be read");
          } else {
            const value = parse(read(record));
            if (value === undefined) findings.push(`a value of table ${table} can't be read`);
            if (table === "counters") counters.set(name, Number(value));
            if (table === "sessions") used.session = Math.max(used.session, key.readUInt32LE(0));
          }
        },
        findings() {
          if (missingChunks !== 0) findings.push("what is open is not as states tell");
          for (const kind of ["consumer", "session"] as const) {
            if ((counters.get(kind) ?? 0) < used[kind]) findings.push(`the count of ${kind}s is too low`);
          }
          return findings;
        },
      };
    },
  };
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString("utf8"));
  } catch {
    return undefined;
  }
}
