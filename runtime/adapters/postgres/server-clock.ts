import type { Cancel, Clock } from "../../contract/clock.ts";

const SAMPLE_EVERY_MS = 10_000;
/** An answer that took much longer than the one in use says less; one this old is replaced all the same. */
const WORSE = 2;
const LONGEST_USE_MS = 60_000;

/** A server's time, as a process knows it between its questions. */
export interface ServerClock {
  /** Ms since the Unix epoch, never ahead of the server's clock, and behind it by at most what an answer takes. */
  now(): number;
  close(): void;
}

interface Sample {
  readonly serverMs: number;
  /** When its answer was here, on the monotonic clock. */
  readonly at: number;
  readonly tookMs: number;
}

/**
 * Follows a server's clock, so that all processes on it agree about the time, however their own clocks differ. A server
 * whose clock is set, or another one that takes over, is followed within ten seconds.
 */
export async function followServerClock(ask: () => Promise<number>, clock: Clock): Promise<ServerClock> {
  let cancel: Cancel = () => {};
  let closed = false;
  let used = await sample();

  async function sample(): Promise<Sample> {
    const askedAt = clock.monotonic();
    // The server told its time before the answer was here: counted from here, it is never ahead.
    const serverMs = await ask();
    const at = clock.monotonic();
    return { serverMs, at, tookMs: at - askedAt };
  }

  function sampleLater(): void {
    cancel = clock.after(SAMPLE_EVERY_MS, followOn, { background: true });
  }

  async function followOn(): Promise<void> {
    try {
      const next = await sample();
      if (next.tookMs <= WORSE * used.tookMs || next.at - used.at > LONGEST_USE_MS) used = next;
    } catch {
      // While the server is away its clock goes on as it did; callers of its store learn that it is away.
    }
    if (!closed) sampleLater();
  }

  sampleLater();
  return {
    now: () => used.serverMs + Math.floor(clock.monotonic() - used.at),
    close() {
      closed = true;
      cancel();
    },
  };
}
