import type { Buffer } from "node:buffer";
import { BIG_VALUE, HEADER_BYTES, maxNodeBytes, NODE_BYTES, OVERFLOW_REFERENCE_BYTES } from "./lmdb-pages.ts";

const MAX_KEY_BYTES = 2_000;

/** A node of a leaf or a branch. */
export interface PageNode {
  readonly key: Buffer;
  readonly flags: number;
  /** The value, or what refers to it. */
  readonly value: Buffer;
  readonly size: number;
  /** Where on its page the value lies. */
  readonly at: number;
  /** The page that a branch's node, or a large value, leads to. */
  readonly child: number;
  readonly pages: number;
}

/** A page's nodes; or what is wrong with them. */
export function nodesOf(page: Buffer, isLeaf: boolean, pageBytes: number): PageNode[] | string {
  const room = pageBytes - HEADER_BYTES;
  const lower = page.readUInt16LE(20);
  const upper = page.readUInt16LE(22);
  const count = lower >> 1;
  if (page.readUInt16LE(16) !== 0 || lower % 2 !== 0 || lower > upper || upper > room) return "its header is damaged";
  if (count < (isLeaf ? 1 : 2)) return `it has ${count} nodes`;
  const nodes: PageNode[] = [];
  let used = 0;
  for (let index = 0; index < count; index++) {
    const offset = page.readUInt16LE(HEADER_BYTES + 2 * index);
    if (offset % 2 !== 0 || offset < upper || offset + NODE_BYTES > room) return `node ${index} lies outside of it`;
    const at = HEADER_BYTES + offset;
    const low = page.readUInt32LE(at);
    const flags = page.readUInt16LE(at + 4);
    const keyBytes = page.readUInt16LE(at + 6);
    const isBig = isLeaf && (flags & BIG_VALUE) !== 0;
    const valueBytes = !isLeaf ? 0 : isBig ? OVERFLOW_REFERENCE_BYTES : low;
    const bytes = NODE_BYTES + keyBytes + valueBytes;
    if (offset + bytes > room || keyBytes > MAX_KEY_BYTES) return `node ${index} does not fit it`;
    if (isLeaf && (keyBytes === 0 || flags > 3 || flags === 3)) return `node ${index} is of no known kind`;
    if (isLeaf && !isBig && bytes > maxNodeBytes(pageBytes)) return `node ${index} is too large for it`;
    used += bytes + (bytes % 2);
    const keyAt = at + NODE_BYTES;
    const value = page.subarray(keyAt + keyBytes, keyAt + keyBytes + valueBytes);
    nodes.push({
      key: page.subarray(keyAt, keyAt + keyBytes),
      flags: isLeaf ? flags : 0,
      value,
      size: low,
      at: keyAt + keyBytes,
      child: isLeaf ? (isBig ? Number(value.readBigUInt64LE(0)) : 0) : low + flags * 2 ** 32,
      pages: isBig ? Number(value.readBigUInt64LE(16)) : 0,
    });
  }
  return used === room - upper ? nodes : "its nodes do not fill it";
}

/** Native whole numbers of equal size; of unequal ones only that they differ. */
export function compareIntegers(a: Buffer, b: Buffer): number {
  if (a.length !== b.length || (a.length !== 4 && a.length !== 8)) return 0;
  for (let index = a.length - 1; index >= 0; index--) if (a[index] !== b[index]) return a[index]! - b[index]!;
  return 0;
}

/**
 * Reads a list of free pages: its length, then page numbers; 0 stands for nothing, and a negative number for how many
 * pages there are from the next one's on.
 */
export function readFree(list: Buffer, take: (page: number) => boolean): string | undefined {
  const words = list.length / 8;
  if (!Number.isInteger(words) || words < 1) return "a list of free pages is damaged";
  const count = Number(list.readBigInt64LE(0));
  if (count < 0 || count >= words) return "a list of free pages is damaged";
  for (let index = 1; index <= count; index++) {
    const word = Number(list.readBigInt64LE(8 * index));
    if (word === 0) continue;
    if (word > 0) {
      if (!take(word)) return undefined;
      continue;
    }
    index++;
    if (index > count || word < -(2 ** 31)) return "a list of free pages is damaged";
    const first = Number(list.readBigInt64LE(8 * index));
    for (let page = first; page < first - word; page++) if (!take(page)) return undefined;
  }
  return undefined;
}
