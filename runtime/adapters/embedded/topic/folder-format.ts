import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { FivefoldError } from "../../../contract/errors.ts";
import { storageCorrupt } from "../../storage-error.ts";

/**
 * The layout of the data folder and of all that is stored in it. Raised when an older Fivefold could not read it.
 *
 * 2: subscriptions' states tell of what was passed over (subscription-format.ts). Format 1 is read, and raised to 2.
 */
const FOLDER_FORMAT = 2;

const markerOf = (folder: string): string => join(folder, "format.json");

/**
 * Checks that this Fivefold can read a data folder. The marker file also tells a folder that lost its log from one that
 * never had one. Returns what is wrong with the marker itself, which is then to be written anew.
 */
export function checkFormat(folder: string): string | undefined {
  const marker = markerOf(folder);
  const text = readMarker(marker);
  if (text === undefined) return undefined;
  const { format, isChecked } = parseMarker(text);
  if (format !== undefined && format > FOLDER_FORMAT && isChecked) {
    throw new FivefoldError(
      "newer-version",
      `The data folder ${folder} has format ${format}; this Fivefold reads formats up to ${FOLDER_FORMAT}. Nothing was changed. Use the newer Fivefold that wrote it.`,
    );
  }
  const log = join(folder, "log", "data.mdb");
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    throw storageCorrupt(log, `${marker} says that there is a log, but the file is missing or empty`);
  }
  if (format !== undefined && format <= FOLDER_FORMAT) return undefined;
  return `${marker} was damaged: found '${text.slice(0, 80)}'. It was written anew; nothing is lost.`;
}

/**
 * Marks a folder whose log exists, before anything is written to it that an older Fivefold could not read. `suffix` makes
 * the temporary file's name this process' own.
 */
export function markFormat(folder: string, suffix: string, isDamaged: boolean): void {
  const marker = markerOf(folder);
  const text = readMarker(marker);
  if (!isDamaged && text !== undefined && parseMarker(text).format === FOLDER_FORMAT) return;
  const temporary = `${marker}.${suffix}`;
  writeFileSync(temporary, `${JSON.stringify({ format: FOLDER_FORMAT, check: checkOf(FOLDER_FORMAT) })}\n`);
  renameSync(temporary, marker);
}

/** Tells a newer format from a damaged digit. */
const checkOf = (format: number): string => crc32(`format ${format}`).toString(16);

function readMarker(marker: string): string | undefined {
  try {
    return readFileSync(marker, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function parseMarker(text: string): { format: number | undefined; isChecked: boolean } {
  try {
    const value = (JSON.parse(text) ?? {}) as { format?: unknown; check?: unknown };
    const { format, check } = value;
    if (typeof format !== "number" || !Number.isInteger(format) || format < 1)
      return { format: undefined, isChecked: false };
    // Releases before 0.2 wrote none.
    return { format, isChecked: check === undefined || check === checkOf(format) };
  } catch {
    return { format: undefined, isChecked: false };
  }
}
