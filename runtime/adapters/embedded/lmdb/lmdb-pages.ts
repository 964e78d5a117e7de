import type { Buffer } from "node:buffer";

/*
 * The layout of LMDB's pages as lmdb 3.5 writes them (data format 2, 64 bits, little-endian; mdb.c). A page has a header
 * of 24 bytes: its number (8), the transaction that wrote it (8), padding (2), flags (2), and then where its free space
 * begins and ends (2 + 2), or on an overflow page for how many pages it stands (4). Offsets within a page count from the
 * header's end. Branch and leaf pages have an array of offsets of their nodes, sorted by key, and the nodes at their end.
 *
 * A node: 4 bytes of size (or page number), 2 of flags (or the page number's rest), 2 of the key's size, key, value.
 */

export const HEADER_BYTES = 24;
export const NODE_BYTES = 8;
export const BRANCH = 0x01;
export const LEAF = 0x02;
export const OVERFLOW = 0x04;
const META = 0x08;
/** The value lies on overflow pages. */
export const BIG_VALUE = 0x01;
/** The value is a table. */
export const IS_TABLE = 0x02;
export const TABLE_BYTES = 48;
export const OVERFLOW_REFERENCE_BYTES = 24;
/** Keys are native whole numbers. */
export const INTEGER_KEYS = 0x08;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const DUPLICATE_KEYS = 0x04;
const MAGIC = 0xbeefc0de;
export const DATA_FORMAT = 2;
export const OTHER_FORMAT = "says data format";
/** More than any folder takes. */
const MAX_MAP_BYTES = 2n ** 44n;

/** A tree: the root of what a table holds, and counts. */
export interface Tree {
  readonly pad: number;
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** `undefined` where it is empty. */
  readonly root: number | undefined;
}

export interface Meta {
  readonly pageBytes: number;
  readonly format: number;
  readonly mapBytes: bigint;
  readonly free: Tree;
  readonly main: Tree;
  readonly lastPage: number;
  readonly transaction: number;
  readonly boot: bigint;
}

export function readTree(bytes: Buffer, at: number): Tree {
  const root = bytes.readBigUInt64LE(at + 40);
  return {
    pad: bytes.readUInt32LE(at),
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    branchPages: Number(bytes.readBigUInt64LE(at + 8)),
    leafPages: Number(bytes.readBigUInt64LE(at + 16)),
    overflowPages: Number(bytes.readBigUInt64LE(at + 24)),
    entries: Number(bytes.readBigUInt64LE(at + 32)),
    root: root === NO_PAGE ? undefined : Number(root),
  };
}

export function writeTree(bytes: Buffer, at: number, tree: Tree): void {
  bytes.writeUInt32LE(tree.pad, at);
  bytes.writeUInt16LE(tree.flags, at + 4);
  bytes.writeUInt16LE(tree.depth, at + 6);
  bytes.writeBigUInt64LE(BigInt(tree.branchPages), at + 8);
  bytes.writeBigUInt64LE(BigInt(tree.leafPages), at + 16);
  bytes.writeBigUInt64LE(BigInt(tree.overflowPages), at + 24);
  bytes.writeBigUInt64LE(BigInt(tree.entries), at + 32);
  bytes.writeBigUInt64LE(tree.root === undefined ? NO_PAGE : BigInt(tree.root), at + 40);
}

/** Reads one of the two meta pages, or says what is wrong with it. */
export function readMeta(page: Buffer, index: number): Meta | string {
  if (page.length < HEADER_BYTES + 144) return "is cut off";
  if (page.readUInt32LE(24) !== MAGIC || page.readUInt16LE(18) !== META) return "is not LMDB's";
  if (page.readBigUInt64LE(0) !== BigInt(index)) return "has another page's number";
  const format = page.readUInt32LE(28);
  if (format !== DATA_FORMAT) return `${OTHER_FORMAT} ${format}, not ${DATA_FORMAT}`;
  const meta: Meta = {
    format,
    mapBytes: page.readBigUInt64LE(40),
    pageBytes: page.readUInt32LE(48),
    free: readTree(page, 48),
    main: readTree(page, 96),
    lastPage: Number(page.readBigUInt64LE(144)),
    transaction: Number(page.readBigUInt64LE(152)),
    boot: page.readBigInt64LE(160),
  };
  const { pageBytes, lastPage, transaction, mapBytes } = meta;
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0)
    return `says pages of ${pageBytes} bytes`;
  if (!Number.isSafeInteger(lastPage) || lastPage < 1 || lastPage > 2 ** 40) return `says ${lastPage} pages`;
  if (!Number.isSafeInteger(transaction)) return `says transaction ${transaction}`;
  // Transaction n writes meta page n % 2.
  if (transaction !== 0 && transaction % 2 !== index) return `says transaction ${transaction}, which is the other's`;
  if (mapBytes > MAX_MAP_BYTES || mapBytes < BigInt((lastPage + 1) * pageBytes))
    return `says a map of ${mapBytes} bytes`;
  if ((meta.free.flags & ~0x1408) !== 0 || (meta.main.flags & (DUPLICATE_KEYS | ~0x1100)) !== 0)
    return "has unknown flags";
  for (const { root } of [meta.free, meta.main]) {
    if (root !== undefined && (root < 2 || root > lastPage)) return `says that page ${root} of ${lastPage} is a root`;
  }
  return meta;
}

export function writeMeta(page: Buffer, index: number, meta: Meta): void {
  page.writeBigUInt64LE(BigInt(index), 0);
  page.writeUInt16LE(META, 18);
  page.writeUInt32LE(MAGIC, 24);
  page.writeUInt32LE(meta.format, 28);
  page.writeBigUInt64LE(meta.mapBytes, 40);
  writeTree(page, 48, meta.free);
  writeTree(page, 96, meta.main);
  page.writeBigUInt64LE(BigInt(meta.lastPage), 144);
  page.writeBigUInt64LE(BigInt(meta.transaction), 152);
  page.writeBigInt64LE(meta.boot, 160);
}

/** The largest node that stays on its page. */
export const maxNodeBytes = (pageBytes: number): number => ((((pageBytes - HEADER_BYTES) / 2) >>> 0) & ~1) - 2;

/** How many overflow pages a value of that many bytes takes. */
export const overflowPagesOf = (bytes: number, pageBytes: number): number =>
  Math.floor((HEADER_BYTES - 1 + bytes) / pageBytes) + 1;
