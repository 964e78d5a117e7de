const TWO_32 = 2 ** 32;

const BEYOND = "what a length announces goes on beyond its end";

/** Reinterprets two 32-bit words as a bigint. */
const words = new DataView(new ArrayBuffer(8));

/** Reads single numbers. */
export class NumberReader {
  /** The next byte to read, from the start of `buffer`. */
  pos = 0;
  protected buffer: Buffer = Buffer.alloc(0);
  /** Where the payload starts in `buffer`. */
  protected origin = 0;
  /** Where the message that is being read ends. */
  protected end = 0;
  private low = 0;
  private high = 0;

  /** The next field's number and wire type: `number << 3 | type`. */
  tag(): number {
    const tag = this.varint32("a field's tag");
    if (tag >>> 3 === 0) throw this.fault("found field number 0, and numbers start at 1");
    return tag;
  }

  /** An unsigned integer below 2^32. */
  protected varint32(what: string): number {
    const value = this.varint35();
    if (value >= 0 && value < TWO_32) return value;
    if (value < 0) {
      this.varint64();
      if (this.high === 0) return this.low;
    }
    throw this.fault(`${what} is above 32 bits`);
  }

  /**
   * A varint of up to five bytes, as nearly all are; -1 and nothing read where it is longer. Beyond the buffer bytes are
   * undefined, which ends no varint.
   */
  private varint35(): number {
    const { buffer, pos } = this;
    let byte = buffer[pos]!;
    if (byte < 0x80) {
      this.pos = pos + 1;
      return byte;
    }
    let value = byte & 0x7f;
    byte = buffer[pos + 1]!;
    value |= (byte & 0x7f) << 7;
    if (byte < 0x80) {
      this.pos = pos + 2;
      return value;
    }
    byte = buffer[pos + 2]!;
    value |= (byte & 0x7f) << 14;
    if (byte < 0x80) {
      this.pos = pos + 3;
      return value;
    }
    byte = buffer[pos + 3]!;
    value |= (byte & 0x7f) << 21;
    if (byte < 0x80) {
      this.pos = pos + 4;
      return value;
    }
    byte = buffer[pos + 4]!;
    if (!(byte < 0x80)) return -1;
    this.pos = pos + 5;
    return value + byte * 0x10000000;
  }

  /** Into `low` and `high`: both unsigned. */
  protected varint64(): void {
    const { buffer } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = buffer[this.pos];
      if (byte === undefined || this.pos >= this.end) throw this.truncated();
      this.pos++;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x7f) << 28;
        high |= (byte & 0x7f) >> 4;
      } else if (shift < 63) high |= (byte & 0x7f) << (shift - 32);
      else high |= (byte & 0x01) << 31;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw this.fault("found a varint of more than 10 bytes");
  }

  /** int32 or int64, as a safe integer. */
  int(): number {
    const short = this.varint35();
    if (short >= 0) return short;
    this.varint64();
    return this.signed();
  }

  private signed(): number {
    const value = (this.high | 0) * TWO_32 + this.low;
    if (!Number.isSafeInteger(value)) throw this.unsafe();
    return value;
  }

  /** uint32 or uint64, as a safe integer. */
  uint(): number {
    const short = this.varint35();
    if (short >= 0) return short;
    this.varint64();
    return this.unsigned();
  }

  private unsigned(): number {
    const value = this.high * TWO_32 + this.low;
    if (!Number.isSafeInteger(value)) throw this.unsafe();
    return value;
  }

  /** sint32 or sint64, as a safe integer. */
  zigzag(): number {
    const short = this.varint35();
    if (short >= 0) return short % 2 === 0 ? short / 2 : -(short + 1) / 2;
    this.zigzag64();
    return this.signed();
  }

  /** Into `low` and `high`, with the sign where a two's complement has it. */
  private zigzag64(): void {
    this.varint64();
    const { low, high } = this;
    const sign = -(low & 1);
    this.low = (((low >>> 1) | (high << 31)) ^ sign) >>> 0;
    this.high = ((high >>> 1) ^ sign) >>> 0;
  }

  fixed32(): number {
    return this.buffer.readUInt32LE(this.take(4));
  }

  sfixed32(): number {
    return this.buffer.readInt32LE(this.take(4));
  }

  /** As a safe integer. */
  fixed64(): number {
    this.words();
    return this.unsigned();
  }

  /** As a safe integer. */
  sfixed64(): number {
    this.words();
    return this.signed();
  }

  private words(): void {
    const at = this.take(8);
    this.low = this.buffer.readUInt32LE(at);
    this.high = this.buffer.readUInt32LE(at + 4);
  }

  bigint(): bigint {
    this.varint64();
    return this.signedBigint();
  }

  biguint(): bigint {
    this.varint64();
    return BigInt.asUintN(64, this.signedBigint());
  }

  zigzagBigint(): bigint {
    this.zigzag64();
    return this.signedBigint();
  }

  fixedBigint(): bigint {
    return this.buffer.readBigInt64LE(this.take(8));
  }

  fixedBiguint(): bigint {
    return this.buffer.readBigUInt64LE(this.take(8));
  }

  private signedBigint(): bigint {
    words.setUint32(0, this.high);
    words.setUint32(4, this.low);
    return words.getBigInt64(0);
  }

  bool(): boolean {
    this.varint64();
    return this.low !== 0 || this.high !== 0;
  }

  float(): number {
    return this.buffer.readFloatLE(this.take(4));
  }

  double(): number {
    return this.buffer.readDoubleLE(this.take(8));
  }

  /** Passes over so many bytes; returns where they are. */
  protected take(bytes: number): number {
    const at = this.pos;
    if (at + bytes > this.end) throw this.truncated();
    this.pos = at + bytes;
    return at;
  }

  protected truncated(): Error {
    return this.fault(BEYOND);
  }

  private unsafe(): Error {
    return this.fault("found an integer beyond ±(2^53 - 1), which a number can't hold exactly");
  }

  protected fault(what: string): Error {
    // Whatever was read beyond the end is none of the payload.
    const reason = this.pos > this.end ? BEYOND : what;
    return new Error(
      `The payload can't be decoded: ${reason} (at byte ${Math.min(this.pos, this.end) - this.origin}).`,
    );
  }
}
