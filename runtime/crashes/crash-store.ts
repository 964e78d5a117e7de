/** A task that was in flight when a process ended, for one subscription. */
export interface CrashCount {
  readonly topic: string;
  readonly subscription: string;
  /** The task's. */
  readonly id: string;
  /** Processes that have ended since while they ran it and nothing else. */
  readonly crashes: number;
}

/** How long a count is kept of a task that never comes again. */
export const KEPT_DAYS = 30;

/** Where counts outlive processes, for transports that keep none by themselves. Few are there at a time, mostly none. */
export interface CrashStore {
  readAll(): Promise<readonly CrashCount[]>;
  /** Stores counts; where there is a larger one already, that stays. */
  keep(counts: readonly CrashCount[]): Promise<void>;
  forget(counts: readonly Omit<CrashCount, "crashes">[]): Promise<void>;
  close(): Promise<void>;
}
