import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { TaskRecord } from "../../contract/contract.ts";
import type { Delayed } from "../../scheduler/delay-store.ts";

/*
 * A delayed record as bytes: a checksum of all that follows, the length of the envelope, the envelope as JSON (which
 * keeps what UTF-8 can't, and fields of newer versions), and the payload as it is.
 */

const HEADER_BYTES = 8;
const KEY_BYTES = 8 + 32;

type Envelope = Omit<Delayed, "record"> & { readonly record: Omit<TaskRecord, "payload"> };

/** Due time, then what makes it unique: the order of keys is the order of firing. Ids of any length and text will do. */
export function delayedKey({ dueAt, record }: Delayed): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  // Numbers from 0 are in the order of their bytes.
  key.writeDoubleBE(Math.max(0, dueAt), 0);
  createHash("sha256")
    .update(JSON.stringify([record.id, record.subscription]))
    .digest()
    .copy(key, 8);
  return key;
}

/** The highest key of what is due at that time. */
export function lastKeyAt(dueAt: number): Buffer {
  const key = Buffer.alloc(KEY_BYTES, 0xff);
  key.writeDoubleBE(Math.max(0, dueAt), 0);
  return key;
}

export function dueAtOfKey(key: Buffer): number {
  return key.readDoubleBE(0);
}

export function encodeDelayed({ topic, dueAt, record }: Delayed): Buffer {
  const { payload, ...envelope } = record;
  const text = Buffer.from(JSON.stringify({ topic, dueAt, record: envelope } satisfies Envelope));
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + text.length + payload.length);
  bytes.writeUInt32LE(text.length, 4);
  text.copy(bytes, HEADER_BYTES);
  bytes.set(payload, HEADER_BYTES + text.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** The record that was stored under that key; `undefined` where the bytes or the key are not as they were written. */
export function decodeDelayed(key: Buffer, bytes: Buffer): Delayed | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== crc32(bytes.subarray(4))) return undefined;
  const payloadAt = HEADER_BYTES + bytes.readUInt32LE(4);
  const { topic, dueAt, record } = JSON.parse(bytes.toString("utf8", HEADER_BYTES, payloadAt)) as Envelope;
  // Copied: the store's memory may be written over.
  const delayed = { topic, dueAt, record: { ...record, payload: new Uint8Array(bytes.subarray(payloadAt)) } };
  return delayedKey(delayed).equals(key) ? delayed : undefined;
}

/** What can be read of damaged bytes, for whoever looks for what was lost. */
export function describeDamaged(key: Buffer, bytes: Buffer): string {
  const text = bytes.toString("latin1");
  const field = (name: string) => new RegExp(`"${name}":"([^"\\\\]{1,80})"`).exec(text)?.[1];
  const [useCase, id] = [field("useCase"), field("id")];
  const dueAt = key.length === KEY_BYTES ? dueAtOfKey(key) : Number.NaN;
  const due = dueAt > 0 && dueAt < 8.64e15 ? `, due ${new Date(dueAt).toISOString()}` : "";
  return `${useCase === undefined ? "a record" : `a record of '${useCase}'`}${id === undefined ? "" : ` with the id '${id}'`}${due}`;
}
