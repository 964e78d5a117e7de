/**
 * Texts up to this length are cut out of a stretch of bytes that was turned into one string at once: that saves a call
 * into native code for each. It also bounds what a text that somebody keeps can keep alive.
 */
const STRETCH_BYTES = 1_024;
const TWO_32 = 2 ** 32;

const BEYOND = "what a length announces goes on beyond its end";

const NOTHING: Buffer = Buffer.alloc(0);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Reinterprets two 32-bit words as a bigint. */
const words = new DataView(new ArrayBuffer(8));

/** Reads single values out of bytes that anybody may have written: on whatever is none it throws an Error. */
export class ScalarReader {
  /** The next byte to read, from the start of `buffer`. */
  pos = 0;
  protected buffer = NOTHING;
  /** The view of a whole underlying buffer that was made last. */
  private whole = NOTHING;
  /** Where the payload starts in `buffer`. */
  private origin = 0;
  /** Where the message that is being read ends. */
  protected end = 0;
  /** Where the outermost message ends. */
  private limit = 0;
  private low = 0;
  private high = 0;
  /** Bytes `stretchFrom` to `stretchTo` as Latin-1, in which a string of ASCII bytes reads as it is. */
  private stretch = "";
  private stretchFrom = 0;
  private stretchTo = 0;

  protected open(bytes: Uint8Array): void {
    if (bytes instanceof Buffer) {
      this.buffer = bytes;
      this.origin = 0;
    } else {
      // One view serves all payloads of a batch, which share a buffer, until a resizable one has grown beyond it.
      const isKnown = bytes.buffer === this.whole.buffer && bytes.byteOffset + bytes.length <= this.whole.length;
      if (!isKnown) this.whole = Buffer.from(bytes.buffer);
      this.buffer = this.whole;
      this.origin = bytes.byteOffset;
    }
    this.pos = this.origin;
    this.limit = this.origin + bytes.length;
    this.end = this.limit;
    this.stretchTo = 0;
  }

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
    const value = (this.high | 0) * TWO_32 + this.low;
    if (!Number.isSafeInteger(value)) throw this.unsafe();
    return value;
  }

  /** uint32 or uint64, as a safe integer. */
  uint(): number {
    const short = this.varint35();
    if (short >= 0) return short;
    this.varint64();
    const value = this.high * TWO_32 + this.low;
    if (!Number.isSafeInteger(value)) throw this.unsafe();
    return value;
  }

  bigint(): bigint {
    this.varint64();
    words.setUint32(0, this.high);
    words.setUint32(4, this.low);
    return words.getBigInt64(0);
  }

  bool(): boolean {
    this.varint64();
    return this.low !== 0 || this.high !== 0;
  }

  double(): number {
    if (this.pos + 8 > this.end) throw this.truncated();
    const value = this.buffer.readDoubleLE(this.pos);
    this.pos += 8;
    return value;
  }

  bytes(): Uint8Array {
    const end = this.enter();
    const value = new Uint8Array(this.buffer.subarray(this.pos, end));
    this.pos = end;
    return value;
  }

  string(): string {
    const end = this.enter();
    const from = this.pos;
    this.pos = end;
    if (from === end) return "";
    const { buffer } = this;
    if (end - from > STRETCH_BYTES) return this.utf8(from, end);
    let all = 0;
    for (let i = from; i < end; i++) all |= buffer[i]!;
    if (all > 0x7f) return this.utf8(from, end);
    if (from < this.stretchFrom || end > this.stretchTo) {
      this.stretchFrom = from;
      this.stretchTo = Math.min(from + STRETCH_BYTES, this.limit);
      this.stretch = buffer.toString("latin1", from, this.stretchTo);
    }
    return this.stretch.substring(from - this.stretchFrom, end - this.stretchFrom);
  }

  private utf8(from: number, end: number): string {
    try {
      return utf8.decode(this.buffer.subarray(from, end));
    } catch {
      throw this.fault(`the text of ${end - from} bytes is no UTF-8`);
    }
  }

  /** Reads the length in front of something; returns its end. */
  enter(): number {
    const length = this.varint32("a length");
    const end = this.pos + length;
    if (end > this.end) throw this.truncated();
    return end;
  }

  /** Checks that what was read last ended where its length says. */
  leave(end: number): void {
    if (this.pos !== end) throw this.truncated();
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
