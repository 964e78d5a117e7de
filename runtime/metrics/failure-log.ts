import type { Clock } from "../contract/clock.ts";
import type { Observer, Pipeline, Settled } from "../pipeline/pipeline.ts";

export interface FailureLogOptions {
  readonly clock: Clock;
  /** Takes one line of JSON, without its line break. */
  readonly write: (line: string) => void;
  /** Lines a second and subscriber; more failures are counted. Default 10. */
  readonly linesPerSecond?: number | undefined;
}

/** A try that failed, or several of one subscriber that nobody could read one by one. */
export type FailureLine =
  | {
      readonly event: "task-failed";
      /** ISO 8601, in UTC. */
      readonly time: string;
      readonly useCase: string;
      readonly subscriber: string;
      /** The same through all of the task's tries. */
      readonly task: string;
      /** Counted from 1. */
      readonly try: number;
      /** The try's, where the worker has an OpenTelemetry SDK; else the enqueue's. Absent: the task has no trace. */
      readonly traceId?: string;
      readonly spanId?: string;
      /** Absent where it went to no handler. */
      readonly durationMs?: number;
      readonly result: "retried" | "dead-lettered";
      /** What was thrown, with its causes. */
      readonly error: string;
    }
  | {
      readonly event: "tasks-failed";
      readonly time: string;
      readonly useCase: string;
      readonly subscriber: string;
      /** Failures of the last second that have no line of their own. */
      readonly count: number;
      /** Of the last of them. */
      readonly error: string;
    };

export interface FailureLog {
  /** For `Worker.observe`. */
  readonly observer: Observer;
  /** Writes what is counted so far, and counts no more. */
  close(): void;
}

interface Second {
  written: number;
  skipped: number;
  lastError: string;
}

const LINES_PER_SECOND = 10;
const SECOND_MS = 1_000;

/** Tells what handlers fail with, a line of JSON a failed try, and of the rest how many they were. */
export function createFailureLog({ clock, write, linesPerSecond = LINES_PER_SECOND }: FailureLogOptions): FailureLog {
  const seconds = new Map<Pipeline, Second>();
  let closed = false;

  function tell(line: FailureLine): void {
    write(JSON.stringify(line));
  }

  function endSecond(pipeline: Pipeline): void {
    const second = seconds.get(pipeline);
    seconds.delete(pipeline);
    if (!second || second.skipped === 0) return;
    const { useCase, subscriber } = pipeline;
    const { skipped: count, lastError: error } = second;
    tell({ event: "tasks-failed", time: isoTime(clock), useCase, subscriber, count, error });
  }

  function secondOf(pipeline: Pipeline): Second {
    let second = seconds.get(pipeline);
    if (!second) {
      second = { written: 0, skipped: 0, lastError: "" };
      seconds.set(pipeline, second);
      clock.after(SECOND_MS, () => endSecond(pipeline), { background: true });
    }
    return second;
  }

  function settled(pipeline: Pipeline, batch: readonly Settled[]): void {
    for (const { message, outcome, result, startedAt, endedAt } of batch) {
      if (result === "done" || outcome.kind === "done" || closed) continue;
      const second = secondOf(pipeline);
      if (second.written >= linesPerSecond) {
        second.skipped++;
        second.lastError = outcome.message;
        continue;
      }
      second.written++;
      const { useCase, subscriber } = pipeline;
      const { id: task, attempt, traceparent = "" } = message;
      const [, traceId, spanId] = traceparent.split("-");
      tell({
        event: "task-failed",
        time: isoTime(clock),
        useCase,
        subscriber,
        task,
        try: attempt,
        ...(traceId && spanId && { traceId, spanId }),
        ...(startedAt !== 0 && { durationMs: Math.round(endedAt - startedAt) }),
        result,
        error: outcome.message,
      });
    }
  }

  return {
    observer: { settled },
    close() {
      for (const pipeline of [...seconds.keys()]) endSecond(pipeline);
      closed = true;
    },
  };
}

function isoTime(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
