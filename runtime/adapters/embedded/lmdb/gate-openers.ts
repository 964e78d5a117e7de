import { Buffer } from "node:buffer";
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A log this long is begun anew where nobody else reads it. */
const LONG_BYTES = 64 * 1024;
const BEGUN = Buffer.from("!");
const ENDED = Buffer.from("-");

/** Who opens the folder, or waits for that. */
export interface Opener {
  readonly token: string;
  readonly command: string;
  /** Whether it has begun: from then on nobody else may change anything. */
  hasBegun: boolean;
  /** Where its line is. */
  readonly position: number;
}

/**
 * Who opens a folder, in turn: a log with a line for each, `+token command`. Lines are appended, so all processes see
 * them in one order; after an end of line, so that one which a full disk cut off spoils no other. Its first character
 * becomes `!` when the opener begins and `-` when it has ended, which needs no room on the disk.
 */
export function openGateOpeners(folder: string) {
  const file = join(folder, "openers");
  const log = openSync(file, "a+");
  // Whatever is written to a file that was opened for appending is appended.
  const marks = openSync(file, constants.O_RDWR);
  const openers = new Map<string, Opener>();
  const mark = Buffer.alloc(1);
  let readTo = 0;

  function read(): void {
    const { size } = fstatSync(log);
    if (size < readTo) {
      openers.clear();
      readTo = 0;
    }
    for (const opener of openers.values()) {
      readSync(log, mark, 0, 1, opener.position);
      if (mark.equals(ENDED)) openers.delete(opener.token);
      else opener.hasBegun = mark.equals(BEGUN);
    }
    if (size > readTo) readLines(size);
  }

  function readLines(size: number): void {
    const bytes = Buffer.alloc(size - readTo);
    readSync(log, bytes, 0, bytes.length, readTo);
    let position = readTo;
    for (const line of bytes.toString("latin1").split("\n")) {
      const [token = "", ...command] = line.slice(1).split(" ");
      if (line.startsWith("+") || line.startsWith("!")) {
        openers.set(token, { token, command: command.join(" "), hasBegun: line.startsWith("!"), position });
      }
      position += line.length + 1;
    }
    readTo = size;
  }

  function write(token: string, what: Buffer): void {
    read();
    const opener = openers.get(token);
    if (opener) writeSync(marks, what, 0, 1, opener.position);
  }

  return {
    /** Lines up for a turn; does nothing for who is in line. */
    lineUp(token: string, command: string): void {
      read();
      if (!openers.has(token)) writeSync(log, `\n+${token} ${command}\n`);
    },
    begin: (token: string): void => write(token, BEGUN),
    /** `isAlone`: nobody has the folder open who would miss what is cut off. */
    end(token: string, isAlone: boolean): void {
      write(token, ENDED);
      read();
      // Whoever lines up at this very moment finds its line missing, and lines up again.
      if (isAlone && openers.size === 0 && readTo > LONG_BYTES) ftruncateSync(log, 0);
    },
    /** In the order of their turns; without those that were forgotten. */
    inLine(): Iterable<Opener> {
      read();
      return openers.values();
    },
    /** Leaves out one that was found dead. */
    forget: (token: string): boolean => openers.delete(token),
    close(): void {
      closeSync(log);
      closeSync(marks);
    },
  };
}
