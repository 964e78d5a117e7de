import type { Clock } from "../contract/clock.ts";

/** How many of the tasks that may be in flight over all processes may be in this one. */
export interface PermitShare {
  /** Infinite where there is no bound. */
  current(): number;
  /** The bound over all processes; `undefined`: there is none. */
  readonly total: number | undefined;
  /** Goes on under another bound. Where others have a share too, nothing starts until this one is settled with them. */
  holdTo(total: number | undefined): void;
  /** Goes on with so many, until that time on the monotonic clock, and then with none. */
  take(count: number, until: number): void;
}

/** `isShared`: whether other processes have shares too; `risen` is told when more may start. */
export function createPermitShare(options: {
  readonly clock: Clock;
  readonly isShared: boolean;
  readonly risen: () => void;
}): PermitShare {
  const { clock, isShared, risen } = options;
  let total: number | undefined;
  let count = Number.POSITIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;

  const current = () => (until === Number.POSITIVE_INFINITY || clock.monotonic() < until ? count : 0);

  function take(next: number, nextUntil: number): void {
    const before = current();
    count = next;
    until = nextUntil;
    if (current() > before) risen();
  }

  return {
    current,
    get total() {
      return total;
    },
    holdTo(next) {
      if (next === total) return;
      const isFirst = total === undefined;
      total = next;
      if (next === undefined || !isShared) take(next ?? Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      else if (isFirst) take(0, 0);
    },
    take,
  };
}
