import type { FailureReason } from "../contract/contract.ts";
import type { Binding } from "../control/worker-reports.ts";

/** How many tasks each layer let through since the start. */
export interface PipelineCounts {
  readonly scheduler: { readonly received: number; readonly delayed: number; readonly skipped: number };
  readonly flowControl: {
    readonly admitted: number;
    readonly inFlight: number;
    readonly waiting: number;
    readonly limit: number;
    /** Whether an operator has paused it. */
    readonly paused: boolean;
    /** How often a retry was put off for its budget. */
    readonly retriesHeldBack: number;
    /** What keeps tasks waiting; absent: none waits. */
    readonly binds?: Binding | undefined;
  };
  readonly delivery: {
    readonly filtered: number;
    readonly sent: number;
    readonly done: number;
    readonly retried: number;
    readonly deadLettered: number;
    /** The same by their reason. */
    readonly deadLetters: Readonly<Record<FailureReason, number>>;
  };
  readonly execution: {
    readonly running: number;
    /** Ordered tries that run on though their time is over: their keys wait until they end, or the process does. */
    readonly stuck: number;
    /** Tasks that were in flight at a crash, and wait for a process where nothing else runs. */
    readonly alone: number;
  };
}
