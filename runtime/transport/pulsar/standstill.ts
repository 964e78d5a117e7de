/** What the broker takes a consumer for. */
export interface ConsumerState {
  /**
   * Hashes of keys that are to go to another consumer, and are kept from it until this one has settled what the broker
   * believes it holds of them.
   */
  readonly draining: readonly number[];
  /** How many messages more the broker would send it. */
  readonly permits: number;
}

/**
 * Finds a consumer that gets nothing though there may be something for it. Keys that stand still: the broker waits for a consumer to settle what it does not hold. A key that is to go
 * elsewhere gets nothing new meanwhile, so whatever is waited for was here when it was first seen to drain: once all of
 * that is settled, and the wait goes on, the wait is for nothing.
 */
export interface Standstill {
  /** To be called before the broker is asked: whether all that was held at the last finding has been settled. */
  isSettled(held: ReadonlyMap<string, unknown>): boolean;
  /**
   * Takes in the broker's answer, undefined where it knows of no such consumer. Returns whether keys stand still, or
   * whether the consumer waits for what the broker will not send it, and has done so since the answer before. `isIdle`:
   * it waited all the time since then, and nothing came.
   */
  find(
    state: ConsumerState | undefined,
    wasSettled: boolean,
    held: ReadonlyMap<string, unknown>,
    isIdle: boolean,
  ): boolean;
}

export function createStandstill(): Standstill {
  let draining: ReadonlySet<number> = new Set();
  let heldThen: readonly string[] = [];
  let wasStarved = false;
  return {
    isSettled: (held) => !heldThen.some((id) => held.has(id)),
    find(state, wasSettled, held, isIdle) {
      const isStarved = isIdle && (state === undefined || state.permits <= 0);
      if (isStarved && wasStarved) return true;
      wasStarved = isStarved;
      if (!state) return false;
      const still = state.draining.filter((hash) => draining.has(hash));
      if (still.length > 0 && wasSettled) {
        draining = new Set();
        heldThen = [];
        return true;
      }
      if (still.length > 0) {
        draining = new Set(still);
        return false;
      }
      draining = new Set(state.draining);
      heldThen = [...held.keys()];
      return false;
    },
  };
}
