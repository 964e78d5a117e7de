/**
 * Writes a line of JSON that names the task, its use case, its try and its trace. Of a subscriber's lines at most 100 a second
 * are written and the rest counted; of a message at most 1,024 characters, of fields at most 8 KiB. Never throws.
 */
export interface TaskLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export type LogLevel = keyof TaskLog;

/** A line that a handler wrote by `task.log`, or how many of a second were left out. */
export type TaskLogLine =
  | {
      readonly event: "task-log";
      readonly level: LogLevel;
      /** ISO 8601, in UTC. */
      readonly time: string;
      readonly useCase: string;
      readonly subscriber: string;
      readonly task: string;
      /** Counted from 1. */
      readonly try: number;
      /** Absent where the task has no trace. */
      readonly traceId?: string;
      readonly spanId?: string;
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly event: "task-logs-left-out";
      readonly time: string;
      readonly useCase: string;
      readonly subscriber: string;
      readonly count: number;
    };
