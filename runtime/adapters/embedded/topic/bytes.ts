import { Buffer } from "node:buffer";

/** Texts up to this many characters are copied by a loop: below it a call into Node costs more than it saves. */
const SHORT_TEXT = 48;

/** A buffer that grows as one writes into it. Numbers are varints, texts keep every UTF-16 code unit. */
export class ByteWriter {
  bytes: Buffer;
  position = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for that many more bytes. */
  reserve(length: number): void {
    if (this.position + length <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.position + length, 2 * this.bytes.length));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
  }

  /** A whole number, 0 ≤ n < 2^53, in seven bits a byte. Takes at most 8 bytes, which must be reserved. */
  varint(value: number): void {
    const { bytes } = this;
    let rest = value;
    while (rest >= 0x80000000) {
      bytes[this.position++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[this.position++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[this.position++] = rest;
  }

  /**
   * A text: twice its length, plus one when its characters take two bytes each because one is beyond Latin-1; then its
   * characters. UTF-8 would be shorter for some, but cannot keep a lone surrogate, and decodes at a third of the speed.
   */
  text(value: string): void {
    const { length } = value;
    this.reserve(8 + 2 * length);
    const start = this.position;
    this.varint(length * 2);
    const { bytes } = this;
    let position = this.position;
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      seen |= code;
      bytes[position++] = code;
    }
    this.position = position;
    if (seen <= 0xff) return;
    this.position = start;
    this.varint(length * 2 + 1);
    this.position += bytes.write(value, this.position, "utf16le");
  }

  /** Bytes, after their length. */
  block(value: Uint8Array): void {
    this.reserve(8 + value.length);
    this.varint(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }
}

/** Reads what a `ByteWriter` wrote. Throws a RangeError where the bytes end too early. */
export class ByteReader {
  readonly bytes: Buffer;
  position: number;

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const value = this.bytes[this.position++];
    if (value === undefined) throw new RangeError("bytes end too early");
    return value;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 128) return byte;
    let value = byte & 127;
    let factor = 128;
    do {
      byte = this.byte();
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127 && factor < 2 ** 56);
    return value;
  }

  text(): string {
    const head = this.varint();
    const length = Math.floor(head / 2);
    const wide = head % 2 === 1;
    const start = this.position;
    this.advance(wide ? 2 * length : length);
    if (wide) return this.bytes.toString("utf16le", start, this.position);
    if (length > SHORT_TEXT) return this.bytes.toString("latin1", start, this.position);
    let text = "";
    for (let index = start; index < this.position; index++) text += String.fromCharCode(this.bytes[index]!);
    return text;
  }

  /** Bytes, as a view into this reader's. */
  block(): Uint8Array {
    const length = this.varint();
    const start = this.position;
    this.advance(length);
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, length);
  }

  private advance(length: number): void {
    this.position += length;
    if (this.position > this.bytes.length) throw new RangeError("bytes end too early");
  }
}
