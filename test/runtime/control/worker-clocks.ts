import type { Clock } from "../../../runtime/contract/clock.ts";
import type { SimulatedClock } from "../../../runtime/testing/simulated-clock.ts";

/** One virtual time as several workers have it, each of which may stand still, as SIGSTOP makes a process. */
export function createWorkerClocks(clock: SimulatedClock) {
  /** What workers that stand still would have run, by their numbers. */
  const still = new Map<number, (() => void)[]>();
  return {
    of(worker: number): Clock {
      const after: Clock["after"] = (delayMs, run, options) => {
        let isCancelled = false;
        const cancel = clock.after(
          delayMs,
          () => {
            const late = still.get(worker);
            if (!late) run();
            else late.push(() => isCancelled || run());
          },
          options,
        );
        return () => {
          isCancelled = true;
          cancel();
        };
      };
      return { ...clock, after };
    },

    /** Stops a worker; the returned function is SIGCONT. */
    stand(worker: number): () => void {
      const late: (() => void)[] = [];
      still.set(worker, late);
      return () => {
        still.delete(worker);
        for (const run of late) run();
      };
    },

    /** Lets time pass until the promise is settled. */
    async inTime<T>(promise: Promise<T>): Promise<T> {
      let ended = false;
      promise.then(
        () => (ended = true),
        () => (ended = true),
      );
      await clock.until(() => ended, 60_000);
      return promise;
    },
  };
}
