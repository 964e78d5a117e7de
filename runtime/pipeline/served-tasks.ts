import type { Clock } from "../contract/clock.ts";
import type {
  ExecutorContract,
  Message,
  Outcome,
  ReportProblem,
  SubscriberSettings,
  TaskRecord,
} from "../contract/contract.ts";
import { createDelivery, type Delivery } from "../delivery/delivery.ts";
import { createBatchExecution } from "../execution/batch-execution.ts";
import { createExecution } from "../execution/execution.ts";
import type { Ended } from "../release/link.ts";

export interface ServedTasksOptions {
  readonly executors: readonly ExecutorContract<unknown>[];
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** Runs tasks that other processes hold: as many at once as a subscriber's `maxInFlight`, the others in their order. */
export function createServedTasks(
  options: ServedTasksOptions,
): (subscriber: string, record: TaskRecord) => Promise<Ended> {
  const places = new Map<string, (record: TaskRecord) => Promise<Ended>>();
  for (const contract of options.executors) {
    for (const subscriber of contract.settings.subscribers) {
      if (subscriber.target) continue;
      places.set(`${contract.settings.name}/${subscriber.name}`, serve(contract, subscriber, options));
    }
  }
  return (subscriber, record) => {
    const run = places.get(`${record.useCase}/${subscriber}`);
    if (run) return run(record);
    const message = `this release has no handler of '${record.useCase}' (${subscriber})`;
    return Promise.resolve({ outcome: { kind: "retry", message }, tookMs: 0 });
  };
}

function serve(
  contract: ExecutorContract<unknown>,
  subscriber: SubscriberSettings,
  { clock, reportProblem }: ServedTasksOptions,
): (record: TaskRecord) => Promise<Ended> {
  const { handler, batchHandler } = contract.subscribers[subscriber.name]!;
  const waiting: Message[] = [];
  const answers = new Map<Message, (ended: Ended) => void>();
  let running = 0;

  function end(message: Message, outcome: Outcome, tookMs: number): void {
    const answer = answers.get(message);
    answers.delete(message);
    running--;
    answer?.({ outcome, tookMs });
    next();
  }

  const tried = {
    enqueue: contract.enqueue,
    subscriber: subscriber.name,
    timeoutMs: subscriber.timeoutMs,
    // Whoever holds its key is told once its time and its grace are over.
    keepsKey: false,
    report: (message: Message, outcome: Outcome, startedAt: number, endedAt?: number) =>
      end(message, outcome, (endedAt ?? clock.monotonic()) - startedAt),
    stuck: () => {},
    clock,
  };
  const execution =
    subscriber.batch && batchHandler
      ? createBatchExecution({
          ...tried,
          handler: batchHandler,
          batch: subscriber.batch,
          maxRetries: subscriber.maxRetries,
          limit: { largest: () => subscriber.batch!.max, mayStart: () => true },
          ended() {},
        })
      : createExecution({ ...tried, handler: handler! });
  const delivery: Delivery = createDelivery({
    ...{ contract, subscriber, target: execution, clock, reportProblem },
    settlement: {
      add: (message, outcome) => end(message, outcome, 0),
      postpone: (message, afterMs) => end(message, { kind: "retry", afterMs, message: "it is of a newer version" }, 0),
    },
  });

  function next(): void {
    while (running < subscriber.maxInFlight && waiting.length > 0) {
      running++;
      delivery.deliver([waiting.shift()!]);
    }
  }

  return (record) =>
    new Promise((resolve) => {
      const message: Message = { ...record, position: undefined };
      answers.set(message, resolve);
      waiting.push(message);
      next();
    });
}
