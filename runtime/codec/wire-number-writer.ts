const CHUNK_BYTES = 32_768;
const TWO_32 = 2 ** 32;

/** Reinterprets a bigint as two 32-bit words. */
const words = new DataView(new ArrayBuffer(8));

/**
 * Writes single numbers. Appends to a chunk that many messages share, one after another: a message of 200 bytes does not
 * pay for a buffer of its own. What was written stays as it is; a full chunk is left to those who hold views into it.
 */
export class NumberWriter {
  protected chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  protected pos = 0;
  /** Where the message that is being written starts: what moves along when the chunk is full. */
  protected start = 0;

  /** Makes room for `count` more bytes. */
  protected reserve(count: number): void {
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
  protected tag(tag: number): void {
    this.reserve(16);
    if (tag < 0x80) this.chunk[this.pos++] = tag;
    else this.varint(tag);
  }

  /** An unsigned integer below 2^32, where there is room already. */
  protected varint(value: number): void {
    const { chunk } = this;
    let { pos } = this;
    while (value > 0x7f) {
      chunk[pos++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    chunk[pos++] = value;
    this.pos = pos;
  }

  /** 32 bits, where there is room already. */
  private word(value: number): void {
    this.pos = this.chunk.writeUInt32LE(value >>> 0, this.pos);
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

  /** sint32 or sint64, whose sign is the lowest bit. */
  zigzag(tag: number, value: number): void {
    this.tag(tag);
    this.zigzagItem(value);
  }

  zigzagItem(value: number): void {
    this.reserve(10);
    this.zigzag64(value >>> 0, Math.floor(value / TWO_32) | 0);
  }

  private zigzag64(low: number, high: number): void {
    const sign = high >> 31;
    this.varint64(((low << 1) ^ sign) >>> 0, (((high << 1) | (low >>> 31)) ^ sign) >>> 0);
  }

  /** fixed32 or sfixed32. */
  fixed32(tag: number, value: number): void {
    this.tag(tag);
    this.fixed32Item(value);
  }

  fixed32Item(value: number): void {
    this.reserve(4);
    this.word(value);
  }

  /** fixed64 or sfixed64. */
  fixed64(tag: number, value: number): void {
    this.tag(tag);
    this.fixed64Item(value);
  }

  fixed64Item(value: number): void {
    this.reserve(8);
    this.word(value);
    this.word(Math.floor(value / TWO_32));
  }

  zigzagBigint(tag: number, value: bigint): void {
    this.tag(tag);
    this.zigzagBigintItem(value);
  }

  zigzagBigintItem(value: bigint): void {
    this.reserve(10);
    words.setBigInt64(0, value);
    this.zigzag64(words.getUint32(4), words.getInt32(0));
  }

  fixedBigint(tag: number, value: bigint): void {
    this.tag(tag);
    this.fixedBigintItem(value);
  }

  fixedBigintItem(value: bigint): void {
    this.reserve(8);
    words.setBigInt64(0, value);
    this.word(words.getUint32(4));
    this.word(words.getUint32(0));
  }

  /** int64 or uint64. */
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

  /** The nearest number of 32 bits. */
  float(tag: number, value: number): void {
    this.tag(tag);
    this.floatItem(value);
  }

  floatItem(value: number): void {
    this.reserve(4);
    this.pos = this.chunk.writeFloatLE(value, this.pos);
  }
}
