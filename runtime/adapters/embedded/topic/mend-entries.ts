import { Buffer } from "node:buffer";
import type { RawRecord, ReadValue } from "../lmdb/lmdb-scan.ts";
import { inOrder } from "../lmdb/salvage.ts";
import { countOf, EntryReader, missingEntries } from "./record-format.ts";

const ENTRY_KEY_BYTES = 10;

export const isEntryKey = (key: Buffer): boolean => key.length === ENTRY_KEY_BYTES;

interface MendedEntries {
  /** By partition, the first offset that is there. */
  readonly oldest: ReadonlyMap<number, number>;
  /** All entries, and what stands for those that are missing. */
  fill(heads: ReadonlyMap<number, number>): Iterable<{ key: Buffer; value: Buffer }>;
}

/** Puts entries in order, and raises heads to their ends. */
export function mendEntries(
  found: readonly RawRecord[],
  read: ReadValue,
  heads: Map<number, number>,
  lost: string[],
): MendedEntries {
  const sorted = inOrder(
    found.filter(({ key }) => key.length === ENTRY_KEY_BYTES),
    0,
  );
  const partitions = new Map<number, { first: number; count: number; isWhole: boolean; record: RawRecord }[]>();
  for (const record of sorted) {
    const { partition, offset } = entryKey(record.key);
    const entry = { first: offset, count: countOf(read(record, 8)), isWhole: isWholeEntry(record, read), record };
    const known = partitions.get(partition);
    if (known) known.push(entry);
    else partitions.set(partition, [entry]);
  }
  const oldest = new Map<number, number>();
  for (const [partition, entries] of partitions) {
    for (const [index, entry] of entries.entries()) {
      const before = entries[index - 1];
      const expected = before && before.first + before.count;
      const next = entries[index + 1]?.first ?? heads.get(partition);
      // Its key is damaged where it fits its neighbours at another place only.
      if (entry.isWhole && expected !== undefined && entry.first !== expected && expected + entry.count === next) {
        entry.first = expected;
      }
      // A damaged entry is read by nobody: what it covers is told by its neighbours.
      if (!entry.isWhole) entry.count = Math.max(1, (next ?? entry.first + 1) - entry.first);
    }
    const kept = entries.filter((entry, index) => {
      const before = entries[index - 1];
      const next = entries[index + 1]?.first ?? heads.get(partition);
      const adjoins = before ? before.first + before.count === entry.first : entry.first === 0;
      return adjoins || next === undefined || entry.first + entry.count === next;
    });
    // One that adjoins nothing may be another partition's, or be of another place: its key is damaged.
    if (kept.length === 0) {
      partitions.delete(partition);
      continue;
    }
    partitions.set(partition, kept);
    oldest.set(partition, kept[0]!.first);
    const last = kept.at(-1)!;
    heads.set(partition, Math.max(last.first + last.count, heads.get(partition) ?? 0));
  }
  return {
    oldest,
    *fill(finalHeads) {
      for (const [partition, entries] of partitions) {
        let end = entries[0]!.first;
        for (const { first, count, isWhole, record } of entries) {
          // It overlaps what came before: former states of pages can.
          if (first < end) continue;
          yield* missing(partition, end, first, lost);
          if (isWhole) yield { key: keyOf(partition, first), value: read(record) };
          else yield* missing(partition, first, first + count, lost);
          end = first + count;
        }
        yield* missing(partition, end, finalHeads.get(partition) ?? end, lost);
      }
    },
  };
}

function* missing(
  partition: number,
  first: number,
  end: number,
  lost: string[],
): Iterable<{ key: Buffer; value: Buffer }> {
  if (end <= first) return;
  lost.push(`records ${first} to ${end - 1} of partition ${partition}`);
  for (const { offset, bytes } of missingEntries(first, end)) yield { key: keyOf(partition, offset), value: bytes };
}

/** Whether an entry is as it was written. Its key may still be damaged. */
export function isWholeEntry(record: RawRecord, read: ReadValue): boolean {
  const { partition, offset } = entryKey(record.key);
  return partition > 0 && EntryReader.open(Buffer.from(read(record)), partition, offset) !== "damaged";
}

export function entryKey(key: Buffer): { partition: number; offset: number } {
  return key.length === ENTRY_KEY_BYTES
    ? { partition: key.readUInt32BE(0), offset: key.readUIntBE(4, 6) }
    : { partition: -1, offset: -1 };
}

function keyOf(partition: number, offset: number): Buffer {
  const key = Buffer.alloc(ENTRY_KEY_BYTES);
  key.writeUInt32BE(partition, 0);
  key.writeUIntBE(offset, 4, 6);
  return key;
}
