import type { Clock } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlStore } from "./control-store.ts";
import type { OverridePlace } from "./overrides.ts";
import { type PermitShare, partOf } from "./permit-parts.ts";
import { createShareEntries, SHARE_TRIES, type Shares } from "./share-entries.ts";
import { settleInRounds } from "./share-rounds.ts";

/** A subscriber in this process of whose tasks only so many may be in flight over all processes. */
export interface PermitHolder extends OverridePlace {
  readonly permits: SharedPermits;
}

export interface SharedPermits {
  /** Most tasks in flight over all processes; `undefined`: no bound. */
  readonly total: number | undefined;
  readonly inFlight: number;
  /** How many more it could use. */
  readonly waiting: number;
  /** Told how many may be in flight in this process, until that time on its monotonic clock, and then none. */
  take(count: number, until: number): void;
  /** Told that others may have what it had: what still runs is to end. */
  lose(): void;
}

interface Held {
  /** What is in use, at most what is stored. */
  taken: number;
  /** When what is stored was last renewed, on the monotonic clock. */
  renewedAt: number;
  /** When it began to have any, on the monotonic clock. */
  since: number;
  lost: boolean;
  /** Whether it gives up what still runs, or has none and waits for one. */
  isEager: boolean;
}

const PREFIX = "permits/";
const LOOK_MS = 1_000;
/** Where permits change hands. */
const EAGER_LOOK_MS = 200;
const BEAT_MS = 1_500;
/** A worker that has not reached the store for so long starts nothing more; then what runs is ended; then it is gone to others. */
const STOP_MS = 8_000;
const LOSE_MS = 12_000;
const GONE_MS = 16_000;
/** For so long one has a permit while others wait for one. */
const TURN_MS = 5_000;

const keyOf = ({ useCase, subscriber }: OverridePlace): string => `${PREFIX}${useCase}/${subscriber}`;

/**
 * Shares out, between processes, how many tasks may be in flight over all of them. Shares are entries of the control store
 * that are changed by compare-and-swap, and never add up to more: a process takes only what no other has, gives up only what
 * it does not use any more, and uses nothing before it is stored. A process of this machine has what it has until it has ended;
 * one of another machine for a lease, of which it knows the end before others do.
 */
export async function sharePermits(options: {
  readonly open: () => Promise<ControlStore>;
  /** Asked again at every look. */
  readonly holders: () => readonly PermitHolder[];
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): Promise<{ stop(): Promise<void> }> {
  const { clock, reportProblem } = options;
  const entries = createShareEntries<PermitShare>({ clock, goneMs: GONE_MS, asksProcesses: true });
  const held = new Map<string, Held>();
  let store: ControlStore | undefined;

  async function look(): Promise<void> {
    const holders = options.holders();
    try {
      for (const holder of holders) {
        const key = keyOf(holder);
        if (holder.permits.total === undefined && !held.has(key)) continue;
        store ??= await options.open();
        if (holder.permits.total !== undefined) await settle(store, key, holder.permits, holder.permits.total);
        else await leave(store, key);
      }
    } catch (error) {
      const message =
        `How many tasks may be in flight over all processes can't be settled now: ${describeThrown(error)} ` +
        `It is tried again. A process that has not reached the store for ${STOP_MS / 1_000} s starts none of these tasks.`;
      reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
    }
  }

  async function settle(store: ControlStore, key: string, permits: SharedPermits, total: number): Promise<void> {
    const mine = held.get(key) ?? { taken: 0, renewedAt: 0, since: 0, lost: false, isEager: false };
    held.set(key, mine);
    for (let tries = 0; tries < SHARE_TRIES; tries++) {
      const readAt = clock.monotonic();
      const { shares, revision } = await entries.read(store, key);
      const { self } = entries;
      const own = shares[self];
      const others = entries.living(store, key, shares);
      if (!own && mine.taken > 0) lose(mine, permits);
      const need = Math.min(total, permits.inFlight + permits.waiting);
      // One that gives up what still runs has had it.
      const hasHadTurn = mine.taken > 0 ? clock.monotonic() - mine.since >= TURN_MS : (own?.share ?? 0) > 0;
      const { part, turn } = partOf(total, { self, need, own, hasHadTurn }, others);
      // What this process gives up, it gives up before others may take it.
      if (part < mine.taken) take(mine, permits, part, store);
      const share = Math.max(part, permits.inFlight);
      mine.isEager = share > part || (need > 0 && share === 0);
      const isFresh = own && clock.monotonic() - mine.renewedAt < BEAT_MS;
      const hasGone = Object.keys(shares).length > Object.keys(others).length + (own ? 1 : 0);
      if (isFresh && own.share === share && own.need === need && !hasGone) {
        take(mine, permits, part, store);
        return;
      }
      const next = { share, need, turn, beat: (own?.beat ?? 0) + 1, process: store.processes?.own };
      const after: Shares<PermitShare> = { ...others, [self]: next };
      if (await store.put(key, JSON.stringify(after), revision)) {
        mine.renewedAt = readAt;
        mine.lost = false;
        take(mine, permits, part, store);
        return;
      }
    }
  }

  function take(mine: Held, permits: SharedPermits, count: number, { processes }: ControlStore): void {
    if (count > 0 && mine.taken === 0) mine.since = clock.monotonic();
    mine.taken = count;
    permits.take(count, processes ? Number.POSITIVE_INFINITY : mine.renewedAt + STOP_MS);
  }

  function lose(mine: Held, permits: SharedPermits): void {
    mine.taken = 0;
    permits.take(0, 0);
    if (!mine.lost) permits.lose();
    mine.lost = true;
  }

  async function leave(store: ControlStore, key: string): Promise<void> {
    await entries.leave(store, key);
    held.delete(key);
  }

  return settleInRounds({
    look,
    pauseMs() {
      const isEager = [...held.values()].some((mine) => mine.isEager);
      const jitter = held.size > 0 ? 0.75 + 0.5 * clock.random() : 1;
      return (isEager ? EAGER_LOOK_MS : LOOK_MS) * jitter;
    },
    tick() {
      for (const holder of options.holders()) {
        const mine = held.get(keyOf(holder));
        const isLate = mine && !store?.processes && clock.monotonic() - mine.renewedAt >= LOSE_MS;
        if (isLate && mine.taken > 0) lose(mine, holder.permits);
      }
    },
    async leave() {
      for (const key of [...held.keys()]) if (store) await leave(store, key);
    },
    clock,
  });
}
