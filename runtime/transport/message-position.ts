import type { Message } from "../contract.ts";
import { FivefoldError } from "../errors.ts";
import type { Range } from "./subscription-state.ts";

/** Where a message lies in its topic: what `position` is for this project's own stores. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

/** The messages' places, neighbours joined: a batch that is settled as it came is one range. */
export function rangesOf(messages: readonly Message[]): Range[] {
  const ranges: Range[] = [];
  let partition = -1;
  let first = 0;
  let end = 0;
  for (const message of messages) {
    const position = message.position as Position;
    if (position.partition === partition && position.offset === end) {
      end += 1;
      continue;
    }
    if (end > first) ranges.push({ partition, first, end });
    partition = position.partition;
    first = position.offset;
    end = first + 1;
  }
  if (end > first) ranges.push({ partition, first, end });
  return ranges;
}

/** Refuses a `max` for `receive` that is no count of records. */
export function checkMax(max: number): void {
  if (Number.isInteger(max) && max >= 1) return;
  throw new FivefoldError("invalid-option", `receive(max) takes a whole number from 1, found ${max}.`);
}
