import type { LockedPart } from "../../lock/lock-file.ts";
import { isReservedNumber } from "../../model/protobuf.ts";
import type { Report } from "../report.ts";
import type { ProtoFile, Reserved } from "./file.ts";

/** What a message or enum keeps numbers free for. */
export interface Gone {
  readonly owner: string;
  /** Those that are there. */
  readonly parts: readonly LockedPart[];
  /** What the lock calls the type of what is gone. */
  readonly type: string;
  readonly max: number;
}

/** The lock holds reserved numbers one by one. */
const MAX_NUMBERS = 1_000;

/**
 * What the lock is to know as removed: each reserved number, under a name of its own, and each reserved name, which gets
 * a number that nobody has used, since the contract doesn't say which was its.
 */
export function goneParts(
  { numbers, names }: Reserved,
  { owner, parts, type, max }: Gone,
  nameOf: (name: string) => string,
  { source }: ProtoFile,
  report: Report,
): LockedPart[] {
  const used = new Set(parts.map(({ number }) => number));
  const removed: LockedPart[] = [];
  for (const { from, to, at, end } of numbers) {
    if (to - from >= MAX_NUMBERS - removed.length) {
      report(
        "part-left-out",
        { source, at, end },
        {
          what: `The reservation of ${from} to ${to}`,
          reason: `the lock keeps reserved numbers one by one, up to ${MAX_NUMBERS} of ${owner}`,
          fix: `New parts of ${owner} get the number after the highest in use: see that it stays below ${from}.`,
        },
      );
      continue;
    }
    for (let number = Math.max(from, 1); number <= to; number++) {
      if (used.has(number) || isReservedNumber(number)) continue;
      used.add(number);
      removed.push({ name: `reserved ${number}`, number, type });
    }
  }
  let next = 1;
  for (const name of names) {
    while (next <= max && (used.has(next) || isReservedNumber(next))) next++;
    used.add(next);
    removed.push({ name: nameOf(name), number: next, type });
  }
  return removed;
}
