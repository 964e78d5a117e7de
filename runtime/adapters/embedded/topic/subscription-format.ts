import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { CHUNK_OFFSETS, type Chunk } from "../../../transport/offset-set.ts";
import { NOBODY, type Run } from "../../../transport/runs.ts";
import {
  createPartitionCursor,
  type PartitionCursor,
  type SubscriptionState,
} from "../../../transport/subscription-state.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/*
 * A subscription's state: format version (1 byte), CRC-32 of all that follows (4), revision (8), then varints: type,
 * consumers, and for each partition its cursor, with runs as distances from the one before, so that the common run takes
 * three bytes. Then the chunks of what is open below the cursor: each one's index, as a distance, and where its bits are:
 * nowhere for a full one, in a value of its own, written with that revision, or right here, as in checkpoints. Last, and
 * mostly absent, suspects: for each partition that has some its number, theirs, and each one's offset and crashes.
 *
 * Format 1 had no chunks: what is open was a run that nobody holds and that is due at once.
 */

const FORMAT = 2;
const CHECKED_FROM = 5;
const HEADER_BYTES = 13;
const TYPES = ["shared", "key-shared"] as const;

const FULL = 0;
const HERE = 1;
/** From here on: the revision that it was written with, plus this. */
const ELSEWHERE = 2;

const CHUNK_BYTES = CHUNK_OFFSETS / 8;
const CHECKSUM_BYTES = 4;

const writer = new ByteWriter(4_096);

/** Returns a chunk's stored value. */
export type ReadChunk = (partition: number, index: number, revision: number) => Chunk | undefined;

/** Which change of the state a stored value is; a process that knows it already need not decode it again. */
export function revisionOf(value: Buffer): number {
  return value.readDoubleLE(CHECKED_FROM);
}

/** Returns a copy that the caller may keep. `whole`: with the bits of all chunks, so that the value stands for itself. */
export function encodeSubscription(state: SubscriptionState, revision: number, whole: boolean): Buffer {
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
  for (const cursor of state.partitions) {
    encodeRuns(cursor);
    encodeChunks(cursor, revision, whole);
  }
  for (const [partition, { suspects }] of state.partitions.entries()) encodeSuspects(partition, suspects);
  const value = Buffer.from(writer.bytes.subarray(0, writer.position));
  value.writeUInt32LE(crc32(value.subarray(CHECKED_FROM)), 1);
  return value;
}

function encodeRuns({ next, owner, pending, returns }: PartitionCursor): void {
  writer.reserve(48 + 32 * pending.length);
  writer.varint(next);
  writer.varint(owner);
  writer.varint(returns);
  writer.varint(pending.length);
  let position = 0;
  for (const { first, end, holder, dueAt } of pending) {
    writer.varint(first - position);
    writer.varint(end - first);
    writer.varint(holder);
    if (holder === NOBODY) writer.varint(dueAt);
    position = end;
  }
}

function encodeChunks({ open }: PartitionCursor, revision: number, whole: boolean): void {
  writer.reserve(8 + 16 * open.chunks.size);
  writer.varint(open.chunks.size);
  let position = 0;
  open.eachChunk((index, { bits, storedWith = revision }) => {
    writer.varint(index - position);
    position = index;
    if (!bits) writer.varint(FULL);
    else if (!whole) writer.varint(ELSEWHERE + storedWith);
    else {
      writer.varint(HERE);
      writer.block(bytesOf(bits));
      writer.reserve(16 * open.chunks.size);
    }
  });
}

function encodeSuspects(partition: number, suspects: ReadonlyMap<number, number>): void {
  if (suspects.size === 0) return;
  writer.reserve(16 + 16 * suspects.size);
  writer.varint(partition);
  writer.varint(suspects.size);
  for (const [offset, crashes] of suspects) {
    writer.varint(offset);
    writer.varint(crashes);
  }
}

const bytesOf = (bits: Uint32Array): Uint8Array => new Uint8Array(bits.buffer, bits.byteOffset, CHUNK_BYTES);

/** For values that hold all of their chunks. */
const readNothing: ReadChunk = () => undefined;

/** `undefined` for a value that is damaged, or of a newer format, or whose chunks are. */
export function decodeSubscription(value: Buffer, readChunk: ReadChunk = readNothing): SubscriptionState | undefined {
  if (value.length <= HEADER_BYTES || (value[0] !== 1 && value[0] !== FORMAT)) return undefined;
  if (value.readUInt32LE(1) !== crc32(value.subarray(CHECKED_FROM))) return undefined;
  return decode(new ByteReader(value, HEADER_BYTES), value[0], readChunk);
}

function decode(reader: ByteReader, format: number, readChunk: ReadChunk): SubscriptionState | undefined {
  const type = TYPES[reader.varint()]!;
  const consumers = Array.from({ length: reader.varint() }, () => ({ id: reader.varint(), session: reader.varint() }));
  const partitions: PartitionCursor[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const cursor = createPartitionCursor(reader.varint(), reader.varint(), format === 1 ? 0 : reader.varint());
    decodeRuns(reader, cursor);
    if (format > 1 && !decodeChunks(reader, cursor, partitions.length, readChunk)) return undefined;
    partitions.push(cursor);
  }
  while (reader.position < reader.bytes.length) {
    const { suspects } = partitions[reader.varint()]!;
    for (let count = reader.varint(); count > 0; count--) suspects.set(reader.varint(), reader.varint());
  }
  return { type, consumers, partitions };
}

function decodeRuns(reader: ByteReader, { pending, open }: PartitionCursor): void {
  let position = 0;
  for (let count = reader.varint(); count > 0; count--) {
    const first = position + reader.varint();
    const end = first + reader.varint();
    const holder = reader.varint();
    position = end;
    const run: Run = { first, end, holder, dueAt: holder === NOBODY ? reader.varint() : 0 };
    if (holder === NOBODY && run.dueAt === 0) open.add(first, end);
    else pending.push(run);
  }
}

function decodeChunks(reader: ByteReader, { open }: PartitionCursor, partition: number, readChunk: ReadChunk): boolean {
  let index = 0;
  for (let count = reader.varint(); count > 0; count--) {
    index += reader.varint();
    const kind = reader.varint();
    let chunk: Chunk | undefined;
    if (kind === FULL) chunk = { bits: undefined, count: CHUNK_OFFSETS, storedWith: undefined };
    else if (kind === HERE) chunk = chunkOf(reader.block(), undefined);
    else chunk = readChunk(partition, index, kind - ELSEWHERE);
    if (!chunk) return false;
    open.load(index, chunk);
  }
  return true;
}

/** A chunk's value of its own: CRC-32, then its bits. */
export function encodeChunk(bits: Uint32Array): Buffer {
  const value = Buffer.allocUnsafe(CHECKSUM_BYTES + CHUNK_BYTES);
  value.set(bytesOf(bits), CHECKSUM_BYTES);
  value.writeUInt32LE(crc32(value.subarray(CHECKSUM_BYTES)), 0);
  return value;
}

/** `undefined` for a value that is damaged. */
export function decodeChunk(value: Buffer, storedWith: number): Chunk | undefined {
  if (value.length !== CHECKSUM_BYTES + CHUNK_BYTES) return undefined;
  if (value.readUInt32LE(0) !== crc32(value.subarray(CHECKSUM_BYTES))) return undefined;
  return chunkOf(value.subarray(CHECKSUM_BYTES), storedWith);
}

function chunkOf(bytes: Uint8Array, storedWith: number | undefined): Chunk | undefined {
  if (bytes.length !== CHUNK_BYTES) return undefined;
  const bits = new Uint32Array(CHUNK_OFFSETS / 32);
  bytesOf(bits).set(bytes);
  let count = 0;
  for (let word of bits) for (; word !== 0; word = (word & (word - 1)) >>> 0) count += 1;
  return { bits, count, storedWith };
}
