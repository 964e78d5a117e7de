import { Buffer } from "node:buffer";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Pages that lie beside each other mostly are read one after another. */
const WINDOW_BYTES = 256 * 1024;

export type PageReader = ReturnType<typeof openPageReader>;

/** Reads a file's pages by ordinary reads, which fail where a mapped page would end the process. */
export function openPageReader(file: string) {
  const descriptor = openSync(file, "r");
  const { size } = fstatSync(descriptor);
  const window = Buffer.alloc(WINDOW_BYTES);
  let start = 0;
  let end = 0;

  return {
    size,
    /** Bytes from a position on, shorter where the file ends; valid until the next call. */
    at(position: number, length: number): Buffer {
      if (position < start || position + length > end) {
        const bytes = length > WINDOW_BYTES ? Buffer.alloc(length) : window;
        const read = readSync(descriptor, bytes, 0, bytes.length, position);
        if (bytes !== window) return bytes.subarray(0, read);
        start = position;
        end = position + read;
      }
      return window.subarray(position - start, Math.min(position - start + length, end - start));
    },
    close: (): void => closeSync(descriptor),
  };
}
