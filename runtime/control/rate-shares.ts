import type { Clock } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlStore } from "./control-store.ts";
import type { OverridePlace } from "./overrides.ts";
import { createShareEntries, SHARE_TRIES, type Share, type Shares } from "./share-entries.ts";
import { settleInRounds } from "./share-rounds.ts";

/** A subscriber in this process whose rate may be shared with other processes. */
export interface RateHolder extends OverridePlace {
  readonly rate: SharedRate;
}

export interface SharedRate {
  /** Whether there is a rate now. */
  readonly isLimited: boolean;
  /** Whether tasks wait for it. */
  readonly isWanted: boolean;
  /** Told which part of the rate is this process's, from 0 to 1. */
  take(share: number): void;
  /** Told that this process runs: its part counts for so long, and then no further until it is told again. */
  alive(forMs: number): void;
}

/** Whether other processes may work on the same stores, and there is where to settle shares. */
export function sharesRates(ports: SharingPorts): boolean {
  return ports.openControlStore !== undefined && !ports.delayStore.isOfOneWorker;
}

interface SharingPorts {
  readonly openControlStore?: unknown;
  readonly delayStore: { readonly isOfOneWorker?: boolean };
}

/** Of one worker, as it is stored. */
interface RateShare extends Share {
  readonly isWanted: boolean;
}

const RATE_PREFIX = "rate/";
const LOOK_MS = 1_000;
/** A worker whose beat stands still for so long is gone, and its share is the others'. */
const GONE_MS = 5_000;
const BEAT_MS = 1_500;
/** What a worker without tasks holds, in terms of one with: enough to start with the first. */
const IDLE_WEIGHT = 0.005;

const keyOf = ({ useCase, subscriber }: OverridePlace): string => `${RATE_PREFIX}${useCase}/${subscriber}`;

/**
 * Shares rates out between processes: those where tasks wait have equal parts. Parts are entries of the control store
 * that are changed by compare-and-swap, and a process only takes what no other holds, so they never add up to more than
 * the rate. Which process lives is told by its beat on this process's monotonic clock, never by wall time. While the store
 * can't be reached, everybody keeps what it has.
 */
export async function shareRates(options: {
  readonly open: () => Promise<ControlStore>;
  /** Asked again at every look. */
  readonly holders: () => readonly RateHolder[];
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): Promise<{ stop(): Promise<void> }> {
  const { clock, reportProblem } = options;
  const entries = createShareEntries<RateShare>({ clock, goneMs: GONE_MS });
  const { self } = entries;
  /** When this worker's own beat was stored, by key. */
  const beatenAt = new Map<string, number>();
  let store: ControlStore | undefined;

  async function look(): Promise<void> {
    const holders = options.holders().filter(({ rate }) => rate.isLimited);
    if (holders.length === 0 && beatenAt.size === 0) return;
    try {
      store ??= await options.open();
      for (const holder of holders) await settle(store, holder);
      for (const key of [...beatenAt.keys()]) {
        if (holders.some((holder) => keyOf(holder) === key)) continue;
        // Once there is a rate again, others may have it.
        options
          .holders()
          .find((holder) => keyOf(holder) === key)
          ?.rate.take(0);
        await leave(store, key);
      }
    } catch (error) {
      const message =
        `The shares of rates can't be settled now: ${describeThrown(error)} ` +
        "Each process keeps the share that it has, and it is tried again.";
      reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
    }
  }

  async function settle(store: ControlStore, holder: RateHolder): Promise<void> {
    const key = keyOf(holder);
    const { rate } = holder;
    for (let tries = 0; tries < SHARE_TRIES; tries++) {
      const { shares, revision } = await entries.read(store, key);
      const own = shares[self];
      const others = entries.living(store, key, shares);
      const share = shareOf(rate.isWanted, Object.values(others));
      const isFresh = own && clock.monotonic() - (beatenAt.get(key) ?? 0) < BEAT_MS;
      const isAsStored = own?.share === share && own.isWanted === rate.isWanted;
      if (isFresh && isAsStored && Object.keys(shares).length === Object.keys(others).length + 1) {
        rate.take(share);
        return;
      }
      // What this process gives up, it gives up before others may take it.
      if (share < (own?.share ?? 0)) rate.take(share);
      const beat = (own?.beat ?? 0) + 1;
      const after: Shares<RateShare> = { ...others, [self]: { share, isWanted: rate.isWanted, beat } };
      if (await store.put(key, JSON.stringify(after), revision)) {
        beatenAt.set(key, clock.monotonic());
        rate.take(share);
        return;
      }
    }
  }

  async function leave(store: ControlStore, key: string): Promise<void> {
    await entries.leave(store, key);
    beatenAt.delete(key);
  }

  return settleInRounds({
    look,
    pauseMs: () => LOOK_MS * (0.75 + 0.5 * clock.random()),
    tick() {
      for (const { rate } of options.holders()) rate.alive(GONE_MS);
    },
    async leave() {
      for (const key of [...beatenAt.keys()]) if (store) await leave(store, key);
    },
    clock,
  });
}

/** An equal part of what wants and idles, as far as the others have left it. */
function shareOf(isWanted: boolean, others: readonly RateShare[]): number {
  const weightOf = (wanted: boolean) => (wanted ? 1 : IDLE_WEIGHT);
  const own = weightOf(isWanted);
  const all = others.reduce((sum, other) => sum + weightOf(other.isWanted), own);
  const left = others.reduce((rest, { share }) => rest - share, 1);
  return Math.max(0, Math.min(own / all, left));
}
