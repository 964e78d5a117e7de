/** For the other side of targets: what `generated/<use case>/receiver.ts` imports. It needs no broker and no store. */
import { systemClock } from "./contract/clock.ts";
import { type Answering, azureHandler, fetchHandler, lambdaHandler, nodeListener } from "./receiver/adapters.ts";
import { mostBodyBytes, type ReceiverOptions, receive, secretsFor } from "./receiver/receive.ts";
import type { ReceiverContract, ReceiverHandler } from "./receiver/received-task.ts";
import { type LateOutcome, sendOutcome as tell } from "./receiver/send-outcome.ts";

export { RejectError, RetryError } from "./authoring/outcome.ts";
export type { ReceiverOptions } from "./receiver/receive.ts";
export type { ReceivedTask, ReceiverContract, ReceiverHandler } from "./receiver/received-task.ts";
export { LATER } from "./receiver/received-task.ts";
export type { LateOutcome } from "./receiver/send-outcome.ts";

/** Takes tasks of one subscriber from workers, for a handler of its own. */
export interface Receiver<E> {
  /** A listener for `node:http`: `createServer(receiver.node(handler)).listen(3000)`. */
  node(handler: ReceiverHandler<E>, options?: ReceiverOptions): ReturnType<typeof nodeListener>;
  /** A handler that takes a `Request` and returns a `Response`. */
  fetch(handler: ReceiverHandler<E>, options?: ReceiverOptions): ReturnType<typeof fetchHandler>;
  /**
   * An AWS Lambda function. Whoever invokes it directly is known to AWS; what comes by a function URL or a gateway must be
   * signed.
   */
  lambda(handler: ReceiverHandler<E>, options?: ReceiverOptions): ReturnType<typeof lambdaHandler>;
  /** A handler for `app.http` of `@azure/functions`. The function's key tells who calls; with a secret, signatures too. */
  azure(handler: ReceiverHandler<E>, options?: ReceiverOptions): ReturnType<typeof azureHandler>;
}

/**
 * Tells a worker what a task came to whose handler returned `LATER`: `callback` is its `task.callback`. Resolves once the worker
 * has it durably; where it rejects, tell it again. Only the first outcome of a try counts.
 */
export function sendOutcome(
  callback: string,
  outcome: LateOutcome,
  options: { readonly secret: string },
): Promise<void> {
  return tell(callback, outcome, { ...options, clock: systemClock });
}

/** Makes a subscriber's receiver. Generated code calls this. */
export function createReceiver<E>(contract: ReceiverContract<E>): Receiver<E> {
  const clock = systemClock;
  const secretsBy = (options: ReceiverOptions) => secretsFor(contract.target, options, process.env);
  const mostBytes = mostBodyBytes(contract);
  const signed = (handler: ReceiverHandler<E>, options: ReceiverOptions): Answering => {
    const secrets = secretsBy(options);
    return (request) => receive(contract, handler, request, { secrets, clock });
  };
  return {
    node: (handler, options = {}) => nodeListener(signed(handler, options), mostBytes),
    fetch: (handler, options = {}) => fetchHandler(signed(handler, options), mostBytes),
    lambda: (handler, options = {}) =>
      lambdaHandler(async (request, isDirect) => {
        const secrets = isDirect ? undefined : secretsBy(options);
        return receive(contract, handler, request, { secrets, clock });
      }),
    azure(handler, options = {}) {
      const secrets = options.secret === undefined ? undefined : secretsBy(options);
      return azureHandler((request) => receive(contract, handler, request, { secrets, clock }));
    },
  };
}
