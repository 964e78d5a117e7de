import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Source } from "../../compiler/importers/report.ts";
import { Fault } from "../../loader/fault.ts";

/*
 * Reads the files of a contract that is imported: the one that is named, and those that it names in turn.
 */

/** Far more than a contract has; what is larger is something else, and would fill the memory. */
const MAX_BYTES = 16 * 2 ** 20;

/** Throws a Fault on what is no text in UTF-8: taken for some, it would become other names and numbers. */
export function readContract(path: string): Source {
  const file = relative(process.cwd(), resolve(path)).replaceAll("\\", "/");
  const stats = statSync(path);
  if (stats.size > MAX_BYTES) {
    throw new Fault("input", `${file} has ${stats.size} bytes, and a contract has at most ${MAX_BYTES}: it is none.`);
  }
  // To read from a pipe or a device might never end.
  if (!stats.isFile() && !stats.isDirectory()) throw new Fault("input", `${file} is no regular file.`);
  return { file, text: textOf(readFileSync(path), file) };
}

/**
 * Finds what a contract imports: its path starts at the contract's own folder, at one above it that is still part of the
 * same project or repository, or at one of `includes`. Whatever path or link leads out of these is not read: a contract
 * that somebody sends must not make files of this machine part of a use case, or of an error message.
 */
export function createImports(
  contract: string,
  root: string,
  includes: readonly string[] = [],
): (path: string) => Source | undefined {
  const own = dirname(resolve(contract));
  const top = topOf(own, root);
  const folders = [own];
  for (const folder of folders) if (folder !== top) folders.push(dirname(folder));
  const named = includes.map(folderNamed);
  const within = [top, own, ...named].map((folder) => realpathSync(folder));
  return (path) => {
    const found = [...folders, ...named]
      .map((folder) => join(folder, path))
      .filter(isFile)
      .find((file) => within.some((folder) => isBelow(folder, realpathSync(file))));
    return found === undefined ? undefined : readContract(found);
  };
}

/** The project, if the folder is part of it, or else the repository that it is in; without one, the folder itself. */
function topOf(folder: string, root: string): string {
  if (isBelow(root, folder)) return root;
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return folder;
  }
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && way.split(sep)[0] !== "..";
}

function folderNamed(folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return resolve(folder);
  throw new Fault("usage", `--include names '${folder}', which is no folder.`);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function textOf(bytes: Buffer, file: string): string {
  const fix = "Save it as UTF-8.";
  if (/^(fffe|feff)/.test(bytes.toString("hex", 0, 2))) {
    throw new Fault("input", `${file} begins with the mark of UTF-16, and contracts are in UTF-8. ${fix}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const [line, column] = placeOfFault(bytes);
    throw new Fault("input", `${file}:${line}:${column} is no UTF-8 text: a byte there is of no character. ${fix}`, {
      cause,
    });
  }
}

/** Where the first line stands that can't be decoded, and the first character in it that can't. */
function placeOfFault(bytes: Buffer): readonly [line: number, column: number] {
  let line = 1;
  for (let start = 0; start <= bytes.length; line++) {
    const found = bytes.indexOf("\n", start);
    const end = found < 0 ? bytes.length : found;
    // The replacement character may stand there rightly: then it is encoded again as it was.
    const text = bytes.toString("utf8", start, end);
    if (!Buffer.from(text).equals(bytes.subarray(start, end)))
      return [line, columnOfFault(text, bytes.subarray(start, end))];
    start = end + 1;
  }
  return [line, 1];
}

function columnOfFault(text: string, bytes: Buffer): number {
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) {
    const before = Buffer.byteLength(text.slice(0, at));
    if (bytes.toString("hex", before, before + 3) !== "efbfbd") return at + 1;
  }
  return text.length + 1;
}
