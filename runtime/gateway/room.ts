import { Problem } from "./problem.ts";

/** What a gateway holds in its memory at most: who comes when it is full is told to come again. */
export interface Room {
  /** Takes that many bytes; throws a Problem (429) where they are not free. */
  takeBytes(count: number): void;
  /** The same; answers whether they were free. */
  tryTakeBytes(count: number): boolean;
  giveBytes(count: number): void;
  /** Takes a request's place; throws a Problem (429) where none is free. */
  enter(): void;
  leave(): void;
  readonly bytes: number;
  readonly requests: number;
}

const AGAIN_S = 1;

export function createRoom(mostBytes: number, mostRequests: number): Room {
  let bytes = 0;
  let requests = 0;

  function tryTakeBytes(count: number): boolean {
    if (bytes + count > mostBytes) return false;
    bytes += count;
    return true;
  }

  return {
    tryTakeBytes,
    takeBytes(count) {
      if (!tryTakeBytes(count)) throw overloaded(`holds ${bytes} bytes of ${mostBytes}`);
    },
    giveBytes(count) {
      bytes -= count;
    },
    enter() {
      if (requests >= mostRequests) throw overloaded(`serves ${requests} requests at once, which is its most`);
      requests++;
    },
    leave() {
      requests--;
    },
    get bytes() {
      return bytes;
    },
    get requests() {
      return requests;
    },
  };
}

function overloaded(state: string): Problem {
  return new Problem({
    status: 429,
    code: "overloaded",
    detail: `The gateway ${state}. Nothing was stored.`,
    fix: "Send it again after `Retry-After`, with fewer requests at once.",
    retryAfterS: AGAIN_S,
  });
}
