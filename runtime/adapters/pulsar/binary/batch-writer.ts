import type { TaskRecord } from "../../../contract/contract.ts";
import { putProperties } from "../envelope.ts";

/*
 * A batch's payload is its records one after another: the size of a record's metadata in four bytes, the metadata
 * (SingleMessageMetadata of PulsarApi.proto), and its payload. This runs once a record, so it writes where the bytes
 * will lie.
 */

const SIZE_BYTES = 4;
const FIRST_BYTES = 512;
/** Tags: a field's number and its wire type. */
const PROPERTY = 0x0a;
const KEY = 0x12;
const PAYLOAD_SIZE = 0x18;
const EVENT_TIME = 0x28;
const NAME = 0x0a;
const VALUE = 0x12;
/** Texts up to this many characters are written by a loop: a call of Buffer's own methods costs as much as twenty. */
const SHORT = 64;
/** What a text's tags and lengths take at most, its name included. */
const AROUND_TEXT = 64;
/** What a record's size and numbers take at most. */
const AROUND_RECORD = 32;

/** UTF-8 of properties' names, which are few. */
const names = new Map<string, Buffer>();

function bytesOf(name: string): Buffer {
  let bytes = names.get(name);
  if (!bytes) {
    bytes = Buffer.from(name);
    names.set(name, bytes);
  }
  return bytes;
}

/** Memory that batches left, of about this size each. */
const spare: Buffer[] = [];
const SPARE_BYTES = 128 * 1_024;
const MOST_SPARE = 32;
const EMPTY = Buffer.alloc(0);

export class BatchWriter {
  #buffer: Buffer = spare.pop() ?? Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  #put = (name: string, value: string): void => this.#property(name, value);

  /** How much has been written. */
  get length(): number {
    return this.#length;
  }

  /** A view of what was written. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Adds a record. `notBefore` is when it may come; 0: at once. */
  add(record: TaskRecord, notBefore: number): void {
    const { payload } = record;
    this.#reserve(AROUND_RECORD);
    const sizeAt = this.#length;
    this.#length += SIZE_BYTES;
    const { key, eventTime } = putProperties(record, notBefore, this.#put);
    if (key !== "") this.#text(KEY, key);
    this.#reserve(AROUND_RECORD + payload.length);
    this.#buffer[this.#length++] = PAYLOAD_SIZE;
    this.#varint(payload.length);
    if (eventTime !== 0) {
      this.#buffer[this.#length++] = EVENT_TIME;
      this.#varint(eventTime);
    }
    this.#buffer.writeUInt32BE(this.#length - sizeAt - SIZE_BYTES, sizeAt);
    this.#buffer.set(payload, this.#length);
    this.#length += payload.length;
  }

  /** Leaves its memory to others, since filling fresh memory costs more than what is written. Nothing reads it any more. */
  free(): void {
    if (this.#buffer.length >= SPARE_BYTES && this.#buffer.length <= 2 * SPARE_BYTES && spare.length < MOST_SPARE) {
      spare.push(this.#buffer);
    }
    this.#buffer = EMPTY;
    this.#length = 0;
  }

  /** Takes out what lies between. */
  remove(from: number, to: number): void {
    this.#buffer.copyWithin(from, to, this.#length);
    this.#length -= to - from;
  }

  #property(name: string, value: string): void {
    const nameBytes = bytesOf(name);
    const valueBytes = asciiLength(value) ?? Buffer.byteLength(value);
    const valueSize = varintLength(valueBytes);
    this.#reserve(AROUND_TEXT + nameBytes.length + valueBytes);
    const buffer = this.#buffer;
    buffer[this.#length++] = PROPERTY;
    this.#varint(2 + nameBytes.length + 1 + valueSize + valueBytes);
    let at = this.#length;
    buffer[at++] = NAME;
    buffer[at++] = nameBytes.length;
    for (let index = 0; index < nameBytes.length; index++) buffer[at++] = nameBytes[index]!;
    this.#length = at;
    this.#text(VALUE, value, valueBytes);
  }

  /** A field of text. Only names of properties, which are shorter than 128 bytes, are not written by it. */
  #text(tag: number, text: string, bytes = asciiLength(text) ?? Buffer.byteLength(text)): void {
    this.#reserve(AROUND_TEXT + bytes);
    const buffer = this.#buffer;
    buffer[this.#length++] = tag;
    this.#varint(bytes);
    const at = this.#length;
    if (bytes === text.length && bytes <= SHORT) {
      for (let index = 0; index < bytes; index++) buffer[at + index] = text.charCodeAt(index);
    } else buffer.write(text, at);
    this.#length = at + bytes;
  }

  #varint(value: number): void {
    const buffer = this.#buffer;
    let rest = value;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) buffer[this.#length++] = (rest % 128) | 0x80;
    for (; rest > 0x7f; rest >>>= 7) buffer[this.#length++] = (rest & 0x7f) | 0x80;
    buffer[this.#length++] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** The length of a short text that is ASCII; undefined: it is to be counted. */
function asciiLength(text: string): number | undefined {
  if (text.length > SHORT) return undefined;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return undefined;
  return text.length;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) length += 1;
  return length;
}
