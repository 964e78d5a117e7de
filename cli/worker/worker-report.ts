import type { Pipeline, Settled, TaskLogLine } from "../../runtime/runtime.ts";

/** One task's try that ended. */
export interface TaskReport {
  readonly useCase: string;
  readonly subscriber: string;
  readonly id: string;
  readonly attempt: number;
  readonly result: Settled["result"];
  /** From when it was due until it was settled. */
  readonly latencyMs: number;
  /** Why it was retried or given up. */
  readonly message?: string;
}

/** What one subscriber's tries came to within a second. */
export interface TasksReport {
  readonly useCase: string;
  readonly subscriber: string;
  readonly done: number;
  readonly retried: number;
  readonly deadLettered: number;
  readonly slowestMs: number;
}

/** Where events are taken by HTTP. */
export interface GatewayReport {
  readonly address: string;
  readonly port: number;
}

/** What a worker process tells the process that started it. */
export type WorkerReport =
  | { readonly kind: "ready"; readonly useCases: readonly string[]; readonly gateway: GatewayReport }
  | { readonly kind: "task"; readonly task: TaskReport }
  | { readonly kind: "tasks"; readonly tasks: readonly TasksReport[] }
  | { readonly kind: "log"; readonly line: TaskLogLine }
  | { readonly kind: "problem"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

/** More tries a second than this are counted, not told one by one: nobody reads them, and telling costs time. */
const TOLD_PER_SECOND = 20;

type Counts = { -readonly [K in keyof TasksReport]: TasksReport[K] };

export interface TaskReporter {
  observe(pipeline: Pick<Pipeline, "useCase" | "subscriber">, settled: readonly Settled[]): void;
  /** Tells what is counted so far. */
  flush(): void;
}

/** Tells of tries one by one while they are few, and of counts a second while they are many. */
export function createTaskReporter(send: (report: WorkerReport) => void): TaskReporter {
  let told = 0;
  let busy = false;
  let second: NodeJS.Timeout | undefined;
  const counts = new Map<string, Counts>();

  /** How many were counted. */
  function flush(): number {
    const tasks = [...counts.values()];
    counts.clear();
    if (tasks.length > 0) send({ kind: "tasks", tasks });
    return tasks.reduce((sum, { done, retried, deadLettered }) => sum + done + retried + deadLettered, 0);
  }

  function startSecond(): void {
    if (second) return;
    second = setTimeout(() => {
      busy = told + flush() > TOLD_PER_SECOND;
      told = 0;
      second = undefined;
      // One more second tells a pause from the end of the rush.
      if (busy) startSecond();
    }, 1_000).unref();
  }

  function tell({ useCase, subscriber }: { useCase: string; subscriber: string }, settled: Settled, latencyMs: number) {
    const { message, outcome, result } = settled;
    told++;
    const why = "message" in outcome ? { message: outcome.message } : {};
    const { id, attempt } = message;
    send({ kind: "task", task: { useCase, subscriber, id, attempt, result, latencyMs, ...why } });
  }

  function add(
    { useCase, subscriber }: { useCase: string; subscriber: string },
    { result }: Settled,
    latencyMs: number,
  ) {
    const key = `${useCase} ${subscriber}`;
    let count = counts.get(key);
    if (!count) {
      count = { useCase, subscriber, done: 0, retried: 0, deadLettered: 0, slowestMs: 0 };
      counts.set(key, count);
    }
    if (result === "done") count.done++;
    else if (result === "retried") count.retried++;
    else count.deadLettered++;
    count.slowestMs = Math.max(count.slowestMs, latencyMs);
  }

  return {
    observe(pipeline, settled) {
      const now = Date.now();
      startSecond();
      for (const one of settled) {
        const latencyMs = Math.max(0, now - Math.max(one.message.enqueuedAt, one.message.dueAt));
        if (!busy && told < TOLD_PER_SECOND) tell(pipeline, one, latencyMs);
        else add(pipeline, one, latencyMs);
      }
    },
    flush,
  };
}
