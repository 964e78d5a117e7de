import { inflateSync, zstdDecompressSync } from "node:zlib";

/** PulsarApi.proto's CompressionType. */
const NONE = 0;
const LZ4 = 1;
const ZLIB = 2;
const ZSTD = 3;
const SNAPPY = 4;

/** The most that is made of any message: many times what a broker takes by default, and no danger to a process. */
const MAX_BYTES = 256 * 1_024 * 1_024;

/**
 * What another client compressed, for this one never does. Throws a RangeError where it can't be that, or is not of the
 * size that it came with.
 */
export function decompress(type: number, bytes: number, compressed: Buffer): Buffer {
  if (type === NONE) return compressed;
  if (bytes < 0 || bytes > MAX_BYTES) throw new RangeError(`a message says that it has ${bytes} bytes uncompressed`);
  const content = decompressAs(type, bytes, compressed);
  if (content.length === bytes) return content;
  throw new RangeError(`a message of ${bytes} bytes has ${content.length} once it is uncompressed`);
}

function decompressAs(type: number, bytes: number, compressed: Buffer): Buffer {
  // Node takes no 0 for a largest length.
  const options = { maxOutputLength: Math.max(1, bytes) };
  try {
    if (type === ZLIB) return inflateSync(compressed, options);
    if (type === ZSTD) return zstdDecompressSync(compressed, options);
  } catch (error) {
    throw new RangeError(`a message can't be uncompressed: ${error instanceof Error ? error.message : error}`);
  }
  if (type === LZ4) return lz4(compressed, bytes);
  if (type === SNAPPY) return snappy(compressed, bytes);
  throw new RangeError(`a message is compressed in the unknown way ${type}`);
}

/** Where bytes are read from, and written to behind what was written before. */
class Copier {
  readonly from: Buffer;
  readonly to: Buffer;
  at = 0;
  written = 0;

  constructor(from: Buffer, bytes: number) {
    this.from = from;
    this.to = Buffer.allocUnsafe(bytes);
  }

  byte(): number {
    if (this.at >= this.from.length) throw new RangeError("a compressed message is cut off");
    return this.from[this.at++]!;
  }

  literal(count: number): void {
    if (this.at + count > this.from.length) throw new RangeError("a compressed message is cut off");
    this.#checkRoom(count);
    this.from.copy(this.to, this.written, this.at, this.at + count);
    this.at += count;
    this.written += count;
  }

  /** Repeats what lies that far back, which may reach into what it writes. */
  repeat(distance: number, count: number): void {
    if (distance < 1 || distance > this.written) throw new RangeError("a compressed message repeats what is not there");
    this.#checkRoom(count);
    for (const end = this.written + count; this.written < end; this.written++) {
      this.to[this.written] = this.to[this.written - distance]!;
    }
  }

  #checkRoom(count: number): void {
    if (this.written + count > this.to.length) throw new RangeError("a compressed message is larger than it says");
  }

  get result(): Buffer {
    return this.to.subarray(0, this.written);
  }
}

/** A block of LZ4, which Node does not have: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md. */
function lz4(compressed: Buffer, bytes: number): Buffer {
  const copier = new Copier(compressed, bytes);
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) {
      let more: number;
      do {
        more = copier.byte();
        length += more;
      } while (more === 255);
    }
    return length;
  };
  while (copier.at < compressed.length) {
    const token = copier.byte();
    copier.literal(lengthOf(token >> 4));
    if (copier.at === compressed.length) break;
    const distance = copier.byte() | (copier.byte() << 8);
    copier.repeat(distance, lengthOf(token & 15) + 4);
  }
  return copier.result;
}

/** Snappy without frames, which Node does not have: https://github.com/google/snappy/blob/main/format_description.txt. */
function snappy(compressed: Buffer, bytes: number): Buffer {
  const copier = new Copier(compressed, bytes);
  const little = (count: number): number => {
    let value = 0;
    for (let index = 0; index < count; index++) value += copier.byte() * 256 ** index;
    return value;
  };
  // The length that it begins with is the one that came beside it.
  while (copier.byte() > 0x7f);
  while (copier.at < compressed.length) {
    const tag = copier.byte();
    const upper = tag >> 2;
    switch (tag & 3) {
      case 0:
        copier.literal(1 + (upper < 60 ? upper : little(upper - 59)));
        break;
      case 1:
        copier.repeat(((tag >> 5) << 8) | copier.byte(), 4 + (upper & 7));
        break;
      case 2:
        copier.repeat(little(2), 1 + upper);
        break;
      default:
        copier.repeat(little(4), 1 + upper);
    }
  }
  return copier.result;
}
