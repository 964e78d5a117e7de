import type { Message } from "../../contract.ts";
import type { Range } from "../subscription-state.ts";
import type { Log } from "./log.ts";
import { type EntryFault, EntryReader } from "./record-format.ts";

/** Records that a consumer was given but that cannot be read. */
export interface UnreadableRange extends Range {
  /** `trimmed`: settled by everybody and deleted. */
  readonly fault: EntryFault | "missing" | "trimmed";
  /** The offset at which their entry begins. */
  readonly entry: number;
}

/**
 * Reads ranges of a topic's records. Remembers for each partition the entry that it stopped in, because the next range
 * mostly goes on there: entries can be larger than what a consumer wants at a time.
 */
export function createEntryCursor(log: Pick<Log, "entryAt" | "entryAfter" | "oldest">, firstPartition: number) {
  const readers = new Map<number, EntryReader>();

  /** Returns a reader that stands at an offset, or what is wrong there. */
  function seek(range: Range): EntryReader | UnreadableRange {
    const { partition, first } = range;
    const known = readers.get(partition);
    if (known && known.offset <= first && first < known.end) return forward(known, first);
    readers.delete(partition);

    const stored = firstPartition + partition;
    const entry = log.entryAt(stored, first);
    if (!entry) {
      const end = Math.min(range.end, log.oldest(stored));
      return { partition, first, end, fault: "trimmed", entry: first };
    }
    const reader = EntryReader.open(entry.bytes, partition, entry.first);
    if (typeof reader !== "string" && first < reader.end) {
      readers.set(partition, reader);
      return forward(reader, first);
    }
    const end = Math.min(range.end, log.entryAfter(stored, entry.first));
    return { partition, first, end, fault: typeof reader === "string" ? reader : "missing", entry: entry.first };
  }

  return {
    /** Appends a range's messages to `messages`, and to `unreadable` what cannot be read. */
    read(range: Range, messages: Message[], unreadable: UnreadableRange[]): void {
      let { first } = range;
      while (first < range.end) {
        const reader = seek({ ...range, first });
        if (!(reader instanceof EntryReader)) {
          unreadable.push(reader);
          first = reader.end;
          continue;
        }
        const end = Math.min(range.end, reader.end);
        try {
          for (; first < end; first++) messages.push(reader.next());
          if (reader.offset === reader.end) readers.delete(range.partition);
        } catch {
          // Its checksum is right, and yet it is no entry: whoever wrote it did so wrongly.
          readers.delete(range.partition);
          unreadable.push({ partition: range.partition, first, end, fault: "damaged", entry: reader.first });
          first = end;
        }
      }
    },
  };
}

function forward(reader: EntryReader, offset: number): EntryReader {
  while (reader.offset < offset) reader.next();
  return reader;
}
