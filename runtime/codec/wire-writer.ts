import type { Json } from "../authoring/types.ts";
import { NumberWriter } from "./wire-number-writer.ts";

/** Writes one message's fields. Its value obeys the rules of its type: `validate` has seen it. */
export type WriteMessage<T> = (writer: Writer, value: T) => void;

/** Below, a loop over the characters takes less time than the call into native code. */
const SHORT_TEXT = 24;

/** Writes messages. */
export class Writer extends NumberWriter {
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

/** The keys of a map by integers, in their order. */
export function integerKeys(record: object): number[] {
  return Object.keys(record)
    .map(Number)
    .sort((a, b) => a - b);
}

const writer = new Writer();

/** The canonical bytes of a message: equal values have equal bytes. */
export function encodeMessage<T>(value: T, write: WriteMessage<T>): Uint8Array {
  return writer.encode(value, write);
}

/**
 * A JSON value as text, the same for equal values: without blanks, objects' keys sorted. As JSON.stringify writes it,
 * but for minus zero, which JSON has and JSON.stringify has not.
 */
function jsonText(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${jsonText(value[key]!)}`);
  return `{${entries.join(",")}}`;
}
