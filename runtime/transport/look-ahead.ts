import type { Message } from "../contract/contract.ts";
import type { PartitionCursor } from "./subscription-state.ts";

/** Where a topic's records are read. */
export interface RecordSource {
  /**
   * Reads records from `first` on, below `end`, for as long as `visit` wants more; without a message what cannot be read.
   * Returns the offset behind the last one.
   */
  scan(partition: number, first: number, end: number, visit: (offset: number, message?: Message) => boolean): number;
  /** `undefined` for what cannot be read. */
  read(partition: number, offset: number): Message | undefined;
}

/** Looks at what was not looked at yet, up to `budget` records and while `visit` wants more. Returns what is left of it. */
export function lookAhead(
  source: RecordSource,
  partition: number,
  known: { lookedTo: number; head: number },
  { next, open }: PartitionCursor,
  budget: number,
  visit: (offset: number, message?: Message) => boolean,
): number {
  let left = budget;
  let goesOn = true;
  while (left > 0 && goesOn && known.lookedTo < known.head) {
    let end = known.head;
    if (known.lookedTo < next) {
      // Below, what is neither open nor put off is somebody's or nobody's any more.
      const offset = Math.min(open.next(known.lookedTo) ?? next, next, known.head);
      known.lookedTo = offset;
      if (offset === next || offset === known.head) continue;
      end = Math.min(open.runEnd(offset, next), known.head);
    }
    known.lookedTo = source.scan(partition, known.lookedTo, end, (offset, message) => {
      left -= 1;
      goesOn = visit(offset, message);
      return goesOn && left > 0;
    });
  }
  return left;
}
