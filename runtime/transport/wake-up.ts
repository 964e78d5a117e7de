import type { Cancel, Clock } from "../clock.ts";

/** How often the bell is looked at while something happens, and once nothing has for a while. */
const BUSY_POLL_MS = 3;
const IDLE_POLL_MS = 20;
const IDLE_AFTER_MS = 1_000;
/** How often consumers of dead processes are looked for. */
const SWEEP_MS = 250;

/** A consumer that waits for something to receive. */
export interface Waiter {
  readonly topic: string;
  /** When something that was given back is due, in ms since the Unix epoch; `Infinity` for never. */
  dueAt: number;
  /** Tries to receive. */
  look(): void;
}

export type WakeUp = ReturnType<typeof createWakeUp>;

/**
 * Wakes waiting consumers. Within a process at once; from other processes by polling one number, which costs some
 * microseconds. Polls while somebody waits, and keeps the process alive then; not otherwise.
 */
export function createWakeUp(settings: {
  readonly clock: Clock;
  /** A number that changes when another process has something new. */
  readonly bell: () => number;
  /** Gives back what consumers of dead processes hold. */
  readonly sweep: () => void;
}) {
  const { clock } = settings;
  const waiters = new Set<Waiter>();
  let cancel: Cancel | undefined;
  let seen = settings.bell();
  let activeAt = clock.monotonic();
  let sweptAt = clock.monotonic();

  function schedule(): void {
    if (cancel || waiters.size === 0) return;
    let delayMs = clock.monotonic() - activeAt > IDLE_AFTER_MS ? IDLE_POLL_MS : BUSY_POLL_MS;
    const now = clock.now();
    for (const { dueAt } of waiters) delayMs = Math.min(delayMs, Math.max(0, dueAt - now));
    cancel = clock.after(delayMs, poll);
  }

  function poll(): void {
    cancel = undefined;
    const elapsed = clock.monotonic();
    const bell = listen();
    if (elapsed - sweptAt >= SWEEP_MS) {
      sweptAt = elapsed;
      settings.sweep();
      // A process that died after its commit never rang.
      lookAll();
    } else if (bell !== seen) {
      activeAt = elapsed;
      lookAll();
    } else {
      const now = clock.now();
      for (const waiter of [...waiters]) if (waiter.dueAt <= now) waiter.look();
    }
    seen = bell;
    schedule();
  }

  /** Where even this cannot be read, waiters have to look, and learn why. */
  function listen(): number {
    try {
      return settings.bell();
    } catch {
      return Number.NaN;
    }
  }

  function lookAll(): void {
    for (const waiter of [...waiters]) waiter.look();
  }

  return {
    /** Adds a waiter, and removes it with the function that is returned. */
    wait(waiter: Waiter): () => void {
      waiters.add(waiter);
      schedule();
      return () => {
        waiters.delete(waiter);
        if (waiters.size > 0) return;
        cancel?.();
        cancel = undefined;
      };
    },
    /** Lets those look that wait for these topics in this process. */
    wake(topics: ReadonlySet<string>): void {
      activeAt = clock.monotonic();
      for (const waiter of [...waiters]) if (topics.has(waiter.topic)) waiter.look();
    },
    /** The bell as this process has rung it: no reason to look again. */
    rang(bell: number): void {
      if (bell === seen + 1) seen = bell;
    },
  };
}
