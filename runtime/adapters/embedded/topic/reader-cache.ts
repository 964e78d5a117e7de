import type { EntryReader } from "./record-format.ts";

/** What the entries of a cache take at most, in bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

interface Kept {
  readonly reader: EntryReader;
  usedAt: number;
}

/**
 * Entries that single records are read from: those of one tenant or key lie anywhere in a backlog, and mostly the next one
 * lies a little further in the same entry.
 */
export function createReaderCache() {
  /** By partition, sorted by their first offset. */
  const kept = new Map<number, Kept[]>();
  let bytes = 0;
  let uses = 0;

  /** The index of the last entry that begins at an offset or before; -1 where there is none. */
  function indexAt(list: readonly Kept[], offset: number): number {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]!.reader.first > offset) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  function forget(list: Kept[], index: number): void {
    const [gone] = list.splice(index, 1);
    bytes -= gone!.reader.byteLength;
  }

  function forgetOldest(): void {
    let oldest: { list: Kept[]; index: number; usedAt: number } | undefined;
    for (const list of kept.values()) {
      for (const [index, { usedAt }] of list.entries()) {
        if (!oldest || usedAt < oldest.usedAt) oldest = { list, index, usedAt };
      }
    }
    if (oldest) forget(oldest.list, oldest.index);
  }

  return {
    /** A reader that stands at an offset or before it, in the entry that holds it. */
    find(partition: number, offset: number): EntryReader | undefined {
      const list = kept.get(partition);
      if (!list) return undefined;
      const index = indexAt(list, offset);
      const found = list[index];
      if (!found || found.reader.end <= offset) return undefined;
      if (found.reader.offset > offset) {
        forget(list, index);
        return undefined;
      }
      found.usedAt = uses++;
      return found.reader;
    },

    keep(partition: number, reader: EntryReader): void {
      if (reader.count === 1) return;
      const list = kept.get(partition) ?? [];
      kept.set(partition, list);
      list.splice(indexAt(list, reader.first) + 1, 0, { reader, usedAt: uses++ });
      bytes += reader.byteLength;
      while (bytes > MAX_BYTES) forgetOldest();
    },
  };
}
