import { crc32c } from "./crc32c.ts";

/*
 * A frame is its size, a command's size and the command; of a message also a magic number, a checksum of what follows it,
 * the metadata's size, the metadata and the payload. Sizes have four bytes, and do not count themselves.
 */

const SIZE_BYTES = 4;
const MAGIC = 0x0e01;
const MAGIC_BYTES = 2;
/** What a message takes beyond its metadata and payload. */
const AROUND_BYTES = 10 * 1_024;

/** A frame's parts: views of it. */
export interface Frame {
  readonly command: Buffer;
  /** Only of messages. */
  readonly metadata: Buffer | undefined;
  readonly payload: Buffer | undefined;
}

export function frameOf(command: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(2 * SIZE_BYTES + command.length);
  frame.writeUInt32BE(SIZE_BYTES + command.length, 0);
  frame.writeUInt32BE(command.length, SIZE_BYTES);
  command.copy(frame, 2 * SIZE_BYTES);
  return frame;
}

/** What goes before a message's payload. */
export function headOf(command: Buffer, metadata: Buffer, payload: Uint8Array): Buffer {
  const headBytes = 3 * SIZE_BYTES + command.length + MAGIC_BYTES + SIZE_BYTES + metadata.length;
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32BE(headBytes - SIZE_BYTES + payload.length, 0);
  head.writeUInt32BE(command.length, SIZE_BYTES);
  let at = 2 * SIZE_BYTES + command.copy(head, 2 * SIZE_BYTES);
  at = head.writeUInt16BE(MAGIC, at);
  const sumAt = at;
  at += SIZE_BYTES;
  head.writeUInt32BE(metadata.length, at);
  metadata.copy(head, at + SIZE_BYTES);
  head.writeUInt32BE(crc32c(payload, crc32c(head.subarray(at))), sumAt);
  return head;
}

/** Throws a RangeError where it is no frame, or damaged. */
export function openFrame(frame: Buffer): Frame {
  const commandEnd = endOfSized(frame, 0, "command");
  const command = frame.subarray(SIZE_BYTES, commandEnd);
  if (commandEnd === frame.length) return { command, metadata: undefined, payload: undefined };
  let at = commandEnd;
  if (frame.length >= at + MAGIC_BYTES + SIZE_BYTES && frame.readUInt16BE(at) === MAGIC) {
    const sum = frame.readUInt32BE(at + MAGIC_BYTES);
    at += MAGIC_BYTES + SIZE_BYTES;
    const found = crc32c(frame.subarray(at));
    if (found !== sum) throw new RangeError(`a message's checksum is ${found}, and it came with ${sum}`);
  }
  const metadataEnd = endOfSized(frame, at, "message's metadata");
  return {
    command,
    metadata: frame.subarray(at + SIZE_BYTES, metadataEnd),
    payload: frame.subarray(metadataEnd),
  };
}

function endOfSized(frame: Buffer, at: number, what: string): number {
  if (frame.length < at + SIZE_BYTES) throw new RangeError(`a frame of ${frame.length} bytes ends within its sizes`);
  const size = frame.readUInt32BE(at);
  const end = at + SIZE_BYTES + size;
  if (end > frame.length) throw new RangeError(`a ${what} of ${size} bytes is in a frame of ${frame.length}`);
  return end;
}

export interface FrameReader {
  /** Takes in what arrived, and tells of each frame that is whole. Throws a RangeError where there can be no such frame. */
  push(chunk: Buffer): void;
  /** The largest message that the broker takes. */
  setMaxMessageBytes(bytes: number): void;
}

/** Cuts what arrives into frames, each without its size; most are views of what arrived. */
export function createFrameReader(maxMessageBytes: number, onFrame: (frame: Buffer) => void): FrameReader {
  let most = maxMessageBytes + AROUND_BYTES;
  /** Less than a size, which has not arrived in full. */
  let start: Buffer = Buffer.alloc(0);
  /** A frame whose rest has not arrived. */
  let frame: Buffer | undefined;
  let filled = 0;

  function checkSize(size: number): number {
    if (size >= SIZE_BYTES && size <= most) return size;
    throw new RangeError(`a frame says that it has ${size} bytes; ${SIZE_BYTES} to ${most} are possible`);
  }

  /** Adds to the frame that has begun. Returns where the next one begins. */
  function fill(begun: Buffer, chunk: Buffer, from: number): number {
    const count = Math.min(begun.length - filled, chunk.length - from);
    chunk.copy(begun, filled, from, from + count);
    filled += count;
    if (filled === begun.length) {
      frame = undefined;
      onFrame(begun);
    }
    return from + count;
  }

  return {
    push(arrived) {
      const chunk = start.length > 0 ? Buffer.concat([start, arrived]) : arrived;
      start = Buffer.alloc(0);
      let at = frame ? fill(frame, chunk, 0) : 0;
      while (at < chunk.length) {
        const from = at + SIZE_BYTES;
        if (from > chunk.length) {
          start = Buffer.from(chunk.subarray(at));
          return;
        }
        const size = checkSize(chunk.readUInt32BE(at));
        at = from + size;
        if (at <= chunk.length) onFrame(chunk.subarray(from, at));
        else {
          frame = Buffer.allocUnsafe(size);
          filled = 0;
          at = fill(frame, chunk, from);
        }
      }
    },
    setMaxMessageBytes(bytes) {
      most = bytes + AROUND_BYTES;
    },
  };
}
