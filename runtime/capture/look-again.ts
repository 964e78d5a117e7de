import type { Cancel, Clock } from "../contract/clock.ts";

/** How often what nothing tells is looked at: the end of a publication. */
const LOOK_MS = 5_000;

/** Looks from time to time, as long as that says that all is well; until it is stopped. */
export function lookAgain(clock: Clock, look: () => Promise<boolean>): Cancel {
  let isStopped = false;
  let cancel: Cancel = () => {};
  const lookLater = () => {
    cancel = clock.after(LOOK_MS, async () => {
      if ((await look()) && !isStopped) lookLater();
    });
  };
  lookLater();
  return () => {
    isStopped = true;
    cancel();
  };
}
