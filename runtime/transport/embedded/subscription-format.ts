import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import type { PartitionCursor, Run, SubscriptionState } from "../subscription-state.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/*
 * A subscription's state in one value: format version (1 byte), CRC-32 of all that follows (4), revision (8), then
 * varints: type, consumers, and for each partition its cursor, with runs as distances from the one before, so that the
 * common run takes three bytes.
 */

const FORMAT = 1;
const CHECKED_FROM = 5;
const HEADER_BYTES = 13;
const TYPES = ["shared", "key-shared"] as const;

const writer = new ByteWriter(4_096);

/** Which change of the state a stored value is; a process that knows it already need not decode it again. */
export function revisionOf(value: Buffer): number {
  return value.readDoubleLE(CHECKED_FROM);
}

/** Returns a copy that the caller may keep. */
export function encodeSubscription(state: SubscriptionState, revision: number): Buffer {
  writer.position = 0;
  writer.reserve(64 + 32 * state.consumers.length);
  writer.bytes[0] = FORMAT;
  writer.bytes.writeDoubleLE(revision, CHECKED_FROM);
  writer.position = HEADER_BYTES;
  writer.varint(TYPES.indexOf(state.type));
  writer.varint(state.consumers.length);
  for (const { id, session } of state.consumers) {
    writer.varint(id);
    writer.varint(session);
  }
  writer.varint(state.partitions.length);
  for (const { next, owner, pending } of state.partitions) {
    writer.reserve(32 + 32 * pending.length);
    writer.varint(next);
    writer.varint(owner);
    writer.varint(pending.length);
    let position = 0;
    for (const { first, end, holder, dueAt } of pending) {
      writer.varint(first - position);
      writer.varint(end - first);
      writer.varint(holder);
      if (holder === 0) writer.varint(dueAt);
      position = end;
    }
  }
  const value = Buffer.from(writer.bytes.subarray(0, writer.position));
  value.writeUInt32LE(crc32(value.subarray(CHECKED_FROM)), 1);
  return value;
}

/** `undefined` for a value that is damaged, or of a newer format. */
export function decodeSubscription(value: Buffer): SubscriptionState | undefined {
  if (value.length <= HEADER_BYTES || value[0] !== FORMAT) return undefined;
  if (value.readUInt32LE(1) !== crc32(value.subarray(CHECKED_FROM))) return undefined;
  return decode(new ByteReader(value, HEADER_BYTES));
}

function decode(reader: ByteReader): SubscriptionState {
  const type = TYPES[reader.varint()]!;
  const consumers = Array.from({ length: reader.varint() }, () => ({ id: reader.varint(), session: reader.varint() }));
  const partitions = Array.from({ length: reader.varint() }, (): PartitionCursor => {
    const next = reader.varint();
    const owner = reader.varint();
    let position = 0;
    const pending = Array.from({ length: reader.varint() }, (): Run => {
      const first = position + reader.varint();
      const end = first + reader.varint();
      const holder = reader.varint();
      position = end;
      return { first, end, holder, dueAt: holder === 0 ? reader.varint() : 0 };
    });
    return { next, owner, pending };
  });
  return { type, consumers, partitions };
}
