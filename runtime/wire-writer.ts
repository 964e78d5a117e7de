import type { Json } from "./types.ts";
import { jsonText } from "./wire-json.ts";

/** Writes one message's fields. Its value obeys the rules of its type: `validate` has seen it. */
export type WriteMessage<T> = (writer: Writer, value: T) => void;

const CHUNK_BYTES = 32_768;
/** Below, a loop over the characters takes less time than the call into native code. */
const SHORT_TEXT = 24;
const TWO_32 = 2 ** 32;

/** Reinterprets a bigint as two 32-bit words. */
const words = new DataView(new ArrayBuffer(8));

/**
 * Appends to a chunk that many messages share, one after another: a message of 200 bytes does not pay for a buffer of
 * its own. What was written stays as it is; a full chunk is left to those who hold views into it.
 */
export class Writer {
  private chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private pos = 0;
  /** Where the message that is being written starts: what moves along when the chunk is full. */
  private start = 0;

  /** The bytes of one message. They never change; their `buffer` is shared with others. */
  encode<T>(value: T, write: WriteMessage<T>): Uint8Array {
    // A getter of a value that is being written may encode an event itself, which must not end up in that one's midst.
    if (this.pos !== this.start) return new Writer().encode(value, write);
    try {
      write(this, value);
      const bytes = new Uint8Array(this.chunk.buffer, this.start, this.pos - this.start);
      this.start = this.pos;
      return bytes;
    } finally {
      this.pos = this.start;
    }
  }

  /** Makes room for `count` more bytes. */
  private reserve(count: number): void {
    if (this.pos + count > this.chunk.length) this.grow(count);
  }

  private grow(count: number): void {
    const written = this.pos - this.start;
    // Doubling keeps the copying of large messages linear in their length.
    const chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, 2 * (written + count)));
    this.chunk.copy(chunk, 0, this.start, this.pos);
    this.chunk = chunk;
    this.start = 0;
    this.pos = written;
  }

  /** A field's number and wire type: `number << 3 | type`. */
  private tag(tag: number): void {
    this.reserve(16);
    if (tag < 0x80) this.chunk[this.pos++] = tag;
    else this.varint(tag);
  }

  /** An unsigned integer below 2^32, where there is room already. */
  private varint(value: number): void {
    const { chunk } = this;
    let { pos } = this;
    while (value > 0x7f) {
      chunk[pos++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    chunk[pos++] = value;
    this.pos = pos;
  }

  /** A two's complement of 64 bits, where there is room already. */
  private varint64(low: number, high: number): void {
    const { chunk } = this;
    while (high !== 0) {
      chunk[this.pos++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.varint(low);
  }

  /** int32, int64, uint32 or uint64: for safe integers all four are written alike. */
  int(tag: number, value: number): void {
    this.tag(tag);
    this.intItem(value);
  }

  intItem(value: number): void {
    this.reserve(10);
    if (value >= 0 && value < 0x80) this.chunk[this.pos++] = value;
    else if (value >= 0 && value < TWO_32) this.varint(value);
    else this.varint64(value >>> 0, Math.floor(value / TWO_32) >>> 0);
  }

  bigint(tag: number, value: bigint): void {
    this.tag(tag);
    this.bigintItem(value);
  }

  bigintItem(value: bigint): void {
    this.reserve(10);
    words.setBigInt64(0, value);
    this.varint64(words.getUint32(4), words.getUint32(0));
  }

  bool(tag: number, value: boolean): void {
    this.tag(tag);
    this.boolItem(value);
  }

  boolItem(value: boolean): void {
    this.reserve(1);
    this.chunk[this.pos++] = value ? 1 : 0;
  }

  double(tag: number, value: number): void {
    this.tag(tag);
    this.doubleItem(value);
  }

  doubleItem(value: number): void {
    this.reserve(8);
    this.pos = this.chunk.writeDoubleLE(value, this.pos);
  }

  string(tag: number, value: string): void {
    const { length } = value;
    this.tag(tag);
    this.reserve(5 + 3 * length);
    if (length > SHORT_TEXT || !this.shortAscii(value, length)) this.text(value, length);
  }

  /** Whether it could be written: every character below 128, so that its bytes are as many. */
  private shortAscii(value: string, length: number): boolean {
    const { chunk, pos } = this;
    chunk[pos] = length;
    const first = pos + 1;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      chunk[first + i] = code;
    }
    this.pos = first + length;
    return true;
  }

  private text(value: string, length: number): void {
    // The length in bytes comes first but is known last: guess that it takes as much room as the one in characters.
    const at = this.pos;
    const guess = varintSize(length);
    const bytes = this.chunk.write(value, at + guess);
    const size = varintSize(bytes);
    if (size !== guess) this.chunk.copyWithin(at + size, at + guess, at + guess + bytes);
    this.varint(bytes);
    this.pos += bytes;
  }

  /** A JSON value as text. */
  json(tag: number, value: Json): void {
    this.string(tag, jsonText(value));
  }

  bytes(tag: number, value: Uint8Array): void {
    this.tag(tag);
    this.reserve(5 + value.length);
    this.varint(value.length);
    this.chunk.set(value, this.pos);
    this.pos += value.length;
  }

  /** A google.protobuf.Timestamp. */
  timestamp(tag: number, value: Date): void {
    const ms = value.getTime();
    const seconds = Math.floor(ms / 1_000);
    const nanos = (ms - seconds * 1_000) * 1_000_000;
    const at = this.open(tag);
    if (seconds !== 0) this.int(8, seconds);
    if (nanos !== 0) this.int(16, nanos);
    this.close(at);
  }

  message<T>(tag: number, value: T, write: WriteMessage<T>): void {
    const at = this.open(tag);
    write(this, value);
    this.close(at);
  }

  /** Begins what has a length in front; returns what `close` takes. */
  open(tag: number): number {
    this.tag(tag);
    this.reserve(1);
    // Relative to the message's start, which moves when the chunk is full.
    return this.pos++ - this.start;
  }

  close(opened: number): void {
    const at = this.start + opened;
    const length = this.pos - at - 1;
    if (length < 0x80) {
      this.chunk[at] = length;
      return;
    }
    const size = varintSize(length);
    this.reserve(size);
    const from = this.start + opened;
    this.chunk.copyWithin(from + size, from + 1, this.pos);
    this.pos = from;
    this.varint(length);
    this.pos += length;
  }
}

function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

const writer = new Writer();

/** The canonical bytes of a message: equal values have equal bytes. */
export function encodeMessage<T>(value: T, write: WriteMessage<T>): Uint8Array {
  return writer.encode(value, write);
}
