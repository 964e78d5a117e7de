import type { Clock } from "../contract/clock.ts";
import {
  type ExecutorContract,
  isKeyed,
  type Message,
  type Outcome,
  type ReportProblem,
  type SubscriberSettings,
} from "../contract/contract.ts";
import type { Target } from "../delivery/delivery.ts";
import type { SentTask } from "../delivery/remote/remote-target.ts";
import type { Settlement } from "../delivery/settlement.ts";
import { type BatchExecutionOptions, createBatchExecution } from "../execution/batch-execution.ts";
import { createExecution, type Execution, stuckTask, type TakenTask } from "../execution/execution.ts";
import type { Isolation, LodgedTask } from "../execution/isolation.ts";
import type { createTaskLogs } from "../execution/task-logs.ts";
import type { TaskTraces } from "../tracing/task-traces.ts";
import type { Consumer } from "../transport/transport.ts";
import type { PipelineCounts } from "./pipeline-counts.ts";

/** Where one subscriber's tasks run, as its pipeline needs it: a target, and what only some have. */
export interface TaskTarget extends Target<unknown> {
  /** What may end this process. Absent: nothing, since it runs elsewhere. */
  readonly execution?: Pick<Execution<unknown>, "running" | "called"> | undefined;
  /** Absent: what runs, and nothing else. */
  readonly counts?: PipelineCounts["execution"] | undefined;
  /** Whether nothing runs that holds no permit. Absent: nothing does. */
  readonly quiet?: boolean | undefined;
  /** Takes tasks that were in flight at a crash. Absent: they run beside all others. */
  readonly alone?: ((messages: readonly Message[]) => void) | undefined;
  /** The part of its limit that may be in flight now, from 0 to 1. Absent: all. */
  readonly share?: (() => number) | undefined;
  /** Tasks that hold a permit and ask nothing of anybody any more: their outcomes come by themselves. Absent: none. */
  readonly accepted?: (() => number) | undefined;
  /** A task that it has, and since when, on the monotonic clock. Absent: it can't tell. */
  readonly find?: ((id: string) => TakenTask | SentTask | LodgedTask | undefined) | undefined;
  /** Absent: it starts nothing by itself. */
  readonly pause?: ((paused: boolean) => void) | undefined;
  readonly stop?: (() => void) | undefined;
  /** Ends what runs, soon, while others go on. Absent: as `abort` does. */
  readonly interrupt?: ((reason: string) => void) | undefined;
}

export interface LocalTargetOptions {
  readonly contract: ExecutorContract<unknown>;
  readonly subscriber: SubscriberSettings;
  /** Of one that takes several events at once. */
  readonly batchLimit:
    | (BatchExecutionOptions<unknown>["limit"] & Pick<BatchExecutionOptions<unknown>, "ended">)
    | undefined;
  readonly consumer: Consumer;
  readonly isolation: Isolation;
  /** Whether another process can open what this one has. */
  readonly canIsolate: boolean;
  readonly settlement: Pick<Settlement, "add" | "addFreed">;
  /** Whether tasks that run in a process of their own count as in flight, as all others do. */
  readonly keepsPermits: () => boolean;
  /** Told of tasks that hold no permit any more. */
  readonly release: (count: number) => void;
  /** Takes a task again, as if it had just been received. */
  readonly offer: (message: Message) => void;
  readonly logOf: ReturnType<typeof createTaskLogs>;
  /** Absent: this process traces nothing. */
  readonly traces: TaskTraces | undefined;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** Runs a subscriber's handler in this process, and what may end a process in one of its own. */
export function createLocalTarget(options: LocalTargetOptions): TaskTarget {
  const { contract, subscriber, consumer, settlement, clock } = options;
  const { name } = contract.settings;
  const { handler: own, batchHandler: ownBatch } = contract.subscribers[subscriber.name]!;
  const { traces } = options;
  const handler = own && traces ? traces.traced(own) : own;
  const batchHandler = ownBatch && traces ? traces.tracedBatch(ownBatch) : ownBatch;
  const { batch, timeoutMs, maxRetries } = subscriber;
  const { batchLimit } = options;
  const running = {
    subscriber: subscriber.name,
    enqueue: contract.enqueue,
    logOf: options.logOf,
    timeoutMs,
    keepsKey: isKeyed(contract.settings),
    starting: consumer.starting,
    stuck(message: Message) {
      options.reportProblem(stuckTask(message, subscriber));
      // Once this process is gone: where nothing else runs, a try that outlives its time is ended.
      void consumer.rememberCrashes?.([message], message.crashes ?? 0).catch(() => {});
    },
    report: settlement.add,
    clock,
  };
  // The compiler, and TypeScript's types, see to it that there is the handler that the settings ask for.
  const execution =
    batch && batchLimit
      ? createBatchExecution({
          ...running,
          handler: batchHandler!,
          batch,
          maxRetries,
          limit: batchLimit,
          ended: batchLimit.ended,
        })
      : createExecution({ ...running, handler: handler! });
  /** Of those that run in a process of their own. */
  const withPermits = new Set<Message>();
  const lodging =
    contract.url === undefined || !options.canIsolate
      ? undefined
      : options.isolation.lodge({
          ...{ url: contract.url, useCase: name, subscriber },
          report(message: Message, outcome: Outcome, startedAt, endedAt) {
            const settle = withPermits.delete(message) ? settlement.add : settlement.addFreed;
            settle(message, outcome, startedAt, endedAt);
          },
          runHere(message) {
            traces?.putOff(message);
            if (withPermits.delete(message)) options.release(1);
            options.offer({ ...message, crashes: undefined });
          },
        });
  return {
    run: execution.run,
    get running() {
      return execution.running;
    },
    execution,
    counts: {
      get running() {
        return execution.counts.running + (lodging?.running ?? 0);
      },
      get stuck() {
        return execution.counts.stuck;
      },
      get alone() {
        return lodging?.waiting ?? 0;
      },
    },
    get quiet() {
      return !lodging?.running;
    },
    alone:
      lodging &&
      ((messages) => {
        if (options.keepsPermits()) for (const message of messages) withPermits.add(message);
        else options.release(messages.length);
        lodging.run(messages);
      }),
    find: (id) => execution.find(id) ?? lodging?.find(id),
    pause: (paused) => lodging?.pause(paused),
    stop() {
      execution.stop();
      lodging?.stop();
    },
    interrupt: execution.interrupt,
    abort(reason) {
      execution.abort(reason);
      lodging?.abort();
    },
  };
}
