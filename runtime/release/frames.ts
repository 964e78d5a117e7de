import { Buffer } from "node:buffer";
import type { Outcome, TaskRecord } from "../contract/contract.ts";

/** What a worker that holds tasks says to one that runs some of them. */
export type Asked =
  | { readonly kind: "run"; readonly number: number; readonly subscriber: string; readonly record: TaskRecord }
  | { readonly kind: "ping" };

/** What that one answers. */
export type Answered =
  | {
      readonly kind: "ended";
      readonly number: number;
      readonly outcome: Outcome;
      /** How long its handler ran; 0: it was not called. */
      readonly tookMs: number;
    }
  /** `memory`: the part of what it may have that it uses, from 0 to 1. */
  | { readonly kind: "pong"; readonly memory: number }
  /** It ends what it has, and takes nothing more. */
  | { readonly kind: "leaving" };

const LENGTH_BYTES = 4;
/** Above the largest event that a transport takes, written in base 64, with its envelope. */
const LARGEST = 16 * 1024 * 1024;

/** Writes a frame: its length in 4 bytes, then JSON. */
export function frameOf(value: Asked | Answered): Buffer {
  const text = JSON.stringify(value, (_, part) => {
    return part instanceof Uint8Array ? { base64: Buffer.from(part).toString("base64") } : part;
  });
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  frame.writeUInt32BE(length);
  frame.write(text, LENGTH_BYTES);
  return frame;
}

/** Cuts what arrives into frames. Throws on what is none. */
export function createFrameReader<T extends Asked | Answered>(): (chunk: Buffer) => readonly T[] {
  let chunks: Buffer[] = [];
  let held = 0;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    const frames: T[] = [];
    while (held >= LENGTH_BYTES) {
      if (chunks[0]!.length < LENGTH_BYTES) chunks = [Buffer.concat(chunks)];
      const length = chunks[0]!.readUInt32BE();
      if (length > LARGEST) throw new RangeError(`a frame of ${length} bytes; the longest is ${LARGEST}`);
      if (held < LENGTH_BYTES + length) break;
      const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      frames.push(partsOf(all.toString("utf8", LENGTH_BYTES, LENGTH_BYTES + length)) as T);
      chunks = [all.subarray(LENGTH_BYTES + length)];
      held -= LENGTH_BYTES + length;
    }
    return frames;
  };
}

function partsOf(text: string): unknown {
  return JSON.parse(text, (key, part) => {
    return key === "payload" && typeof part?.base64 === "string" ? Buffer.from(part.base64, "base64") : part;
  });
}
