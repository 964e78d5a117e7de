import { Buffer } from "node:buffer";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import {
  BIG_VALUE,
  BRANCH,
  DATA_FORMAT,
  HEADER_BYTES,
  IS_TABLE,
  LEAF,
  maxNodeBytes,
  NODE_BYTES,
  OVERFLOW,
  OVERFLOW_REFERENCE_BYTES,
  overflowPagesOf,
  TABLE_BYTES,
  type Tree,
  writeMeta,
  writeTree,
} from "./lmdb-pages.ts";

/** A table to be written. */
export interface WrittenTable {
  readonly name: string;
  /** As LMDB keeps them. */
  readonly flags: number;
  /** In the order of LMDB's keys, none twice. */
  readonly records: Iterable<{ readonly key: Buffer; readonly value: Buffer }>;
}

interface Node {
  readonly key: Buffer;
  /** The page that a branch's node leads to. */
  readonly child?: number;
  readonly flags?: number;
  /** The value, or what refers to it. */
  readonly value?: Buffer;
  /** Of the value itself. */
  readonly size?: number;
}

const TRANSACTION = 1;
const NOTHING = Buffer.alloc(0);
const MAP_STEP = 64 * 1024;

/** Writes a new LMDB file that holds those tables and nothing else, and syncs it to the disk. */
export function writeLmdbFile(file: string, pageBytes: number, tables: readonly WrittenTable[]): void {
  const descriptor = openSync(file, "wx", 0o664);
  try {
    let pages = 2;

    function write(page: Buffer, number: number): void {
      for (let done = 0; done < page.length; ) {
        done += writeSync(descriptor, page, done, page.length - done, number * pageBytes + done);
      }
    }

    function headerOf(bytes: Buffer, number: number, flags: number): Buffer {
      bytes.writeBigUInt64LE(BigInt(number), 0);
      bytes.writeBigUInt64LE(BigInt(TRANSACTION), 8);
      bytes.writeUInt16LE(flags, 18);
      return bytes;
    }

    function writeNodes(nodes: readonly Node[], flags: number): { key: Buffer; child: number } {
      const number = pages++;
      const page = headerOf(Buffer.alloc(pageBytes), number, flags);
      let upper = pageBytes - HEADER_BYTES;
      for (const [index, node] of nodes.entries()) {
        upper -= evenBytesOf(node);
        page.writeUInt16LE(upper, HEADER_BYTES + 2 * index);
        const at = HEADER_BYTES + upper;
        const low = node.child ?? node.size!;
        page.writeUInt32LE(low % 2 ** 32, at);
        page.writeUInt16LE(node.child === undefined ? node.flags! : Math.floor(node.child / 2 ** 32), at + 4);
        page.writeUInt16LE(node.key.length, at + 6);
        node.key.copy(page, at + NODE_BYTES);
        node.value?.copy(page, at + NODE_BYTES + node.key.length);
      }
      page.writeUInt16LE(2 * nodes.length, 20);
      page.writeUInt16LE(upper, 22);
      write(page, number);
      return { key: nodes[0]!.key, child: number };
    }

    function writeBig(value: Buffer): Buffer {
      const count = overflowPagesOf(value.length, pageBytes);
      const bytes = headerOf(Buffer.alloc(count * pageBytes), pages, OVERFLOW);
      bytes.writeUInt32LE(count, 20);
      value.copy(bytes, HEADER_BYTES);
      write(bytes, pages);
      const reference = Buffer.alloc(OVERFLOW_REFERENCE_BYTES);
      reference.writeBigUInt64LE(BigInt(pages), 0);
      reference.writeBigUInt64LE(BigInt(TRANSACTION), 8);
      reference.writeBigUInt64LE(BigInt(count), 16);
      pages += count;
      return reference;
    }

    function writeTable(flags: number, records: Iterable<Node>): Tree {
      const tree = { pad: 0, flags, depth: 0, branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };
      let level: { key: Buffer; child: number }[] = [];
      for (const nodes of pagesOf(records)) {
        tree.entries += nodes.length;
        level.push(writeNodes(nodes, LEAF));
      }
      if (level.length === 0) return { ...tree, root: undefined };
      tree.depth = 1;
      tree.leafPages = level.length;
      while (level.length > 1) {
        const groups = [...pagesOf(level)];
        // A branch has two children at least.
        if (groups.at(-1)!.length === 1) groups.at(-1)!.unshift(groups.at(-2)!.pop()!);
        level = groups.map((group) => {
          const first = group[0]!.key;
          const { child } = writeNodes(
            group.map((node, index) => (index === 0 ? { ...node, key: NOTHING } : node)),
            BRANCH,
          );
          return { key: first, child };
        });
        tree.depth++;
        tree.branchPages += level.length;
      }
      return { ...tree, root: level[0]!.child };
    }

    /** Nodes as many as a page holds at a time. */
    function* pagesOf<N extends Node>(nodes: Iterable<N>): Iterable<N[]> {
      let page: N[] = [];
      let used = 0;
      for (const node of nodes) {
        const bytes = evenBytesOf(node) + 2;
        if (used + bytes > pageBytes - HEADER_BYTES) {
          yield page;
          page = [];
          used = 0;
        }
        page.push(node);
        used += bytes;
      }
      if (page.length > 0) yield page;
    }

    const trees = tables.map(({ name, flags, records }): Node => {
      let overflowPages = 0;
      function* nodes(): Iterable<Node> {
        for (const { key, value } of records) {
          const isBig = NODE_BYTES + key.length + value.length > maxNodeBytes(pageBytes);
          if (isBig) overflowPages += overflowPagesOf(value.length, pageBytes);
          yield {
            key: Buffer.from(key),
            flags: isBig ? BIG_VALUE : 0,
            value: isBig ? writeBig(value) : Buffer.from(value),
            size: value.length,
          };
        }
      }
      const tree = writeTable(flags, nodes());
      const value = Buffer.alloc(TABLE_BYTES);
      writeTree(value, 0, { ...tree, overflowPages });
      return { key: Buffer.from(`${name}\0`, "latin1"), flags: IS_TABLE, value, size: TABLE_BYTES };
    });
    const main = writeTable(
      0,
      trees.sort((a, b) => Buffer.compare(a.key, b.key)),
    );

    const empty: Tree = {
      ...{ pad: pageBytes, flags: 8, depth: 0, branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 },
      root: undefined,
    };
    const mapBytes = BigInt(Math.ceil((pages * pageBytes) / MAP_STEP) * MAP_STEP);
    const common = { pageBytes, format: DATA_FORMAT, mapBytes, free: empty, boot: 0n };
    for (const index of [0, 1]) {
      const page = Buffer.alloc(pageBytes);
      writeMeta(page, index, {
        ...common,
        main: index === TRANSACTION ? main : { ...empty, pad: 0, flags: 0 },
        lastPage: index === TRANSACTION ? pages - 1 : 1,
        transaction: index,
      });
      write(page, index);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function evenBytesOf({ key, value }: Node): number {
  const bytes = NODE_BYTES + key.length + (value?.length ?? 0);
  return bytes + (bytes % 2);
}
