import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import type { Failure, FailureReason, Message, Priority, TaskRecord } from "../../../contract/contract.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/*
 * An entry: a batch of records in one value.
 *
 *   byte 0      format version: 1, or 2 where a record has a trace state, which readers of 1 know nothing of
 *   bytes 1-3   count of records, little-endian
 *   bytes 4-7   CRC-32 of everything else, little-endian
 *   bytes 8-    the records
 *
 * A record begins with 16 flags that say which parts follow; parts that are empty, or equal to the record's before, take
 * no byte, and times are distances. Texts that repeat are decoded once, which is most of what makes decoding fast.
 */

const ENTRY_FORMAT = 1;
const TRACESTATE_FORMAT = 2;
const HEADER_BYTES = 8;

const PRIORITIES: readonly Priority[] = ["normal", "high", "low"];
const PRIORITY_MASK = 0b11;
const NEW_USE_CASE = 1 << 2;
const DUE = 1 << 3;
const KEY = 1 << 4;
const SAME_KEY = 1 << 5;
const ATTEMPT = 1 << 6;
const TENANT = 1 << 7;
const SAME_TENANT = 1 << 8;
const DEDUPE = 1 << 9;
const DEDUPE_IS_KEY = 1 << 10;
const TRACE = 1 << 11;
const SUBSCRIPTION = 1 << 12;
const FAILURE = 1 << 13;
const ENQUEUED_EARLIER = 1 << 14;
const TRACESTATE = 1 << 15;

/** What a record's numbers and flags take at most. */
const FIXED_BYTES = 48;

/** Collects records into an entry. Payloads and texts are copied when they are added. */
export class EntryWriter {
  private readonly writer: ByteWriter;
  private useCase = "";
  private version = -1;
  private key = "";
  private tenant = "";
  private enqueuedAt = 0;
  private format = ENTRY_FORMAT;
  count = 0;

  constructor(capacity: number) {
    this.writer = new ByteWriter(capacity);
    this.clear();
  }

  /** Bytes so far. */
  get length(): number {
    return this.writer.position;
  }

  clear(): void {
    this.writer.position = HEADER_BYTES;
    this.format = ENTRY_FORMAT;
    this.count = 0;
    this.useCase = "";
    this.version = -1;
    this.key = "";
    this.tenant = "";
    this.enqueuedAt = 0;
  }

  /** Adds a record, or throws and leaves the entry as it was. */
  add(record: TaskRecord): void {
    const { useCase, version, key, tenant, enqueuedAt, format } = this;
    const { position } = this.writer;
    try {
      this.write(record);
    } catch (error) {
      this.writer.position = position;
      Object.assign(this, { useCase, version, key, tenant, enqueuedAt, format });
      throw error;
    }
    this.count += 1;
  }

  private write(record: TaskRecord): void {
    const { writer } = this;
    const { key, tenant, dedupeId } = record;
    let flags = PRIORITIES.indexOf(record.priority);
    if (record.useCase !== this.useCase || record.version !== this.version) flags |= NEW_USE_CASE;
    if (record.dueAt !== 0) flags |= DUE;
    if (key !== "") flags |= key === this.key ? SAME_KEY : KEY;
    if (record.attempt !== 1) flags |= ATTEMPT;
    if (tenant !== "") flags |= tenant === this.tenant ? SAME_TENANT : TENANT;
    if (dedupeId !== "") flags |= dedupeId === key ? DEDUPE_IS_KEY : DEDUPE;
    if (record.traceparent !== "") flags |= TRACE;
    if (record.subscription !== "") flags |= SUBSCRIPTION;
    if (record.failure) flags |= FAILURE;
    if (record.enqueuedAt < this.enqueuedAt) flags |= ENQUEUED_EARLIER;
    if (record.tracestate) flags |= TRACESTATE;

    writer.reserve(FIXED_BYTES);
    writer.bytes[writer.position++] = flags;
    writer.bytes[writer.position++] = flags >>> 8;
    writer.varint(Math.abs(record.enqueuedAt - this.enqueuedAt));
    this.enqueuedAt = record.enqueuedAt;
    if (flags & DUE) writer.varint(record.dueAt);
    if (flags & ATTEMPT) writer.varint(record.attempt);
    if (flags & NEW_USE_CASE) {
      writer.varint(record.version);
      writer.text(record.useCase);
      this.useCase = record.useCase;
      this.version = record.version;
    }
    writer.text(record.id);
    if (flags & KEY) writer.text(key);
    this.key = key;
    if (flags & TENANT) writer.text(tenant);
    this.tenant = tenant;
    if (flags & DEDUPE) writer.text(dedupeId);
    if (flags & TRACE) writer.text(record.traceparent);
    if (record.tracestate) {
      writer.text(record.tracestate);
      this.format = TRACESTATE_FORMAT;
    }
    if (flags & SUBSCRIPTION) writer.text(record.subscription);
    if (record.failure) this.addFailure(record.failure);
    writer.block(record.payload);
  }

  private addFailure({ reason, message, subscription, failedAt }: Failure): void {
    const { writer } = this;
    writer.text(reason);
    writer.text(message);
    writer.text(subscription);
    writer.reserve(FIXED_BYTES);
    writer.varint(failedAt);
  }

  /** The finished entry, as a view into this writer's memory: clear the writer only once the entry is stored. */
  finish(): Buffer {
    const { bytes, position } = this.writer;
    bytes[0] = this.format;
    bytes.writeUIntLE(this.count, 1, 3);
    const entry = bytes.subarray(0, position);
    entry.writeUInt32LE(checksum(entry), 4);
    return entry;
  }
}

function checksum(entry: Buffer): number {
  return crc32(entry.subarray(HEADER_BYTES), crc32(entry.subarray(0, 4)));
}

/** How many records an entry says that it holds, by its first bytes. */
export const countOf = (head: Buffer): number => head.readUIntLE(1, 3);

const MAX_COUNT = 0xffffff;

/** What stands for records that are lost: entries that whoever reads them finds damaged. */
export function* missingEntries(first: number, end: number): Iterable<{ offset: number; bytes: Buffer }> {
  for (let offset = first; offset < end; offset += MAX_COUNT) {
    const bytes = Buffer.alloc(HEADER_BYTES);
    bytes.writeUIntLE(Math.min(MAX_COUNT, end - offset), 1, 3);
    yield { offset, bytes };
  }
}

/** Why an entry cannot be read: `newer` needs a newer Fivefold, `damaged` is not what was written. */
export type EntryFault = "newer" | "damaged";

/** Reads an entry's records one after another. */
export class EntryReader {
  readonly count: number;
  /** The offset of the first record. */
  readonly first: number;
  readonly byteLength: number;
  private readonly partition: number;
  private readonly reader: ByteReader;
  /** How many records were read. */
  private read = 0;
  private useCase = "";
  private version = 0;
  private key = "";
  private tenant = "";
  private enqueuedAt = 0;

  private constructor(entry: Buffer, partition: number, first: number) {
    this.count = entry.readUIntLE(1, 3);
    this.byteLength = entry.length;
    this.partition = partition;
    this.first = first;
    this.reader = new ByteReader(entry, HEADER_BYTES);
  }

  /** Checks an entry before anything of it is read. */
  static open(entry: Buffer, partition: number, first: number): EntryReader | EntryFault {
    if (entry.length < HEADER_BYTES || entry[0] === 0) return "damaged";
    if (entry.readUInt32LE(4) !== checksum(entry)) return "damaged";
    // After the checksum, so that a damaged first byte is not taken for a newer format.
    if (entry[0] !== ENTRY_FORMAT && entry[0] !== TRACESTATE_FORMAT) return "newer";
    return new EntryReader(entry, partition, first);
  }

  /** The offset of the record that `next` returns. */
  get offset(): number {
    return this.first + this.read;
  }

  get end(): number {
    return this.first + this.count;
  }

  next(): Message {
    const { reader } = this;
    const flags = reader.byte() | (reader.byte() << 8);
    this.enqueuedAt += flags & ENQUEUED_EARLIER ? -reader.varint() : reader.varint();
    const dueAt = flags & DUE ? reader.varint() : 0;
    const attempt = flags & ATTEMPT ? reader.varint() : 1;
    if (flags & NEW_USE_CASE) {
      this.version = reader.varint();
      this.useCase = reader.text();
    }
    const id = reader.text();
    if (flags & KEY) this.key = reader.text();
    else if (!(flags & SAME_KEY)) this.key = "";
    if (flags & TENANT) this.tenant = reader.text();
    else if (!(flags & SAME_TENANT)) this.tenant = "";
    const offset = this.offset;
    this.read += 1;
    return {
      id,
      useCase: this.useCase,
      version: this.version,
      enqueuedAt: this.enqueuedAt,
      dueAt,
      key: this.key,
      attempt,
      priority: PRIORITIES[flags & PRIORITY_MASK]!,
      tenant: this.tenant,
      dedupeId: flags & DEDUPE_IS_KEY ? this.key : flags & DEDUPE ? reader.text() : "",
      traceparent: flags & TRACE ? reader.text() : "",
      tracestate: flags & TRACESTATE ? reader.text() : undefined,
      subscription: flags & SUBSCRIPTION ? reader.text() : "",
      failure: flags & FAILURE ? this.failure() : undefined,
      payload: reader.block(),
      position: { partition: this.partition, offset },
    };
  }

  private failure(): Failure {
    const { reader } = this;
    return {
      reason: reader.text() as FailureReason,
      message: reader.text(),
      subscription: reader.text(),
      failedAt: reader.varint(),
    };
  }
}
