import { readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Source } from "../compiler/import/report.ts";
import { Fault } from "./fault.ts";

/*
 * Reads the files of a contract that is imported: the one that is named, and those that it names in turn.
 */

/** Throws a Fault on what is no text in UTF-8: taken for some, it would become other names and numbers. */
export function readContract(path: string): Source {
  const file = relative(process.cwd(), resolve(path)).replaceAll("\\", "/");
  return { file, text: textOf(readFileSync(path), file) };
}

/** Finds what a contract imports: its path starts at the contract's own folder, or at one above it. */
export function createImports(contract: string): (path: string) => Source | undefined {
  const folders = [dirname(resolve(contract))];
  for (const folder of folders) if (dirname(folder) !== folder) folders.push(dirname(folder));
  return (path) => {
    const found = folders.map((folder) => join(folder, path)).find(isFile);
    return found === undefined ? undefined : readContract(found);
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function textOf(bytes: Buffer, file: string): string {
  const mend = "Save it as UTF-8.";
  if (/^(fffe|feff)/.test(bytes.toString("hex", 0, 2))) {
    throw new Fault("input", `${file} begins with the mark of UTF-16, and contracts are in UTF-8. ${mend}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const [line, column] = placeOfFault(bytes);
    throw new Fault("input", `${file}:${line}:${column} is no UTF-8 text: a byte there is of no character. ${mend}`, {
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
