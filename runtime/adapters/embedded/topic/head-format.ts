import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/*
 * A partition's head: the version that lmdb keeps beside a value, 8 bytes, is the offset of the next record; the value is
 * a CRC-32 of partition and offset. Releases before 0.2 wrote one zero byte as the value.
 */

/** The row that holds all topics once more, in a table of its own pages: without topics no record has a place. */
export const TOPICS_COPY = 0xffffffff;

const VERSION_BYTES = 8;
const VALUE_BYTES = 5;
const FORMAT = 1;

const input = Buffer.alloc(12);

/** The value to be kept beside a head. */
export function headValue(partition: number, head: number): Buffer {
  input.writeUInt32LE(partition, 0);
  input.writeDoubleLE(head, 4);
  const value = Buffer.allocUnsafe(VALUE_BYTES);
  value[0] = FORMAT;
  value.writeUInt32LE(crc32(input), 1);
  return value;
}

/** A head as it lies in the file. */
export function writeHead(partition: number, head: number): Buffer {
  const bytes = Buffer.alloc(VERSION_BYTES + VALUE_BYTES);
  bytes.writeDoubleLE(head, 0);
  headValue(partition, head).copy(bytes, VERSION_BYTES);
  return bytes;
}

export const headOf = (bytes: Buffer): number => bytes.readDoubleLE(0);

export function isHeadWhole(partition: number, bytes: Buffer): boolean {
  if (bytes.length <= VERSION_BYTES) return false;
  const head = headOf(bytes);
  if (!Number.isSafeInteger(head) || head < 0) return false;
  const value = bytes.subarray(VERSION_BYTES);
  if (value.length === 1) return value[0] === 0;
  return value.equals(headValue(partition, head));
}
