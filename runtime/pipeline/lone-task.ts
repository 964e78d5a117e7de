import type { Clock } from "../contract/clock.ts";
import type {
  ExecutorContract,
  Message,
  Outcome,
  ReportProblem,
  SubscriberFunctions,
  TaskRecord,
} from "../contract/contract.ts";
import type { TaskLogLine } from "../contract/task-log.ts";
import { createDelivery } from "../delivery/delivery.ts";
import { createBatchExecution } from "../execution/batch-execution.ts";
import { createExecution } from "../execution/execution.ts";
import { createTaskLogs } from "../execution/task-logs.ts";
import type { Spans } from "../tracing/spans.ts";

/** Runs a subscriber's tasks one at a time, and tells what each came to and how long its handler took, in ms. */
export function createLoneTasks(
  contract: ExecutorContract<unknown>,
  subscriberName: string,
  settings: {
    readonly ended: (outcome: Outcome, tookMs: number) => void;
    readonly log: (line: TaskLogLine) => void;
    /** Absent: this process traces nothing. The try's span is the worker's. */
    readonly spans: Spans | undefined;
    readonly clock: Clock;
    readonly reportProblem: ReportProblem;
  },
): (record: TaskRecord) => void {
  const { clock, ended, spans } = settings;
  const subscriber = contract.settings.subscribers.find(({ name }) => name === subscriberName);
  const functions = contract.subscribers[subscriberName];
  if (!subscriber || !(functions?.handler || functions?.batchHandler)) {
    throw new RangeError(
      `'${contract.settings.name}' has no subscriber '${subscriberName}' with a handler in this build`,
    );
  }
  const handler = functions.handler && within(spans, functions.handler);
  const batchHandler = functions.batchHandler && withinFirst(spans, functions.batchHandler);
  const running = {
    enqueue: contract.enqueue,
    logOf: createTaskLogs({
      ...{ useCase: contract.settings.name, subscriber: subscriberName, write: settings.log, clock },
    }),
    subscriber: subscriberName,
    timeoutMs: subscriber.timeoutMs,
    // The process is ended with a try that outlives its time, so that nothing of it keeps a key.
    keepsKey: false,
    report: (_: Message, outcome: Outcome, startedAt: number, endedAt?: number) =>
      ended(outcome, (endedAt ?? clock.monotonic()) - startedAt),
    stuck: () => {},
    clock,
  };
  const execution =
    subscriber.batch && batchHandler
      ? createBatchExecution({
          ...running,
          handler: batchHandler,
          batch: ALONE,
          maxRetries: 0,
          limit: NO_LIMIT,
          ended() {},
        })
      : createExecution({ ...running, handler: handler! });
  const delivery = createDelivery({
    ...{ contract, subscriber, target: execution, clock, reportProblem: settings.reportProblem },
    settlement: {
      add: (_, outcome) => ended(outcome, 0),
      postpone: (_, afterMs) => ended({ kind: "retry", afterMs, message: "it is of a newer version" }, 0),
    },
  });
  return (record) => delivery.deliver([{ ...record, position: undefined }]);
}

type Handler = NonNullable<SubscriberFunctions<unknown>["handler"]>;
type BatchHandler = NonNullable<SubscriberFunctions<unknown>["batchHandler"]>;

function within(spans: Spans | undefined, handler: Handler): Handler {
  return spans ? (event, task) => spans.under(task, () => handler(event, task)) : handler;
}

/** A batch here is of one task. */
function withinFirst(spans: Spans | undefined, handler: BatchHandler): BatchHandler {
  return spans ? (events, tasks) => spans.under(tasks[0]!, () => handler(events, tasks)) : handler;
}

const ALONE = { max: 1, withinMs: 0 };
const NO_LIMIT = { largest: () => 1, mayStart: () => true };
