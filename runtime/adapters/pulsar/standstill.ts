/** What the broker takes a consumer for. */
export interface ConsumerState {
  /**
   * Hashes of keys that are to go to another consumer, and are kept from it until this one has settled what the broker
   * believes it holds of them.
   */
  readonly draining: readonly number[];
  /** How many messages more the broker would send it. */
  readonly permits: number;
  /** How many messages the broker believes that it has and has not settled. */
  readonly unsettled: number;
  /**
   * Set where something is in the topic that was given to nobody, though everybody it could be for would take it: how many
   * messages the subscription's consumers were given so far.
   */
  readonly withheldAfter?: number | undefined;
}

/** What fixes a consumer that gets nothing: another in its place, or its topic unloaded, so that it is loaded anew. */
export type Remedy = "reopen" | "unload";

/**
 * Finds a consumer that gets nothing though there may be something for it. Keys that stand still: the broker waits for a
 * consumer to settle what it does not hold. A key that is to go elsewhere gets nothing new meanwhile, so whatever is waited
 * for was here when it was first seen to drain: once all of that is settled, and the wait goes on, the wait is for nothing.
 * A subscription that stands still: the broker believes that it is reading for it, and is not, until its topic is unloaded
 * (apache/pulsar#26454); opening another consumer fixes what is lost on the way between.
 */
export interface Standstill {
  /** To be called before the broker is asked: whether all that was held at the last finding has been settled. */
  isSettled(held: ReadonlyMap<string, unknown>): boolean;
  /**
   * Takes in the broker's answer, undefined where it knows of no such consumer. Returns what is to be done, if anything:
   * keys stand still, or the consumer waits for what the broker will not send it, or does not, or believes to have sent,
   * and has done so since the answer before. `isIdle`: it waited all the time since then, and nothing came.
   */
  find(
    state: ConsumerState | undefined,
    wasSettled: boolean,
    held: ReadonlyMap<string, unknown>,
    isIdle: boolean,
  ): Remedy | undefined;
}

/** A topic is unloaded at this finding one after another, if it got no better by another consumer. */
const UNLOAD_AT = 3;

export function createStandstill(): Standstill {
  let draining: ReadonlySet<number> = new Set();
  let heldThen: readonly string[] = [];
  let wasStarved = false;
  let withheldAfter: number | undefined;
  let timesWithheld = 0;

  /** Nothing was given to anybody since the last answer, though something could have been. */
  function findWithheld(state: ConsumerState | undefined, isIdle: boolean): Remedy | undefined {
    const before = withheldAfter;
    withheldAfter = state?.withheldAfter;
    if (!isIdle || withheldAfter === undefined || withheldAfter !== before) {
      timesWithheld = 0;
      return undefined;
    }
    timesWithheld += 1;
    if (timesWithheld < UNLOAD_AT) return timesWithheld === 1 ? "reopen" : undefined;
    timesWithheld = 0;
    return "unload";
  }

  return {
    isSettled: (held) => !heldThen.some((id) => held.has(id)),
    find(state, wasSettled, held, isIdle) {
      const remedy = findWithheld(state, isIdle);
      if (remedy) return remedy;
      const isForgotten = isIdle && (state === undefined || state.permits <= 0);
      const isOwed = isIdle && state !== undefined && state.unsettled > 0 && held.size === 0;
      const isStarved = isForgotten || isOwed;
      if (isStarved && wasStarved) {
        wasStarved = false;
        return "reopen";
      }
      wasStarved = isStarved;
      if (!state) return undefined;
      const still = state.draining.filter((hash) => draining.has(hash));
      if (still.length > 0 && wasSettled) {
        draining = new Set();
        heldThen = [];
        return "reopen";
      }
      if (still.length > 0) {
        draining = new Set(still);
        return undefined;
      }
      draining = new Set(state.draining);
      heldThen = [...held.keys()];
      return undefined;
    },
  };
}
