import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { bootId } from "./process-identity.ts";

/*
 * Whoever closes a file last notes what the file system says of it. As long as that is so, nobody has changed it since,
 * and the next one to open it need not look at it again, which takes a second for a gigabyte. A disk that changes what it
 * holds by itself is found out after the machine's next start: a note is of one boot.
 */

const noteOf = (file: string): string => `${file}.sound`;

function describe(file: string): string {
  const { size, mtimeNs, ctimeNs, ino } = statSync(file, { bigint: true });
  return JSON.stringify({ boot: bootId(), file: [size, mtimeNs, ctimeNs, ino].map(String) });
}

export function isKnownSound(file: string): boolean {
  try {
    return readFileSync(noteOf(file), "utf8") === describe(file);
  } catch {
    return false;
  }
}

/** To be called by the last one that had the file open. */
export function noteSound(file: string): void {
  try {
    writeFileSync(noteOf(file), describe(file));
  } catch {
    // Then it is looked at.
    rmSync(noteOf(file), { force: true });
  }
}
