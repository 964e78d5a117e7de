import type { ExecutorContract, SubscriberFunctions, UseCaseSettings } from "./contract.ts";
import type { UseCaseModule } from "./use-case.ts";

/** What a generated executor hands to a worker. */
export type Executor = ExecutorContract<unknown>;

export interface ExecutorParts<E> {
  readonly settings: UseCaseSettings;
  /**
   * What the compiler made of the module's event type. TypeScript can't follow that: the module may declare what
   * event.ts has no word for, such as an enum, a branded type, or `x?: T` apart from `x: T | undefined`.
   */
  readonly decode: (payload: Uint8Array, version: number) => unknown;
  /** The module that holds the handlers. */
  readonly useCase: UseCaseModule<E>;
  /** The generated module's own, by which another process finds it. Code that was generated before has none. */
  readonly url?: string;
}

/** Joins what the compiler wrote with the use case's functions. Generated code calls this. */
export function createExecutor<E>({ settings, decode, useCase: module, url }: ExecutorParts<E>): Executor {
  const { useCase } = module;
  const subscribers: Record<string, SubscriberFunctions<E>> = {};
  if (useCase.handler) {
    subscribers.default = { handler: useCase.handler, filter: useCase.delivery?.filter };
  } else {
    for (const [name, { handler, filter }] of Object.entries(useCase.subscribers)) {
      subscribers[name] = { handler, filter: filter ?? useCase.delivery?.filter };
    }
  }
  return { settings, decode, url, subscribers: subscribers as Record<string, SubscriberFunctions<unknown>> };
}
