import type { Outcome, TaskRecord } from "../contract/contract.ts";
import type { TaskLogLine } from "../contract/task-log.ts";

/** What a worker asks of a process that runs tasks one at a time. */
export type LoneRequest =
  | {
      readonly kind: "open";
      /** The module that exports the use case as `executor`. */
      readonly url: string;
      readonly subscriber: string;
      /** How the worker's connection was opened, for the clients that handlers use. */
      readonly connection: unknown;
    }
  | { readonly kind: "run"; readonly record: TaskRecord };

/** What it answers. */
export type LoneAnswer =
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "logged"; readonly line: TaskLogLine }
  | { readonly kind: "ended"; readonly outcome: Outcome; readonly tookMs: number };
