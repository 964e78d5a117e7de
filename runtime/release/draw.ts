import type { Clock } from "../contract/clock.ts";
import { placeOfKey } from "../control/key-share.ts";
import type { Signal } from "./guard.ts";

/** For whom a task was drawn, and what that says of a signal. */
export interface Drawn {
  readonly isCandidate: boolean;
  /** The probability with which it was drawn for the candidate. `undefined`: it must not count for that signal. */
  readonly drawnWith: (signal: Signal) => number | undefined;
}

export interface Draw {
  /** Begins to draw for a share from 0 to 1. */
  begin(share: number): void;
  /** `key` is empty where there is no order. */
  next(key: string): Drawn;
}

/** In so many tasks without order, the candidate has its exact share. */
const BLOCK = 100;
/** Keys that are told apart where it is counted which have counted; a power of two. */
const SLOTS = 2 ** 16;

/**
 * Draws tasks for the candidate of one rollout. Without order, every hundred tasks have its exact share, at random places. With
 * order, a key is the candidate's or not, and stays the candidate's as its share grows.
 */
export function createDraw(rollout: string, clock: Pick<Clock, "random">): Draw {
  let share = 0;
  let before = 0;
  let left = 0;
  let leftOfCandidate = 0;
  let carried = 0;
  let step = 0;
  const counted = new Map<Signal, Uint8Array>();

  function drawFromBlock(): boolean {
    if (left === 0) {
      left = BLOCK;
      const exact = share * BLOCK + carried;
      // Rounded against what floating point makes of 0.29 · 100.
      leftOfCandidate = Math.floor(exact + 1e-9);
      carried = exact - leftOfCandidate;
    }
    const isCandidate = clock.random() * left < leftOfCandidate;
    left--;
    if (isCandidate) leftOfCandidate--;
    return isCandidate;
  }

  /**
   * Tasks of one key are alike, so a key counts once a step for each signal. Of one that has counted in a former step it is known
   * that it was not the candidate's then, or it is the candidate's anyway.
   */
  function countKey(signal: Signal, place: number, slot: number): number | undefined {
    let steps = counted.get(signal);
    if (!steps) {
      steps = new Uint8Array(SLOTS);
      counted.set(signal, steps);
    }
    const known = steps[slot]!;
    if (known === step) return undefined;
    steps[slot] = step;
    if (known === 0) return share;
    return place < before ? undefined : (share - before) / (1 - before);
  }

  return {
    begin(next) {
      if (next === share && step > 0) return;
      before = share;
      share = next;
      step++;
      left = 0;
    },
    next(key) {
      if (key === "") {
        const q = share;
        return { isCandidate: drawFromBlock(), drawnWith: () => (q > 0 && q < 1 ? q : undefined) };
      }
      const place = placeOfKey(rollout, key);
      const slot = Math.floor(placeOfKey(`${rollout} slots`, key) * SLOTS);
      return {
        isCandidate: place < share,
        drawnWith(signal) {
          const q = countKey(signal, place, slot);
          return q !== undefined && q > 0 && q < 1 ? q : undefined;
        },
      };
    },
  };
}
