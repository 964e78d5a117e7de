import { Buffer } from "node:buffer";
import { compareIntegers, nodesOf, type PageNode, readFree } from "./lmdb-nodes.ts";
import {
  BIG_VALUE,
  BRANCH,
  HEADER_BYTES,
  INTEGER_KEYS,
  IS_TABLE,
  LEAF,
  type Meta,
  OTHER_FORMAT,
  OVERFLOW,
  overflowPagesOf,
  readMeta,
  readTree,
  TABLE_BYTES,
  type Tree,
} from "./lmdb-pages.ts";
import type { PageReader } from "./page-reader.ts";

/*
 * LMDB maps its file and follows what is written there: one wrong page number ends the process by a signal, or gives
 * wrong data, or writes over good pages. So before LMDB opens a file that nobody has open, all pages but the rest of
 * large values are looked at here, by ordinary reads: that each is what its parent says, reached once and listed as free
 * by nobody, with nodes that fit it and keys in order and within its parent's bounds, and that all counts are right.
 */

/** A record of a table. */
export interface RawRecord {
  /** Valid during the call that it is given to. */
  readonly key: Buffer;
  /** Where the value lies in the file. */
  readonly position: number;
  readonly valueBytes: number;
  /** The leaf it is on, and the transaction that wrote that. */
  readonly page: number;
  readonly transaction: number;
}

export const asRecord = (node: PageNode, page: number, pageBytes: number, transaction: number): RawRecord => ({
  key: node.key,
  page,
  position: node.flags & BIG_VALUE ? node.child * pageBytes + HEADER_BYTES : page * pageBytes + node.at,
  valueBytes: node.size,
  transaction,
});

/** Reads a record's value, or its beginning; valid until the next call. */
export type ReadValue = (record: RawRecord, length?: number) => Buffer;

/** Called with each record of each table, in the order of keys. */
export type OnRecord = (table: string, record: RawRecord, read: ReadValue) => void;

export interface Scan {
  /** What is wrong, each a sentence's part; empty for a file that LMDB may open. */
  readonly findings: readonly string[];
  /** The state of the last transaction whose meta page is sound. */
  readonly meta: Meta | undefined;
  /** By name, without the zero that lmdb ends it with. */
  readonly tables: ReadonlyMap<string, Tree>;
  /** Bytes that the last pages, which nobody uses, lack at the end of the file. */
  readonly missingBytes: number;
  readonly pageBytes: number;
  /**
   * Whether a page may hold what no sound page leads to any more: it lies below some damage. Where it is not known what
   * is free, former states of pages are among them.
   */
  isOrphan(page: number): boolean;
}

const MAX_DEPTH = 32;
const MAX_FINDINGS = 50;

/** Looks at a file; one without any page has no findings and no meta. */
export function scanLmdbFile(reader: PageReader, onRecord: OnRecord = () => {}): Scan {
  const findings: string[] = [];
  const tables = new Map<string, Tree>();
  const find = (finding: string) => {
    if (findings.length < MAX_FINDINGS) findings.push(finding);
  };
  const meta = reader.size === 0 ? undefined : soundMeta(reader, find);
  if (!meta) return { findings, meta, tables, missingBytes: 0, pageBytes: 4_096, isOrphan: () => true };
  const { pageBytes, lastPage } = meta;
  /** 1: part of a tree, 2: free. */
  const use = new Uint8Array(lastPage + 1);
  use[0] = use[1] = 1;
  const whole = Math.min(lastPage, Math.floor(reader.size / pageBytes) - 1);

  function take(page: number, kind: 1 | 2, by: string): boolean {
    if (page < 2 || page > lastPage) find(`${by} leads to page ${page} of ${lastPage}`);
    else if (use[page] !== 0) find(`${by} leads to page ${page}, which something else uses`);
    else {
      use[page] = kind;
      return true;
    }
    return false;
  }

  /** The page, when its header is as it must be. */
  function pageAt(number: number, flags: number, by: string): Buffer | undefined {
    if (number > whole) {
      find(`page ${number} lies beyond the file's end`);
      return undefined;
    }
    const page = reader.at(number * pageBytes, pageBytes);
    if (page.readBigUInt64LE(0) !== BigInt(number)) find(`page ${number} has another one's number (${by})`);
    else if (page.readUInt16LE(18) !== flags)
      find(`page ${number} is of kind ${page.readUInt16LE(18)}, not ${flags} (${by})`);
    else if (page.readBigUInt64LE(8) > BigInt(meta!.transaction))
      find(`page ${number} is of a later transaction (${by})`);
    else return page;
    return undefined;
  }

  function walk(tree: Tree, name: string, visit: (node: PageNode, page: number, transaction: number) => void): void {
    const counts = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };
    let isWhole = true;
    const compare = tree.flags & INTEGER_KEYS ? compareIntegers : Buffer.compare;

    function descend(number: number, depth: number, low: Buffer | undefined, high: Buffer | undefined): void {
      if (!take(number, 1, `table ${name}`)) {
        isWhole = false;
        return;
      }
      const isLeaf = depth === tree.depth;
      const page = pageAt(number, isLeaf ? LEAF : BRANCH, name);
      const nodes = page && nodesOf(page, isLeaf, pageBytes);
      if (typeof nodes === "string") find(`page ${number} (${name}): ${nodes}`);
      if (!page || !nodes || typeof nodes === "string") {
        isWhole = false;
        return;
      }
      let isOrdered = true;
      for (let index = isLeaf ? 0 : 1; index < nodes.length; index++) {
        const { key } = nodes[index]!;
        if (index > (isLeaf ? 0 : 1) && compare(nodes[index - 1]!.key, key) >= 0) isOrdered = false;
        if ((low && compare(key, low) < 0) || (high && compare(key, high) >= 0)) isOrdered = false;
      }
      if (!isOrdered) {
        find(`page ${number} (${name}): its keys are out of order`);
        isWhole = false;
        // Those of its records that tell by themselves what they are may still be right.
        use[number] = 0;
        return;
      }
      if (!isLeaf) {
        counts.branchPages++;
        const children = nodes.map(({ key, child }) => ({ key: Buffer.from(key), child }));
        for (const [index, { key, child }] of children.entries()) {
          descend(child, depth + 1, index === 0 ? low : key, children[index + 1]?.key ?? high);
        }
        return;
      }
      counts.leafPages++;
      const transaction = Number(page.readBigUInt64LE(8));
      // Visiting reads other pages, so this one is kept.
      const kept = nodesOf(Buffer.from(page), true, pageBytes);
      for (const node of kept as PageNode[]) {
        const pages = checkValue(node);
        if (pages === undefined) {
          isWhole = false;
          continue;
        }
        counts.overflowPages += pages;
        counts.entries++;
        visit(node, number, transaction);
      }
    }

    /** How many overflow pages a value has; `undefined` where they are not its own. */
    function checkValue(node: PageNode): number | undefined {
      if ((node.flags & BIG_VALUE) === 0) return 0;
      const pages = overflowPagesOf(node.size, pageBytes);
      const { child: first } = node;
      // A value that took the place of a larger one keeps its pages.
      if (node.pages < pages || first + node.pages - 1 > lastPage) {
        find(`table ${name} has a value of ${node.size} bytes on ${node.pages} pages from ${first}`);
        return undefined;
      }
      for (let page = first; page < first + node.pages; page++) if (!take(page, 1, `table ${name}`)) return undefined;
      const head = pageAt(first, OVERFLOW, name);
      if (head && head.readUInt32LE(20) === node.pages && first + pages - 1 <= whole) return node.pages;
      find(`page ${first} (${name}) is not the beginning of ${node.pages} pages`);
      return undefined;
    }

    if (tree.root === undefined) {
      if (tree.entries !== 0 || tree.depth !== 0) find(`table ${name} has ${tree.entries} entries, and no page`);
      return;
    }
    if (tree.depth < 1 || tree.depth > MAX_DEPTH) {
      find(`table ${name} is ${tree.depth} pages deep`);
      return;
    }
    descend(tree.root, 1, undefined, undefined);
    if (!isWhole) return;
    for (const count of ["branchPages", "leafPages", "overflowPages", "entries"] as const) {
      if (counts[count] !== tree[count]) find(`table ${name} has ${counts[count]} ${count}, and says ${tree[count]}`);
    }
  }

  const recordOf = (node: PageNode, page: number, transaction: number) => asRecord(node, page, pageBytes, transaction);
  const read: ReadValue = ({ position, valueBytes }, length = valueBytes) =>
    reader.at(position, Math.min(length, valueBytes));

  walk(meta.main, "of tables", (node) => {
    const name = node.key.toString("latin1").replace(/\0$/, "");
    if (node.flags !== IS_TABLE || node.size !== TABLE_BYTES) find(`'${name}' is no table`);
    else tables.set(name, readTree(Buffer.from(node.value), 0));
  });
  for (const [name, tree] of tables) {
    if ((tree.flags & ~0x10a) !== 0) {
      find(`table ${name} has unknown flags`);
      continue;
    }
    walk(tree, name, (node, page, transaction) => onRecord(name, recordOf(node, page, transaction), read));
  }
  // Last, so that a free list that names a used page is what is found to be wrong.
  const before = findings.length;
  walk(meta.free, "of free pages", (node, number, transaction) => {
    const list = Buffer.from(read(recordOf(node, number, transaction)));
    const problem = readFree(list, (page) => take(page, 2, "the list of free pages"));
    if (problem) find(problem);
  });
  const isFreeKnown = findings.length === before;

  return {
    findings,
    meta,
    tables,
    missingBytes: Math.max(0, (lastPage + 1) * pageBytes - reader.size),
    pageBytes,
    isOrphan: (page) => (isFreeKnown || before > 0) && page <= whole && use[page] === 0,
  };
}

/** The later of the two sound meta pages: one whose trees the transaction wrote that it names. */
function soundMeta(reader: PageReader, find: (finding: string) => void): Meta | undefined {
  const first = readMeta(Buffer.from(reader.at(0, 4_096)), 0);
  const sizes = typeof first === "string" ? [4_096, 8_192, 16_384, 65_536] : [first.pageBytes];
  let second: Meta | string = "is missing";
  for (const size of sizes) {
    second = readMeta(Buffer.from(reader.at(size, 4_096)), 1);
    if (typeof second !== "string") break;
  }
  if (typeof first === "string" && first === second && first.startsWith(OTHER_FORMAT)) {
    throw new Error(`LMDB's file ${first}: it is of another version of lmdb`);
  }
  const sound = [first, second].map((meta, index) => {
    const problem = typeof meta === "string" ? meta : rootProblem(reader, meta);
    if (problem !== undefined) find(`meta page ${index} ${problem}`);
    return problem === undefined ? (meta as Meta) : undefined;
  });
  const [a, b] = sound;
  if (a && b && a.pageBytes !== b.pageBytes) find("the meta pages disagree about the size of a page");
  if (a && b && Math.abs(a.transaction - b.transaction) > 1) find("the meta pages are not of consecutive transactions");
  return a && b ? (a.transaction > b.transaction ? a : b) : (a ?? b);
}

function rootProblem(reader: PageReader, { main, pageBytes, transaction }: Meta): string | undefined {
  if (main.root === undefined) return transaction === 0 ? undefined : "has no tables";
  const head = reader.at(main.root * pageBytes, HEADER_BYTES);
  const isRoot = head.length === HEADER_BYTES && head.readBigUInt64LE(8) === BigInt(transaction);
  return isRoot ? undefined : "names a root that its transaction did not write";
}
