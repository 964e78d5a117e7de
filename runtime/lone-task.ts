import type { Clock } from "./clock.ts";
import type { ExecutorContract, Outcome, ReportProblem, TaskRecord } from "./contract.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { createExecution } from "./execution/execution.ts";

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
  if (!subscriber || !functions?.handler) {
    throw new RangeError(
      `'${contract.settings.name}' has no subscriber '${subscriberName}' with a handler in this build`,
    );
  }
  const execution = createExecution({
    handler: functions.handler,
    enqueue: contract.enqueue,
    subscriber: subscriberName,
    timeoutMs: subscriber.timeoutMs,
    // The process is ended with a try that outlives its time, so that nothing of it keeps a key.
    ordered: false,
    report: (_, outcome, startedAt, endedAt) => ended(outcome, (endedAt ?? clock.monotonic()) - startedAt),
    stuck: () => {},
    clock,
  });
  const delivery = createDelivery({
    ...{ contract, subscriber, target: execution, clock, reportProblem: settings.reportProblem },
    settlement: {
      add: (_, outcome) => ended(outcome, 0),
      postpone: (_, afterMs) => ended({ kind: "retry", afterMs, message: "it is of a newer version" }, 0),
    },
  });
  return (record) => delivery.deliver([{ ...record, position: undefined }]);
}
