import { type Cancel, type Clock, settledWithin } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { ScheduleSettings } from "../contract/schedule.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlStore } from "../control/control-store.ts";
import { dueTicks } from "./due-ticks.ts";
import { agrees, readState, type ScheduleState, stateKeyOf, takenOver } from "./schedule-state.ts";
import { type Ticks, ticksOf } from "./ticks.ts";

/** A moment at which a schedule enqueues an event. */
export interface DueTick {
  readonly schedule: string;
  /** In ms since the Unix epoch. */
  readonly at: number;
}

export interface SchedulesOptions {
  readonly useCase: string;
  /** None: those that an earlier version has left behind end. */
  readonly schedules: readonly ScheduleSettings[];
  readonly open: () => Promise<ControlStore>;
  /**
   * Enqueues the tick's event; the same tick again is the same task. Rejects with an error that `isRefusal` where it never can,
   * and with another where it may later.
   */
  readonly fire: (tick: DueTick) => Promise<void>;
  readonly isRefusal: (error: unknown) => boolean;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** How often a process looks whether another one still fires. */
const LOOK_MS = 1_000;
/** Where there is nothing to fire, how often it looks for what an earlier version has left behind. */
const IDLE_LOOK_MS = 60_000;
const BEAT_MS = 2_500;
/** A holder whose beat stands still for so long is gone. */
const GONE_MS = 10_000;
/** Longer without a word of the store, and a holder fires nothing: another may be about to take over. */
const SURE_MS = 7_000;
const RETRY_MS = 1_000;
/** Ticks that are enqueued together. */
const CHUNK = 100;
/** Others may change the entry at the same time: this process's own beat, or another that takes over. */
const TRIES = 5;

/**
 * Fires the ticks of one use case's schedules from one of all the processes that run it. That one is named in the control
 * store, by compare-and-swap, and beats there as long as it lives; when its beat stands still, by the others' monotonic
 * clocks, one of them takes over. A tick is enqueued first and noted as decided then, so a crash between the two repeats it,
 * as the same task. A process that starts with other schedules than those that are noted takes over at once.
 */
export function runSchedules(options: SchedulesOptions): { stop(): Promise<void> } {
  const { useCase, schedules, clock, reportProblem } = options;
  const self = clock.randomId(12);
  const ticks = new Map<string, Ticks>(schedules.map((schedule) => [schedule.name, ticksOf(schedule)]));
  let isStarting = true;
  let isAlone = false;
  /** The others' holder as it was last seen, and since when, on the monotonic clock. */
  let seen: { readonly holder: string; readonly beat: number; readonly at: number } | undefined;
  /** When this process was last sure to be the holder, on the monotonic clock. */
  let sureAt = Number.NEGATIVE_INFINITY;
  let beatenAt = Number.NEGATIVE_INFINITY;
  let firing: Promise<void> | undefined;
  let retryAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  let cancel: Cancel = () => {};
  let looking: Promise<number> = Promise.resolve(0);

  const isSure = () => isAlone || clock.monotonic() - sureAt < SURE_MS;

  /** Answers how long to wait until the next look, in ms. */
  async function look(): Promise<number> {
    try {
      const store = await options.open();
      // Such a store is of this process alone: nobody else fires, and nobody has to be told.
      isAlone = store.watch !== undefined;
      if (isAlone && schedules.length === 0) return Number.POSITIVE_INFINITY;
      const askedAt = clock.monotonic();
      let { state, revision } = await readState(store, useCase);
      if (schedules.length === 0) {
        if (state?.schedules && (isStarting || isGone(state))) await store.put(stateKeyOf(useCase), REMOVED, revision);
        isStarting = false;
        return IDLE_LOOK_MS;
      }
      if (state?.holder !== self) {
        if (!mayTakeOver(state)) {
          isStarting = false;
          return LOOK_MS;
        }
        state = takenOver(state, self, schedules, clock.now());
        if (!(await store.put(stateKeyOf(useCase), JSON.stringify(state), revision))) return 0;
        beatenAt = askedAt;
      } else if (!isAlone && askedAt - beatenAt >= BEAT_MS) {
        const beating = { ...state, beat: state.beat + 1 };
        // This process's own change may have come between: the next look beats.
        if (await store.put(stateKeyOf(useCase), JSON.stringify(beating), revision)) beatenAt = askedAt;
      }
      isStarting = false;
      sureAt = beatenAt;
      return fireDue(store, state);
    } catch (error) {
      report("The schedules can't be looked after now", error);
      return RETRY_MS;
    }
  }

  function mayTakeOver(state: ScheduleState | undefined): boolean {
    if (state === undefined) return true;
    // Its use case has none any more, in a version that was started later.
    if (!state.schedules) return isStarting;
    if (isStarting && !agrees(state, schedules)) return true;
    return state.holder === "" || isGone(state);
  }

  /** Whether a holder's beat stands still. */
  function isGone({ holder, beat }: ScheduleState): boolean {
    if (seen?.holder !== holder || seen.beat !== beat) seen = { holder, beat, at: clock.monotonic() };
    return clock.monotonic() - seen.at >= GONE_MS;
  }

  function fireDue(store: ControlStore, state: ScheduleState): number {
    const now = clock.now();
    let nextAt = Number.POSITIVE_INFINITY;
    const due = schedules.flatMap(({ name, missed }) => {
      const known = state.schedules?.[name];
      const own = ticks.get(name)!;
      if (!known) return [];
      const { fire, until } = dueTicks(own, known.until, now, missed);
      nextAt = Math.min(nextAt, own.next(until));
      return until === known.until ? [] : [{ name, fire, until }];
    });
    const waitMs = Math.max(0, nextAt - now);
    if (due.length > 0 && !firing && clock.monotonic() >= retryAt) {
      firing = fireAll(store, due)
        .catch((error: unknown) => {
          retryAt = clock.monotonic() + RETRY_MS;
          report("A tick can't be enqueued now", error);
        })
        .finally(() => {
          firing = undefined;
        });
    }
    return isAlone && due.length === 0 ? waitMs : Math.min(LOOK_MS, waitMs);
  }

  /** Enqueues ticks in the order of their times, a chunk after another, and notes what is decided. */
  async function fireAll(
    store: ControlStore,
    due: readonly { readonly name: string; readonly fire: readonly number[]; readonly until: number }[],
  ): Promise<void> {
    const all = due.flatMap(({ name, fire }) => fire.map((at): DueTick => ({ schedule: name, at })));
    all.sort((a, b) => a.at - b.at);
    for (let from = 0; from < all.length && !stopped; from += CHUNK) {
      const chunk = all.slice(from, from + CHUNK);
      if (!isSure()) return;
      const results = await Promise.allSettled(chunk.map((tick) => options.fire(tick)));
      for (const [i, result] of results.entries()) {
        if (result.status === "fulfilled") continue;
        if (!options.isRefusal(result.reason)) throw result.reason;
        const { schedule, at } = chunk[i]!;
        report(`The tick of '${schedule}' at ${new Date(at).toISOString()} has no task`, result.reason);
      }
      const last = Object.fromEntries(chunk.map(({ schedule, at }) => [schedule, at]));
      if (!(await note(store, last))) return;
    }
    if (!stopped) await note(store, Object.fromEntries(due.map(({ name, until }) => [name, until])));
  }

  /** Notes up to where schedules are decided. False: another process has taken over, and decides. */
  async function note(store: ControlStore, until: Readonly<Record<string, number>>): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries++) {
      const { state, revision } = await readState(store, useCase);
      if (state?.holder !== self) return false;
      const decided = Object.entries(state.schedules ?? {}).map(([name, one]) => [
        name,
        name in until ? { ...one, until: until[name] } : one,
      ]);
      const value = JSON.stringify({ ...state, schedules: Object.fromEntries(decided) });
      if (await store.put(stateKeyOf(useCase), value, revision)) return true;
    }
    return false;
  }

  function report(what: string, error: unknown): void {
    const message = `${what} for '${useCase}': ${describeThrown(error)}`;
    const code = error instanceof FivefoldError ? error.code : "storage-failed";
    reportProblem(new FivefoldError(code, message, { cause: error }));
  }

  function lookIn(delayMs: number): void {
    if (stopped || delayMs === Number.POSITIVE_INFINITY) return;
    cancel = clock.after(
      delayMs,
      () => {
        looking = look();
        void looking.then(lookIn);
      },
      { background: true },
    );
  }

  /** Lets another process fire at once. */
  async function leave(): Promise<void> {
    const store = await options.open();
    for (let tries = 0; tries < TRIES; tries++) {
      const { state, revision } = await readState(store, useCase);
      if (state?.holder !== self) return;
      if (await store.put(stateKeyOf(useCase), JSON.stringify({ ...state, holder: "" }), revision)) return;
    }
  }

  lookIn(0);
  return {
    async stop() {
      stopped = true;
      cancel();
      const left = looking
        .then(() => firing)
        .then(() => (schedules.length > 0 && !isStarting ? leave() : undefined))
        .catch(() => {});
      // A store that does not answer must not keep the process: others see that it is gone.
      await settledWithin(clock, GONE_MS, left);
    },
  };
}

const REMOVED = JSON.stringify({ holder: "", beat: 0 } satisfies ScheduleState);
