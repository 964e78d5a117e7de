import type { Message } from "../../../contract/contract.ts";
import type { RecordSource } from "../../../transport/look-ahead.ts";
import type { Range } from "../../../transport/subscription-state.ts";
import type { Log } from "./log.ts";
import { createReaderCache } from "./reader-cache.ts";
import { type EntryFault, EntryReader } from "./record-format.ts";

/** Records that a consumer was given but that cannot be read. */
export interface UnreadableRange extends Range {
  /** `trimmed`: settled by everybody and deleted. */
  readonly fault: EntryFault | "missing" | "trimmed";
  /** The offset at which their entry begins. */
  readonly entry: number;
}

export interface EntryCursor extends RecordSource {
  /** Appends a range's messages to `messages`, and to `unreadable` what cannot be read. */
  readRange(range: Range, messages: Message[], unreadable: UnreadableRange[]): void;
}

/**
 * Reads a topic's records. Remembers for each partition the entry that it stopped in, because the next range mostly goes
 * on there: entries can be larger than what a consumer wants at a time.
 */
export function createEntryCursor(
  log: Pick<Log, "entryAt" | "entryAfter" | "oldest">,
  firstPartition: number,
): EntryCursor {
  const readers = new Map<number, EntryReader>();
  const cache = createReaderCache();

  /** Returns a reader that stands at an offset, or what is wrong there. */
  function seek(range: Range): EntryReader | UnreadableRange {
    const { partition, first } = range;
    const known = readers.get(partition);
    if (known && known.offset <= first && first < known.end) return forward(known, first) ?? damaged(range, known);
    readers.delete(partition);
    const reader = open(range);
    if (reader instanceof EntryReader) readers.set(partition, reader);
    return reader;
  }

  /** Opens the entry that holds a range's first record. */
  function open(range: Range): EntryReader | UnreadableRange {
    const { partition, first } = range;
    const stored = firstPartition + partition;
    const entry = log.entryAt(stored, first);
    if (!entry) {
      const end = Math.min(range.end, log.oldest(stored));
      return { partition, first, end: Math.max(end, first + 1), fault: "trimmed", entry: first };
    }
    const reader = EntryReader.open(entry.bytes, partition, entry.first);
    if (typeof reader !== "string" && first < reader.end) return forward(reader, first) ?? damaged(range, reader);
    const end = Math.min(range.end, log.entryAfter(stored, entry.first));
    const fault = typeof reader === "string" ? reader : "missing";
    return { partition, first, end: Math.max(end, first + 1), fault, entry: entry.first };
  }

  /** An entry whose checksum is right, and that is none all the same: whoever wrote it did so wrongly. */
  function damaged({ partition, first, end }: Range, reader: EntryReader): UnreadableRange {
    readers.delete(partition);
    return { partition, first, end: Math.min(end, reader.end), fault: "damaged", entry: reader.first };
  }

  /** Reads a range, message by message or stretch by stretch that cannot be read, until a call returns false. */
  function each(
    range: Range,
    readable: (message: Message, offset: number) => boolean,
    unreadable: (range: UnreadableRange) => boolean,
  ): void {
    let { first } = range;
    while (first < range.end) {
      const reader = seek({ ...range, first });
      if (!(reader instanceof EntryReader)) {
        first = reader.end;
        if (!unreadable(reader)) return;
        continue;
      }
      const end = Math.min(range.end, reader.end);
      for (; first < end; first++) {
        const message = nextOf(reader);
        if (!message) {
          first = end;
          if (!unreadable(damaged({ ...range, first: reader.offset }, reader))) return;
          break;
        }
        if (!readable(message, first)) return;
      }
      if (reader.offset === reader.end) readers.delete(range.partition);
    }
  }

  return {
    readRange(range, messages, unreadable) {
      each(
        range,
        (message) => messages.push(message) > 0,
        (found) => unreadable.push(found) > 0,
      );
    },

    scan(partition, first, end, visit) {
      let next = first;
      each(
        { partition, first, end },
        (message, offset) => {
          next = offset + 1;
          return visit(offset, message);
        },
        (range) => {
          for (next = range.first; next < range.end; ) if (!visit(next++)) return false;
          return true;
        },
      );
      return next;
    },

    read(partition, offset) {
      let reader = cache.find(partition, offset);
      if (!reader) {
        const opened = open({ partition, first: offset, end: offset + 1 });
        if (!(opened instanceof EntryReader)) return undefined;
        reader = opened;
        cache.keep(partition, reader);
      }
      return forward(reader, offset) && nextOf(reader);
    },
  };
}

/** `undefined` where what is stored is no record. */
function nextOf(reader: EntryReader): Message | undefined {
  try {
    return reader.next();
  } catch {
    return undefined;
  }
}

function forward(reader: EntryReader, offset: number): EntryReader | undefined {
  while (reader.offset < offset) if (!nextOf(reader)) return undefined;
  return reader;
}
