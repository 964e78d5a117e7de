import type { Clock } from "../contract/clock.ts";
import type { ExecutorContract, Message, Outcome, ReportProblem, TaskRecord } from "../contract/contract.ts";
import { createDelivery } from "../delivery/delivery.ts";
import { createBatchExecution } from "../execution/batch-execution.ts";
import { createExecution } from "../execution/execution.ts";

/** Runs a subscriber's tasks one at a time, and tells what each came to and how long its handler took, in ms. */
export function createLoneTasks(
  contract: ExecutorContract<unknown>,
  subscriberName: string,
  settings: {
    readonly ended: (outcome: Outcome, tookMs: number) => void;
    readonly clock: Clock;
    readonly reportProblem: ReportProblem;
  },
): (record: TaskRecord) => void {
  const { clock, ended } = settings;
  const subscriber = contract.settings.subscribers.find(({ name }) => name === subscriberName);
  const functions = contract.subscribers[subscriberName];
  if (!subscriber || !(functions?.handler || functions?.batchHandler)) {
    throw new RangeError(
      `'${contract.settings.name}' has no subscriber '${subscriberName}' with a handler in this build`,
    );
  }
  const { handler, batchHandler } = functions;
  const running = {
    enqueue: contract.enqueue,
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

const ALONE = { max: 1, withinMs: 0 };
const NO_LIMIT = { largest: () => 1, mayStart: () => true };
