import { Buffer } from "node:buffer";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What a member does: `EXCLUSIVE` keeps out its like and openers, `SHARED` openers only, `WAITS` nobody. */
export const EXCLUSIVE = 1;
export const SHARED = 2;
export const WAITS = 4;

/** As many as LMDB has room for. */
const MAX_MEMBERS = 512;
const ROW_BYTES = 128;

/** A process, or rather one opened store of it, that may change the folder's files. */
export interface Member {
  readonly slot: number;
  readonly token: string;
  readonly command: string;
}

/**
 * Who has a folder open, and what each does now. Two files: `states` has one byte for each member, so that one short
 * read tells what all of them do; `members` has one row for each, and is written by openers only, one after another.
 */
export function openGateMembers(folder: string) {
  const states = openSync(join(folder, "states"), constants.O_RDWR | constants.O_CREAT, 0o664);
  const rows = openSync(join(folder, "members"), constants.O_RDWR | constants.O_CREAT, 0o664);
  const seen = Buffer.alloc(MAX_MEMBERS);
  const byte = Buffer.alloc(1);
  let slot = -1;
  let state = 0;

  function write(next: number): void {
    if (state === next) return;
    state = next;
    byte[0] = next;
    writeSync(states, byte, 0, 1, slot);
  }

  return {
    get slot(): number {
      return slot;
    },

    /** The member whose slot that is; `undefined` for a slot that nobody has. */
    at(index: number): Member | undefined {
      const row = Buffer.alloc(ROW_BYTES);
      readSync(rows, row, 0, ROW_BYTES, index * ROW_BYTES);
      return parseRow(row, index);
    },

    all(): Member[] {
      const bytes = Buffer.alloc(MAX_MEMBERS * ROW_BYTES);
      readSync(rows, bytes, 0, bytes.length, 0);
      const members: Member[] = [];
      for (let index = 0; index < MAX_MEMBERS; index++) {
        const member = parseRow(bytes.subarray(index * ROW_BYTES, (index + 1) * ROW_BYTES), index);
        if (member) members.push(member);
      }
      return members;
    },

    /** Takes a slot that none of those has. Only for who has the right to open. False where all are taken. */
    join(token: string, command: string, taken: ReadonlySet<number>): boolean {
      for (let index = 0; index < MAX_MEMBERS; index++) {
        if (taken.has(index)) continue;
        writeSync(states, Buffer.from([0]), 0, 1, index);
        const row = Buffer.alloc(ROW_BYTES);
        row.write(`${token} ${command}`, "latin1");
        writeSync(rows, row, 0, ROW_BYTES, index * ROW_BYTES);
        slot = index;
        state = 0;
        return true;
      }
      return false;
    },

    /** Says that this member does something, besides what it does already. */
    add: (bit: number): void => write(state | bit),
    remove: (bits: number): void => write(state & ~bits),

    /** The slots, lowest first, of other members that do one of those things. */
    doing(bits: number): number[] {
      const length = readSync(states, seen, 0, MAX_MEMBERS, 0);
      let found: number[] | undefined;
      for (let index = 0; index < length; index++) {
        if (seen[index] === 0 || index === slot || (seen[index]! & bits) === 0) continue;
        found ??= [];
        found.push(index);
      }
      return found ?? NONE;
    },

    close(): void {
      if (slot >= 0) {
        writeSync(states, Buffer.from([0]), 0, 1, slot);
        writeSync(rows, Buffer.alloc(ROW_BYTES), 0, ROW_BYTES, slot * ROW_BYTES);
        slot = -1;
      }
      closeSync(states);
      closeSync(rows);
    },
  };
}

const NONE: number[] = [];

function parseRow(row: Buffer, slot: number): Member | undefined {
  const end = row.indexOf(0);
  const [token, ...command] = row.toString("latin1", 0, end < 0 ? row.length : end).split(" ");
  return token ? { slot, token, command: command.join(" ") } : undefined;
}
