import { isUtf8 } from "node:buffer";

/** Values at most that take no bytes, such as null in lists, of which a length alone bounds nothing. */
const MOST_EMPTY_VALUES = 1_048_576;
/** How deep records may nest, as in protobuf. */
const MOST_LEVELS = 100;

/** Reads Avro's binary encoding. On bytes that are none it throws an Error, and nothing else. */
export class AvroCursor {
  private readonly bytes: Buffer;
  private pos = 0;
  private level = 0;
  /** Shared by all that is read of one body. */
  private readonly values: { count: number; readonly most: number };

  constructor(bytes: Buffer, values = { count: 0, most: MOST_EMPTY_VALUES + bytes.length }) {
    this.bytes = bytes;
    this.values = values;
  }

  /** A cursor of the next bytes alone. */
  part(size: number): AvroCursor {
    return new AvroCursor(this.raw(size), this.values);
  }

  get left(): number {
    return this.bytes.length - this.pos;
  }

  /** Counts values of lists, maps and records before they are read. */
  count(values: number): void {
    this.values.count += values;
    if (this.values.count > this.values.most) throw new Error(`it has more than ${this.values.most} values`);
  }

  /** Begins and ends a record. */
  enter(): void {
    if (++this.level > MOST_LEVELS) throw new Error(`records nest deeper than ${MOST_LEVELS} levels`);
  }

  leave(): void {
    this.level--;
  }

  /** A bigint where it is no safe integer. */
  long(): number | bigint {
    let low = 0;
    for (let i = 0; i < 4; i++) {
      const byte = this.byte();
      low |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const signed = BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
      const number = Number(signed);
      return Number.isSafeInteger(number) ? number : signed;
    }
    throw new Error("an integer has more than 10 bytes");
  }

  /** A number of bytes, items or the like. */
  size(): number {
    const size = this.long();
    if (typeof size === "number" && size >= 0) return size;
    throw new Error(`${size} is no size`);
  }

  double(): number {
    const at = this.take(8);
    return this.bytes.readDoubleLE(at);
  }

  float(): number {
    const at = this.take(4);
    return this.bytes.readFloatLE(at);
  }

  boolean(): boolean {
    const byte = this.byte();
    if (byte > 1) throw new Error(`${byte} is no boolean`);
    return byte === 1;
  }

  raw(size: number): Buffer {
    const at = this.take(size);
    return this.bytes.subarray(at, at + size);
  }

  text(): string {
    const bytes = this.raw(this.size());
    if (!isUtf8(bytes)) throw new Error("a string is no UTF-8");
    return bytes.toString("utf8");
  }

  private byte(): number {
    return this.bytes[this.take(1)]!;
  }

  private take(size: number): number {
    if (size > this.left) throw new Error("it ends too early");
    const at = this.pos;
    this.pos += size;
    return at;
  }
}
