import { type Cancel, type Clock, settledWithin } from "../contract/clock.ts";

export interface ShareRounds {
  /** Settles what this process has. It never rejects. */
  readonly look: () => Promise<void>;
  /** How long after the end of a look the next one begins. */
  readonly pauseMs: () => number;
  /** What can't wait for a look, for which the store may take long: once a second. */
  readonly tick: () => void;
  /** Gives up what this process has. */
  readonly leave: () => Promise<void>;
  readonly clock: Clock;
}

const TICK_MS = 1_000;
/** A store that does not answer must not keep the process: others see that it is gone. */
const LEAVE_WITHIN_MS = 1_000;

/** Settles shares again and again, from now until it is stopped; resolves once they are settled for the first time. */
export async function settleInRounds(rounds: ShareRounds): Promise<{ stop(): Promise<void> }> {
  const { clock } = rounds;
  let stopped = false;
  let cancelLook: Cancel = () => {};
  let cancelTick: Cancel = () => {};
  let looking: Promise<void> = Promise.resolve();

  function lookLater(): void {
    if (stopped) return;
    cancelLook = clock.after(
      rounds.pauseMs(),
      () => {
        looking = rounds.look().then(lookLater);
      },
      { background: true },
    );
  }

  function tick(): void {
    rounds.tick();
    cancelTick = clock.after(TICK_MS, tick, { background: true });
  }

  tick();
  await rounds.look();
  lookLater();
  return {
    async stop() {
      stopped = true;
      cancelLook();
      cancelTick();
      const left = looking.then(rounds.leave);
      await settledWithin(
        clock,
        LEAVE_WITHIN_MS,
        left.catch(() => {}),
      );
    },
  };
}
