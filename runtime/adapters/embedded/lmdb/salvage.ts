import { Buffer } from "node:buffer";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { storageCorrupt } from "../../storage-error.ts";
import { compareIntegers, nodesOf } from "./lmdb-nodes.ts";
import { BIG_VALUE, INTEGER_KEYS, IS_TABLE, LEAF } from "./lmdb-pages.ts";
import { asRecord, type OnRecord, type RawRecord, type ReadValue, type Scan, scanLmdbFile } from "./lmdb-scan.ts";
import { type WrittenTable, writeLmdbFile } from "./lmdb-writer.ts";
import { openPageReader, type PageReader } from "./page-reader.ts";

/** A table of a damaged file. */
export interface ReadableTable {
  /** LMDB's: 8 for `uint32` keys, 256 for versions. */
  readonly flags: number;
  /** In the order of their keys. */
  readonly records: readonly RawRecord[];
}

/** What a damaged file still has. */
export interface Readable {
  /** By name. */
  readonly tables: ReadonlyMap<string, ReadableTable>;
  /** Records on pages whose way to their table is damaged; of which table they are shows in themselves. */
  readonly orphans: readonly RawRecord[];
  readonly read: ReadValue;
}

/** Says what is wrong with the records of a file, once it has seen all. */
export interface Inspection {
  readonly see: OnRecord;
  findings(): string[];
}

/** What a store knows of its records, and LMDB does not. */
export interface FileRules {
  /** Begins to look at the records of a file, which LMDB may take for whole. Default: nothing is wrong with them. */
  readonly inspect?: (() => Inspection) | undefined;
  /** Whether a file that nobody has changed since it was closed is as good as inspected. Default: true. */
  readonly isSure?: boolean;
  /** Chooses what a fresh file holds, and says what is lost. Default: all that tables lead to. */
  readonly fix?: ((readable: Readable) => { tables: readonly WrittenTable[]; lost: readonly string[] }) | undefined;
}

type Fix = NonNullable<FileRules["fix"]>;

const seeNothing = (): Inspection => ({ see() {}, findings: () => [] });

/** Says what is wrong with a file that nobody has open; nothing for one that LMDB may open. */
export function inspectLmdbFile(file: string, rules: FileRules): Pick<Scan, "findings" | "missingBytes"> {
  const reader = openPageReader(file);
  try {
    const inspection = (rules.inspect ?? seeNothing)();
    const { findings, missingBytes } = scanLmdbFile(reader, inspection.see);
    return { findings: [...findings, ...inspection.findings()], missingBytes };
  } finally {
    reader.close();
  }
}

/**
 * Puts a fresh file in the place of a damaged one, with all that can be read of it. Returns where the damaged one is
 * kept, and what is lost. At each moment the one or the other is there, so it can end anywhere and be done again.
 */
export function salvageLmdbFile(file: string, rules: FileRules): { aside: string; lost: readonly string[] } {
  const fresh = `${file}.fresh`;
  rmSync(fresh, { force: true });
  const reader = openPageReader(file);
  let lost: readonly string[];
  try {
    const records = new Map<string, RawRecord[]>();
    const keep = (record: RawRecord): RawRecord => ({ ...record, key: Buffer.from(record.key) });
    const scan = scanLmdbFile(reader, (table, record) => {
      const known = records.get(table);
      if (known) known.push(keep(record));
      else records.set(table, [keep(record)]);
    });
    const orphans = readOrphans(reader, scan);
    if (!scan.meta && orphans.length === 0)
      throw storageCorrupt(file, `${scan.findings.join("; ")}; nothing of it can be read`);
    const read: ReadValue = ({ position, valueBytes }, length = valueBytes) =>
      reader.at(position, Math.min(length, valueBytes));
    const tables = new Map<string, ReadableTable>();
    for (const [name, { flags }] of scan.tables) tables.set(name, { flags, records: records.get(name) ?? [] });
    const fixed = (rules.fix ?? mendWith(() => undefined))({ tables, orphans, read });
    lost = fixed.lost;
    writeLmdbFile(fresh, scan.pageBytes, fixed.tables);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    reader.close();
  }
  const aside = setAsideName(file);
  linkSync(file, aside);
  renameSync(fresh, file);
  syncFolder(dirname(file));
  return { aside, lost };
}

/** Moves a file out of the way, for what is made anew. Returns where it is kept. */
export function setAside(file: string): string {
  const aside = setAsideName(file);
  renameSync(file, aside);
  syncFolder(dirname(file));
  return aside;
}

function setAsideName(file: string): string {
  for (let number = 1; ; number++) {
    const name = join(dirname(file), `damaged-${number}.mdb`);
    if (!existsSync(name)) return name;
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Names a record that is not as it was written. */
export type NameDamaged = (table: string, key: Buffer, value: Buffer) => string | undefined;

/** Looks at each record by itself. */
export function inspectEach(nameDamaged: NameDamaged): () => Inspection {
  return () => {
    let damaged = 0;
    return {
      see(table, record, read) {
        if (nameDamaged(table, record.key, read(record)) !== undefined) damaged++;
      },
      findings: () => (damaged === 0 ? [] : [`${damaged} records are not as they were written`]),
    };
  };
}

/** Of which table a record is, where it shows that by itself and is as it was written. */
export type TellTable = (key: Buffer, value: Buffer) => { readonly table: string; readonly flags: number } | undefined;

/** Keeps all that tables lead to and is whole, and those of the others whose table can be told. */
export function mendWith(tell: TellTable, nameDamaged: NameDamaged = () => undefined): Fix {
  return ({ tables, orphans, read }) => {
    const found = new Map<string, { flags: number; records: RawRecord[] }>();
    const lost = ["what the damaged pages held"];
    for (const [name, { flags, records }] of tables) {
      const whole = records.filter((record) => {
        const damaged = nameDamaged(name, record.key, Buffer.from(read(record)));
        if (damaged !== undefined) lost.push(damaged);
        return damaged === undefined;
      });
      found.set(name, { flags, records: whole });
    }
    let untold = 0;
    for (const orphan of orphans) {
      const told = tell(orphan.key, Buffer.from(read(orphan)));
      if (!told) untold++;
      else if (found.has(told.table)) found.get(told.table)!.records.push(orphan);
      else found.set(told.table, { flags: told.flags, records: [orphan] });
    }
    if (untold > 0) lost.push(`${untold} records of which nothing tells where they belong`);
    return {
      tables: [...found].map(([name, { flags, records }]) => ({
        ...{ name, flags },
        records: valuesOf(inOrder(records, flags), read),
      })),
      lost,
    };
  };
}

/** Sorts records by LMDB's order of keys; of two with one key the one that was written later stays. */
export function inOrder(records: readonly RawRecord[], flags: number): RawRecord[] {
  const compare = flags & INTEGER_KEYS ? compareIntegers : Buffer.compare;
  const sorted = [...records].sort((a, b) => compare(a.key, b.key) || b.transaction - a.transaction);
  return sorted.filter((record, index) => index === 0 || compare(sorted[index - 1]!.key, record.key) !== 0);
}

function* valuesOf(
  records: Iterable<RawRecord>,
  read: ReadValue,
): Iterable<{ readonly key: Buffer; readonly value: Buffer }> {
  for (const record of records) yield { key: record.key, value: read(record) };
}

/** Reads the records on sound leaves that nothing leads to. A large value may lie outside of what is whole. */
function readOrphans(reader: PageReader, scan: Scan): RawRecord[] {
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
