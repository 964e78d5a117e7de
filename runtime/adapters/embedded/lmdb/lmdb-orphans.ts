import { Buffer } from "node:buffer";
import { nodesOf } from "./lmdb-nodes.ts";
import { BIG_VALUE, IS_TABLE, LEAF } from "./lmdb-pages.ts";
import { asRecord, type RawRecord, type Scan } from "./lmdb-scan.ts";
import type { PageReader } from "./page-reader.ts";

/** Reads the records on sound leaves that nothing leads to. A large value may lie outside of what is whole. */
export function readOrphans(reader: PageReader, scan: Scan): RawRecord[] {
  const { pageBytes } = scan;
  const pages = Math.floor(reader.size / pageBytes);
  const records: RawRecord[] = [];
  for (let number = 2; number < pages; number++) {
    if (!scan.isOrphan(number)) continue;
    const page = Buffer.from(reader.at(number * pageBytes, pageBytes));
    if (page.readUInt16LE(18) !== LEAF || page.readBigUInt64LE(0) !== BigInt(number)) continue;
    const nodes = nodesOf(page, true, pageBytes);
    if (typeof nodes === "string") continue;
    for (const node of nodes) {
      const isInside = (node.flags & BIG_VALUE) === 0 || (node.child > 1 && node.child + node.pages <= pages);
      if ((node.flags & IS_TABLE) !== 0 || !isInside) continue;
      records.push(asRecord(node, number, pageBytes, Number(page.readBigUInt64LE(8))));
    }
  }
  return records;
}
