import { Buffer } from "node:buffer";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Message } from "../../../contract/contract.ts";
import { rangesOf } from "../../../transport/message-position.ts";
import type { Range } from "../../../transport/subscription-state.ts";

/* An entry: the consumer (4 bytes), the partition (4), and the first and the last offset + 1 of the records (8 each). */
const ENTRY_BYTES = 24;
const ENTRIES = 2_048;
const FILE_BYTES = ENTRY_BYTES * ENTRIES;

/** A consumer's records that have been started. */
export interface Started extends Range {
  readonly consumer: number;
}

/** Whether a consumer still holds any of a range. */
type IsHeld = (range: Range) => boolean;

export type Starts = ReturnType<typeof createStarts>;

/**
 * What each opened transport has started, in a file of its own that its death leaves behind: one write of a few bytes for a
 * batch of starts, which the kernel keeps. Nothing is written where a task ends: that tells who holds what. A file that
 * is missing, or says that there was no room, means that all that is held may have been started.
 */
export function createStarts(folder: string) {
  mkdirSync(folder, { recursive: true });
  const bytes = Buffer.alloc(FILE_BYTES);
  let file: number | undefined;
  let path = "";
  let count = 0;
  /** By id, those of this session. */
  const consumers = new Map<number, IsHeld>();

  /** Gives up telling: whoever looks then takes all that was held. */
  function giveUp(): void {
    if (file === undefined) return;
    closeSync(file);
    file = undefined;
    rmSync(path, { force: true });
  }

  function makeRoom(): void {
    let kept = 0;
    for (let index = 0; index < count; index++) {
      const started = readEntry(bytes, index)!;
      if (!consumers.get(started.consumer)?.(started)) continue;
      bytes.copy(bytes, kept * ENTRY_BYTES, index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES);
      kept++;
    }
    bytes.fill(0, kept * ENTRY_BYTES);
    count = kept;
  }

  /** Writes down what is about to be started. */
  function write(consumer: number, ranges: readonly Range[]): void {
    if (file === undefined) return;
    let from = count;
    if (count + ranges.length > ENTRIES) {
      makeRoom();
      from = 0;
    }
    if (count + ranges.length > ENTRIES) {
      giveUp();
      return;
    }
    for (const range of ranges) writeEntry(bytes, count++, { consumer, ...range });
    const end = from === 0 ? FILE_BYTES : count * ENTRY_BYTES;
    try {
      writeSync(file, bytes, from * ENTRY_BYTES, end - from * ENTRY_BYTES, from * ENTRY_BYTES);
    } catch {
      giveUp();
    }
  }

  return {
    /** Begins this session's file. */
    begin(session: number): void {
      path = join(folder, `${session}`);
      try {
        file = openSync(path, "w");
        // All of its room at once, so that a disk which fills up later does not matter.
        writeSync(file, bytes, 0, FILE_BYTES, 0);
      } catch {
        giveUp();
      }
    },

    /** Returns what writes down a consumer's starts: to be called before handlers are. */
    of(consumer: number, isHeld: IsHeld): (messages: readonly Message[]) => void {
      consumers.set(consumer, isHeld);
      return (messages) => write(consumer, rangesOf(messages));
    },

    /** What another session has started; `undefined` where it does not tell. */
    read(session: number): Started[] | undefined {
      let found: Buffer;
      try {
        found = readFileSync(join(folder, `${session}`));
      } catch {
        return undefined;
      }
      if (found.length !== FILE_BYTES) return undefined;
      const started: Started[] = [];
      for (let index = 0; index < ENTRIES; index++) {
        const entry = readEntry(found, index);
        if (!entry) break;
        started.push(entry);
      }
      return started;
    },

    /** Forgets a session that has ended. */
    forget(session: number): void {
      rmSync(join(folder, `${session}`), { force: true });
    },

    close: giveUp,
  };
}

function writeEntry(bytes: Buffer, index: number, { consumer, partition, first, end }: Started): void {
  const at = index * ENTRY_BYTES;
  bytes.writeUInt32LE(consumer, at);
  bytes.writeUInt32LE(partition, at + 4);
  bytes.writeDoubleLE(first, at + 8);
  bytes.writeDoubleLE(end, at + 16);
}

/** `undefined` behind the last one. */
function readEntry(bytes: Buffer, index: number): Started | undefined {
  const at = index * ENTRY_BYTES;
  const end = bytes.readDoubleLE(at + 16);
  if (end === 0) return undefined;
  return {
    consumer: bytes.readUInt32LE(at),
    partition: bytes.readUInt32LE(at + 4),
    first: bytes.readDoubleLE(at + 8),
    end,
  };
}
