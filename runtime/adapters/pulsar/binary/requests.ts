import type { Cancel, Clock } from "../../../contract/clock.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { about } from "../errors.ts";
import type { Command } from "./commands.ts";

interface Request {
  readonly what: string;
  readonly resolve: (command: Command) => void;
  readonly reject: (error: FivefoldError) => void;
  readonly cancelTimeout: Cancel;
}

/** What a broker was asked and has not answered. */
export interface Requests {
  /** Has it sent under a number. Rejects with `not-connected` where no answer comes in time. */
  add(what: string, send: (requestId: number) => void): Promise<Command>;
  answer(requestId: number | undefined, command: Command): void;
  /** Returns whether anybody waits for it. */
  refuse(requestId: number | undefined, errorFor: (what: string) => FivefoldError): boolean;
  /** None is answered any more, those that are added later neither. */
  end(error: FivefoldError): void;
}

export function createRequests(settings: { readonly requestTimeoutMs: number; readonly clock: Clock }): Requests {
  const { requestTimeoutMs, clock } = settings;
  const requests = new Map<number, Request>();
  let last = 0;
  let ended: FivefoldError | undefined;

  function take(requestId = -1): Request | undefined {
    const request = requests.get(requestId);
    requests.delete(requestId);
    request?.cancelTimeout();
    return request;
  }

  return {
    add: (what, send) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(about(what, ended));
        last += 1;
        const requestId = last;
        const cancelTimeout = clock.after(requestTimeoutMs, () => {
          requests.delete(requestId);
          const seconds = Math.round(requestTimeoutMs / 1_000);
          reject(new FivefoldError("not-connected", `${what}: the broker did not answer within ${seconds} s.`));
        });
        requests.set(requestId, { what, resolve, reject, cancelTimeout });
        send(requestId);
      }),
    answer: (requestId, command) => take(requestId)?.resolve(command),
    refuse(requestId, errorFor) {
      const request = take(requestId);
      request?.reject(errorFor(request.what));
      return request !== undefined;
    },
    end(error) {
      ended = error;
      for (const requestId of [...requests.keys()]) {
        const request = take(requestId);
        request?.reject(about(request.what, error));
      }
    },
  };
}
