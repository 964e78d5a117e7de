import type { UseCaseModule } from "./authoring/use-case.ts";
import type { Client, TaskClient } from "./client.ts";
import type {
  ClientContract,
  EnqueuedUseCase,
  EnqueueForTask,
  ExecutorContract,
  SubscriberFunctions,
  UseCaseSettings,
} from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";
import type { Schedule, Scheduled } from "./contract/schedule.ts";

/** What a generated executor hands to a worker. `E` is the event as its client takes it. */
// biome-ignore lint/suspicious/noExplicitAny: who runs executors of several use cases has no word for their events.
export interface Executor<E = any> extends ExecutorContract<unknown> {
  /** Loads the use case's client. */
  readonly client: () => Promise<Client<E>>;
  readonly feeds: readonly Feed[];
}

/** A use case whose events this one's handlers may enqueue. */
export interface Feed {
  readonly useCase: EnqueuedUseCase<unknown>;
  /** Loads its client. */
  readonly client: () => Promise<Client<never>>;
}

export interface ExecutorParts<E, C> {
  readonly settings: UseCaseSettings;
  /**
   * What the compiler made of the module's event type. TypeScript can't follow that: the module may declare what
   * event.ts has no word for, such as an enum, a branded type, or `x?: T` apart from `x: T | undefined`.
   */
  readonly decode: (payload: Uint8Array, version: number) => unknown;
  /** Where a target takes events as JSON. */
  readonly toJson?: ((event: C) => unknown) | undefined;
  /** The module that holds the handlers. */
  readonly useCase: UseCaseModule<E>;
  readonly client: () => Promise<Client<C>>;
  /** The generated module's own, by which another process finds it. CommonJS, and code that was generated before, has none. */
  readonly url?: string;
  /** Other use cases that the module imports. Default: none. */
  readonly feeds?: readonly Feed[];
}

/** Joins what the compiler wrote with the use case's functions. Generated code calls this. */
export function createExecutor<E, C>(parts: ExecutorParts<E, C>): Executor<C> {
  const { settings, decode, toJson, useCase: module, client, url, feeds = [] } = parts;
  const { useCase } = module;
  const subscribers: Record<string, SubscriberFunctions<E>> = {};
  if (useCase.subscribers) {
    for (const [name, { handler, batchHandler, filter }] of Object.entries(useCase.subscribers)) {
      subscribers[name] = { handler, batchHandler, filter: filter ?? useCase.delivery?.filter };
    }
  } else {
    const { handler, batchHandler, delivery } = useCase;
    subscribers.default = { handler, batchHandler, filter: delivery?.filter };
  }
  return {
    settings,
    decode,
    toJson: toJson as ((event: unknown) => unknown) | undefined,
    url,
    subscribers: subscribers as Record<string, SubscriberFunctions<unknown>>,
    client,
    feeds,
    enqueue: createEnqueue(settings, [{ useCase: module, client }, ...feeds]),
    scheduled: useCase.scheduler?.schedules && scheduledBy(useCase.scheduler.schedules, client),
  };
}

function scheduledBy<E, C>(
  schedules: Record<string, Schedule<E>>,
  client: () => Promise<Client<C>>,
): Scheduled<ClientContract<unknown>> {
  return {
    events: Object.fromEntries(Object.entries(schedules).map(([name, { event }]) => [name, event])),
    // Whatever createClient makes is one.
    client: async () => ((await client()) as unknown as TaskClient<unknown>).contract,
  };
}

function createEnqueue({ name, subscribers }: UseCaseSettings, feeds: readonly Feed[]): EnqueueForTask {
  const clients = new Map<object, Feed["client"]>(feeds.map(({ useCase, client }) => [useCase, client]));
  return async ({ id, subscriber, traceparent, tracestate }, counts, useCase, event, options) => {
    const load = clients.get(useCase);
    if (!load) {
      throw new FivefoldError(
        "unknown-use-case",
        `'${name}' enqueues to something that it does not import: task.enqueue takes what a use case's module exports by ` +
          "default, imported from that module, and a build since.",
      );
    }
    // Whatever createClient makes is one.
    const client = (await load()) as unknown as TaskClient<unknown>;
    const onceForMs = onceFor(subscribers.find((one) => one.name === subscriber));
    return client.enqueueOnce(
      event,
      { id: `${id} ${subscriber}`, counts, onceForMs },
      { ...options, traceparent, tracestate },
    );
  };
}

const DAY_MS = 86_400_000;

/** A day, or twice what all tries of a task may take with all waits between them. */
function onceFor(subscriber: UseCaseSettings["subscribers"][number] | undefined): number {
  if (!subscriber) return DAY_MS;
  const { maxRetries, backoff, timeoutMs } = subscriber;
  let allMs = timeoutMs;
  for (let retry = 0; retry < maxRetries; retry++) {
    allMs += timeoutMs + Math.min(backoff.maxMs, backoff.minMs * 2 ** retry);
  }
  return Math.max(DAY_MS, 2 * allMs);
}
