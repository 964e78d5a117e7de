import type { Cancel } from "../contract/clock.ts";

/** A value that some process set, and the number of that change. */
export interface ControlEntry {
  readonly key: string;
  readonly value: string;
  /** Never the same twice for one key. */
  readonly revision: number;
}

/**
 * What changes at run time and must outlive every process: who paused what, which limits are overridden. Small, and read
 * by all processes every second.
 */
export interface ControlStore {
  /** All entries whose keys begin with that, by key. */
  list(prefix: string): Promise<readonly ControlEntry[]>;
  /** Those of the keys that have an entry, in any order. */
  get(keys: readonly string[]): Promise<readonly ControlEntry[]>;
  /**
   * Sets a value, or removes it where it is `undefined`, if its revision is still that one (0: there is none). False:
   * somebody else has changed it. Durable once it resolves; where it rejects, it may have been done.
   */
  put(key: string, value: string | undefined, revision: number): Promise<boolean>;
  /** Tells of changes from now on, until the returned function is called. Absent: whoever wants to know has to look. */
  watch?(changed: () => void): Cancel;
  /** Where all that open it run on one machine, which can tell which of them have ended. Absent: only silence tells. */
  readonly processes?:
    | {
        /** What others know this process by. */
        readonly own: string;
        /** False where it runs, is stopped, or that can't be told. */
        hasEnded(process: string): boolean;
      }
    | undefined;
  close(): Promise<void>;
}
