import { Buffer } from "node:buffer";
import { closeSync, openSync, writeSync } from "node:fs";

/**
 * Lengthens a file, so that no read of a mapped page can end the process: LMDB leaves out pages at the end that it
 * allocated and freed in one transaction.
 */
export function lengthen(file: string, bytes: number): void {
  const descriptor = openSync(file, "a");
  try {
    const zeros = Buffer.alloc(Math.min(bytes, 1 << 20));
    for (let left = bytes; left > 0; left -= zeros.length)
      writeSync(descriptor, zeros, 0, Math.min(left, zeros.length));
  } finally {
    closeSync(descriptor);
  }
}
