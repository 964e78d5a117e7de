import { NumberReader } from "./wire-number-reader.ts";

/**
 * Texts up to this length are cut out of a stretch of bytes that was turned into one string at once: that saves a call
 * into native code for each. It also bounds what a text that somebody keeps can keep alive.
 */
const STRETCH_BYTES = 1_024;

const NOTHING: Buffer = Buffer.alloc(0);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads single values out of bytes that anybody may have written: on whatever is none it throws an Error. */
export class ScalarReader extends NumberReader {
  /** The view of a whole underlying buffer that was made last. */
  private whole = NOTHING;
  /** Where the outermost message ends. */
  private limit = 0;
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
}
