import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { scanLmdbFile } from "../../../runtime/adapters/embedded/lmdb/lmdb-scan.ts";
import { openPageReader } from "../../../runtime/adapters/embedded/lmdb/page-reader.ts";
import { EntryReader } from "../../../runtime/adapters/embedded/topic/record-format.ts";
import type { Drained } from "./drain.ts";
import { DEDUPED, DELAYED, RECORDS, TOPICS } from "./folder.ts";

const DRAIN = fileURLToPath(new URL("drain.ts", import.meta.url));
const PAGE_BYTES = 4_096;
const PATIENCE_MS = 120_000;

const KINDS = ["flip", "flip", "flip", "zero", "noise", "cut"] as const;

/** What is done to one file of a folder. */
export interface Damage {
  readonly file: string;
  readonly kind: (typeof KINDS)[number];
  /** The byte, or where the page begins, or the length that is left. */
  readonly position: number;
  readonly bit: number;
}

/** All files of a folder, by their paths in it. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

export function drawDamage(folder: string, files: readonly string[], random: () => number): Damage {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  // Most files are small and hold little.
  const file = pick(random() < 0.6 ? files.filter((path) => path.endsWith("data.mdb")) : files);
  const { size } = statSync(join(folder, file));
  const kind = pick(KINDS);
  // Headers and the first pages are few, and matter most.
  const reach = random() < 0.3 ? Math.min(size, 5 * PAGE_BYTES) : size;
  const byte = Math.floor(random() * Math.max(1, reach));
  return {
    ...{ file, kind, bit: Math.floor(random() * 8) },
    position: kind === "flip" || kind === "cut" ? byte : byte - (byte % PAGE_BYTES),
  };
}

export function inflict(folder: string, { file, kind, position, bit }: Damage): void {
  const path = join(folder, file);
  const { size } = statSync(path);
  if (kind === "cut") truncateSync(path, Math.min(size, position));
  if (kind === "cut" || size === 0) return;
  const descriptor = openSync(path, "r+");
  if (kind === "flip") {
    const byte = readFileSync(path)[position]!;
    writeSync(descriptor, Buffer.from([byte ^ (1 << bit)]), 0, 1, position);
  } else {
    const bytes = Buffer.alloc(Math.min(PAGE_BYTES, size - position));
    if (kind === "noise")
      for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 167 + position * 13 + bit * 31) & 255;
    writeSync(descriptor, bytes, 0, bytes.length, position);
  }
  closeSync(descriptor);
}

/** Which records lie, in part at least, on which page of a folder's log: what its damage may cost at most. */
export function recordsByPage(folder: string): Map<number, Set<string>> {
  const pages = new Map<number, Set<string>>();
  const reader = openPageReader(join(folder, "topics", "log", "data.mdb"));
  scanLmdbFile(reader, (table, record, read) => {
    if (table !== "entries") return;
    const entry = EntryReader.open(Buffer.from(read(record)), record.key.readUInt32BE(0), record.key.readUIntBE(4, 6));
    if (typeof entry === "string") throw new Error(`The folder is damaged already: ${entry}`);
    const ids = Array.from({ length: entry.count }, () => entry.next().id);
    const first = Math.floor(record.position / PAGE_BYTES);
    const last = Math.floor((record.position + record.valueBytes - 1) / PAGE_BYTES);
    for (const page of new Set([
      record.page,
      ...Array.from({ length: last - first + 1 }, (_, index) => first + index),
    ])) {
      const known = pages.get(page) ?? new Set();
      for (const id of ids) known.add(id);
      pages.set(page, known);
    }
  });
  reader.close();
  return pages;
}

/** What each subscription of a whole folder still has to come. */
export type Due = Readonly<Record<string, readonly number[]>>;

interface Drainer {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string, unknown>;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
}

function startDrainer(): Drainer {
  const child = spawn(process.execPath, ["--no-warnings", DRAIN, "drain"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit").then(([code, signal]) => `ended by itself: ${signal ?? `code ${code}`}`);
  // Of a process that has ended: that is told by the above.
  child.stdin.on("error", () => {});
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), ended };
}

/** A process that drains folders, one after another, and is started anew when one of them ends it. */
export function createDrainer() {
  let current: Drainer | undefined;

  async function close(): Promise<void> {
    const last = current;
    current = undefined;
    last?.child.kill("SIGKILL");
    await last?.ended;
  }

  async function answer({ lines, ended }: Drainer): Promise<Drained | string> {
    const { value, done } = await lines.next();
    return done ? ended : (JSON.parse(value as string) as Drained);
  }

  return {
    /** Says how the process ended where it did. */
    async drain(folder: string): Promise<Drained | string> {
      current ??= startDrainer();
      current.child.stdin!.write(`${folder}\n`);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<string>((resolve) => {
        timer = setTimeout(() => resolve("did not end in two minutes"), PATIENCE_MS);
      });
      const drained = await Promise.race([answer(current), late]);
      clearTimeout(timer);
      if (typeof drained === "string") await close();
      return drained;
    },
    close,
  };
}

/** Compares what came with what was due. `mayLose`: ids that lie where the damage is; undefined: any. */
export function judge(drained: Drained, due: Due, damage: Damage, mayLose: ReadonlySet<string> | undefined): string[] {
  const faults = drained.wrong.map((wrong) => `wrong data: ${wrong}`);
  const isNamed = drained.problems.length > 0 || drained.refused.length > 0;
  const isCut = damage.kind === "cut";
  for (const refused of drained.refused) if (!isCut) faults.push(`refused: ${refused}`);
  for (const { name, ordered, subscriptions } of TOPICS) {
    for (const subscription of subscriptions) {
      const place = `${name} › ${subscription}`;
      const came = drained.received[place] ?? [];
      if (new Set(came).size !== came.length) faults.push(`${place}: a record came twice`);
      const missing = (due[place] ?? []).filter((number) => !came.includes(number));
      if (missing.length > 0 && !isNamed) faults.push(`${place}: ${missing.length} lost, and nothing says so`);
      const beyond = mayLose && !isCut ? missing.filter((number) => !mayLose.has(`${name}-${number}`)) : [];
      if (beyond.length > 0)
        faults.push(`${place}: ${beyond.length} lost that the damage did not hit, such as ${beyond[0]}`);
      if (
        ordered &&
        came.some((number, index) =>
          came.slice(0, index).some((before) => before > number && before % 13 === number % 13),
        )
      )
        faults.push(`${place}: out of order`);
    }
  }
  const isDelaysHit = damage.file.startsWith("delays");
  if (drained.delayed.length < DELAYED && !(isDelaysHit && isNamed))
    faults.push(`${DELAYED - drained.delayed.length} delayed lost silently`);
  const isDedupeHit = damage.file.startsWith("dedupe");
  if (drained.known.length < DEDUPED && !(isDedupeHit && isNamed))
    faults.push(`${DEDUPED - drained.known.length} ids forgotten silently`);
  return faults;
}

/** What comes of a whole folder. */
export function dueOf({ received }: Drained): Due {
  for (const numbers of Object.values(received))
    if (numbers.some((number) => number >= RECORDS)) throw new Error("unknown record");
  return received;
}

export function copyFolder(from: string, to: string): void {
  if (existsSync(to)) rmSync(to, { recursive: true });
  cpSync(from, to, { recursive: true });
}
