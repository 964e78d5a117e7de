import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FivefoldError } from "../../errors.ts";
import { storageCorrupt } from "../../storage/storage-error.ts";

/** The layout of the data folder and of all that is stored in it. Raised when an older Fivefold could not read it. */
const FOLDER_FORMAT = 1;

const markerOf = (folder: string): string => join(folder, "format.json");

/**
 * Checks that this Fivefold can read a data folder. The marker file also tells a folder that lost its log from one that
 * never had one.
 */
export function checkFormat(folder: string): void {
  const marker = markerOf(folder);
  const text = readMarker(marker);
  if (text === undefined) return;
  const format = parseFormat(text);
  if (format === undefined) {
    throw storageCorrupt(marker, `it must hold {"format":${FOLDER_FORMAT}}, found '${text.slice(0, 80)}'`);
  }
  if (format > FOLDER_FORMAT) {
    throw new FivefoldError(
      "newer-version",
      `The data folder ${folder} has format ${format}; this Fivefold reads formats up to ${FOLDER_FORMAT}. Nothing was changed. Use the newer Fivefold that wrote it.`,
    );
  }
  const log = join(folder, "log", "data.mdb");
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    throw storageCorrupt(log, `${marker} says that there is a log, but the file is missing or empty`);
  }
}

/** Marks a folder whose log exists. `suffix` makes the temporary file's name this process' own. */
export function markFormat(folder: string, suffix: string): void {
  const marker = markerOf(folder);
  if (readMarker(marker) !== undefined) return;
  const temporary = `${marker}.${suffix}`;
  writeFileSync(temporary, `${JSON.stringify({ format: FOLDER_FORMAT })}\n`);
  renameSync(temporary, marker);
}

function readMarker(marker: string): string | undefined {
  try {
    return readFileSync(marker, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function parseFormat(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const format = typeof value === "object" && value !== null && "format" in value ? value.format : undefined;
    return typeof format === "number" && Number.isInteger(format) && format >= 1 ? format : undefined;
  } catch {
    return undefined;
  }
}
