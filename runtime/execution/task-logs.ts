import type { Clock } from "../contract/clock.ts";
import type { TaskContext } from "../contract/contract.ts";
import type { LogLevel, TaskLog, TaskLogLine } from "../contract/task-log.ts";
import { describeThrown } from "../contract/thrown.ts";
import { describeFields } from "./described-fields.ts";

export interface TaskLogsOptions {
  readonly useCase: string;
  readonly subscriber: string;
  /** Absent: nothing is written. What it throws changes nothing. */
  readonly write: ((line: TaskLogLine) => void) | undefined;
  /** Fields of these names are masked: they hold what the event marks as secret. */
  readonly secrets?: ReadonlySet<string> | undefined;
  readonly clock: Clock;
}

export type LoggedTask = Pick<TaskContext, "id" | "attempt" | "traceparent">;

/** Lines a second of one subscriber in one process. */
const LINES_PER_SECOND = 100;
const SECOND_MS = 1_000;

/** The logs of one subscriber's tasks, which share what may be written in a second. */
export function createTaskLogs({
  useCase,
  subscriber,
  write,
  secrets,
  clock,
}: TaskLogsOptions): (task: LoggedTask) => TaskLog {
  let endsAt = 0;
  let written = 0;
  let leftOut = 0;

  const time = () => new Date(clock.now()).toISOString();

  function tell(line: TaskLogLine): void {
    try {
      write?.(line);
    } catch {
      // Whoever writes lines must not decide what becomes of tasks.
    }
  }

  function endSecond(): void {
    const count = leftOut;
    leftOut = 0;
    if (count > 0) tell({ event: "task-logs-left-out", time: time(), useCase, subscriber, count });
  }

  function mayWrite(): boolean {
    const now = clock.monotonic();
    if (now >= endsAt) {
      endsAt = now + SECOND_MS;
      written = 0;
    }
    if (written++ < LINES_PER_SECOND) return true;
    if (leftOut++ === 0) clock.after(endsAt - now, endSecond, { background: true });
    return false;
  }

  function log(task: LoggedTask, level: LogLevel, message: unknown, fields: unknown): void {
    if (!write || !mayWrite()) return;
    const { id, attempt, traceparent } = task;
    tell({
      ...{ event: "task-log", level, time: time(), useCase, subscriber, task: id, try: attempt },
      ...traceIds(traceparent),
      message: describeThrown(message),
      ...(fields !== undefined && fields !== null && { fields: describeFields(fields, secrets) }),
    });
  }

  return (task) => ({
    debug: (message, fields) => log(task, "debug", message, fields),
    info: (message, fields) => log(task, "info", message, fields),
    warn: (message, fields) => log(task, "warn", message, fields),
    error: (message, fields) => log(task, "error", message, fields),
  });
}

/** The ids of a trace context, for a line of a log. */
function traceIds(traceparent: string): { traceId?: string; spanId?: string } {
  const [, traceId, spanId] = traceparent.split("-");
  return traceId && spanId ? { traceId, spanId } : {};
}
