import { type Cancel, type Clock, sleep } from "../../contract/clock.ts";
import type { FivefoldError } from "../../contract/errors.ts";

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;
/** A first try waits no longer than this for the next. */
const LONGEST_FIRST_WAIT_MS = 1_000;
/** For so long a conflict may be with a former connection, which isn't gone yet. */
const CONFLICT_RETRY_MS = 2_000;

export interface ReconnectionSettings {
  /** Opens it once. */
  readonly attempt: () => Promise<void>;
  /** What an attempt that failed comes to. */
  readonly faultOf: (error: unknown) => FivefoldError;
  /** What no waiting fixes, so that a first attempt is the last. */
  readonly isFinal: (fault: FivefoldError) => boolean;
  /** Told of later attempts that failed. */
  readonly onFailed: (error: unknown) => void;
  /** A first one that takes longer, with all attempts, is given up. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** When a connection, a producer or a consumer that comes back by itself is tried again. */
export interface Reconnection {
  /** Rejects where it can't be had in time. */
  openFirst(): Promise<void>;
  /** Told that it is open. */
  opened(): void;
  /** Tries again: at once after a loss, since most are a broker's that passed its topic on, and ever later from then on. */
  again(): void;
  /** Whether the process must stay alive, though nothing else may keep it. What has stopped keeps it no more. */
  keepProcess(on: boolean): void;
  stop(): void;
}

export function createReconnection(settings: ReconnectionSettings): Reconnection {
  const { attempt, clock } = settings;
  let attempts = 0;
  let cancelRetry: Cancel = () => {};
  let releaseProcess: Cancel | undefined;
  let stopped = false;

  function keepProcess(on: boolean): void {
    if (on && !stopped) releaseProcess ??= clock.after(Number.MAX_SAFE_INTEGER, () => {});
    else {
      releaseProcess?.();
      releaseProcess = undefined;
    }
  }

  return {
    async openFirst() {
      const startedAt = clock.monotonic();
      for (;;) {
        try {
          return await attempt();
        } catch (error) {
          const fault = settings.faultOf(error);
          const elapsedMs = clock.monotonic() - startedAt;
          const patienceMs = fault.code === "conflict" ? CONFLICT_RETRY_MS : settings.timeoutMs;
          if (settings.isFinal(fault) || elapsedMs >= patienceMs) throw fault;
          attempts += 1;
          await sleep(clock, Math.min(LONGEST_FIRST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts));
        }
      }
    },
    opened() {
      attempts = 0;
    },
    again() {
      const boundMs = attempts === 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts);
      attempts += 1;
      const waitMs = boundMs / 2 + (clock.random() * boundMs) / 2;
      cancelRetry = clock.after(waitMs, () => void attempt().catch(settings.onFailed), { background: true });
    },
    keepProcess,
    stop() {
      stopped = true;
      cancelRetry();
      keepProcess(false);
    },
  };
}
