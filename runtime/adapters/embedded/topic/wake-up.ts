import type { Cancel, Clock } from "../../../contract/clock.ts";
import type { Bell } from "./bell.ts";

/** How often others' doings are looked at where nothing tells of them, and where the bell does. */
const POLL_MS = 4;
const BELL_POLL_MS = 25;
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
 * Wakes waiting consumers: within a process at once, from other processes by the bell, and by polling a number for what
 * the bell did not tell. Polls while somebody waits, and keeps the process alive then; not otherwise.
 */
export function createWakeUp(settings: {
  readonly clock: Clock;
  /** A number that changes when another process has something new. */
  readonly news: () => number;
  readonly bell: Pick<Bell, "onRing">;
  /** Gives back what consumers of dead processes hold. */
  readonly sweep: () => void;
}) {
  const { clock } = settings;
  const waiters = new Set<Waiter>();
  /** Topics whose waiters are to look once this turn's work is done. */
  let woken = new Set<string>();
  let cancel: Cancel | undefined;
  let seen = settings.news();
  let sweptAt = clock.monotonic();
  const pollMs = settings.bell.onRing(() => {
    if (waiters.size > 0) lookForNews();
  })
    ? BELL_POLL_MS
    : POLL_MS;

  function schedule(): void {
    if (cancel || waiters.size === 0) return;
    let delayMs = pollMs;
    const now = clock.now();
    for (const { dueAt } of waiters) delayMs = Math.min(delayMs, Math.max(0, dueAt - now));
    cancel = clock.after(delayMs, poll);
  }

  function poll(): void {
    cancel = undefined;
    const elapsed = clock.monotonic();
    if (elapsed - sweptAt >= SWEEP_MS) {
      sweptAt = elapsed;
      settings.sweep();
      // A process that died after its commit told nobody.
      lookAll();
    } else if (!lookForNews()) {
      const now = clock.now();
      for (const waiter of [...waiters]) if (waiter.dueAt <= now) waiter.look();
    }
    schedule();
  }

  function lookForNews(): boolean {
    const news = readNews();
    if (news === seen) return false;
    seen = news;
    lookAll();
    return true;
  }

  /** Where even this cannot be read, waiters have to look, and learn why. */
  function readNews(): number {
    try {
      return settings.news();
    } catch {
      return Number.NaN;
    }
  }

  function lookWoken(): void {
    const topics = woken;
    woken = new Set();
    for (const waiter of [...waiters]) if (topics.has(waiter.topic)) waiter.look();
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
    /**
     * Lets those look that wait for these topics in this process, in this turn's aftermath: whoever calls may be one of
     * them, in the midst of a look.
     */
    wake(topics: ReadonlySet<string>): void {
      if (woken.size === 0) clock.soon(lookWoken);
      for (const topic of topics) woken.add(topic);
    },
    /** This process has made that number of it: no reason to look again. */
    told(news: number): void {
      if (news === seen + 1) seen = news;
    },
  };
}
