import { Buffer } from "node:buffer";
import { closeSync, openSync, readSync, statSync, writeSync } from "node:fs";

/*
 * LMDB maps its file into memory: where the file is shorter than its header says, reading ends the process with SIGBUS,
 * which nothing can catch. So the header is read here first, by ordinary reads. The layout is that of LMDB's data
 * format 2: two meta pages, each a 24-byte page header and then MDB_meta (mdb.c).
 */

const MAGIC = 0xbeefc0de;
const DATA_FORMAT = 2;
const META_FLAG = 0x08;
const META_BYTES = 24 + 144;

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/**
 * How many bytes an LMDB data file lacks at its end; `undefined` where there is none yet. Usually 0; LMDB itself leaves
 * out pages at the end that it allocated and freed in one transaction, so a difference alone is no damage. Throws what
 * `damaged` makes of the finding when the file is not LMDB's, or lost its header.
 */
export function missingBytes(file: string, damaged: (finding: string) => Error): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats || stats.size === 0) return undefined;
  const descriptor = openSync(file, "r");
  try {
    const first = readMeta(descriptor, 0, damaged);
    const second = readMeta(descriptor, first.pageBytes, damaged);
    const { lastPage, pageBytes } = first.transaction > second.transaction ? first : second;
    // The size comes after the header: another process may be growing the file, and writes pages before headers.
    return Math.max(0, (Number(lastPage) + 1) * pageBytes - statSync(file).size);
  } finally {
    closeSync(descriptor);
  }
}

/** Lengthens a file, so that no read of its pages can end the process. Appending cannot hit another process' pages. */
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

function readMeta(descriptor: number, position: number, damaged: (finding: string) => Error): Meta {
  const page = Buffer.alloc(META_BYTES);
  const read = readSync(descriptor, page, 0, META_BYTES, position);
  const where = `the header at byte ${position}`;
  if (read < META_BYTES) throw damaged(`the file ends in ${where}; it was truncated`);
  if (page.readUInt32LE(24) !== MAGIC || (page.readUInt16LE(18) & META_FLAG) === 0) {
    throw damaged(`${where} is not that of an LMDB file`);
  }
  const format = page.readUInt16LE(28);
  if (format !== DATA_FORMAT) throw damaged(`${where} says LMDB data format ${format}, not ${DATA_FORMAT}`);
  const pageBytes = page.readUInt32LE(48);
  const isPowerOfTwo = (pageBytes & (pageBytes - 1)) === 0;
  if (pageBytes < 256 || pageBytes > 65_536 || !isPowerOfTwo) {
    throw damaged(`${where} says pages of ${pageBytes} bytes`);
  }
  return { pageBytes, lastPage: page.readBigUInt64LE(144), transaction: page.readBigUInt64LE(152) };
}
