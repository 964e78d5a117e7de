import type { IncomingMessage } from "node:http";
import type { Clock } from "../contract/clock.ts";
import { Problem } from "./problem.ts";
import type { Room } from "./room.ts";

/** A body, and the bytes of the gateway's room that it takes until it is let go. */
export interface HeldBody {
  readonly bytes: Buffer;
  letGo(): void;
}

/** Longest that a body may take to arrive. */
const ARRIVES_WITHIN_MS = 30_000;

export interface BodyOptions {
  /** As the request says; `undefined`: it is sent in chunks. */
  readonly length: number | undefined;
  readonly mostBytes: number;
  readonly room: Room;
  readonly clock: Clock;
}

/** Throws a Problem as soon as the body is known to be too large, and reads nothing of it where its length says so. */
export function readBody(request: IncomingMessage, options: BodyOptions): Promise<HeldBody> {
  const { length, mostBytes, room, clock } = options;
  if (length !== undefined && length > mostBytes) throw tooLarge(`${length}`, mostBytes);
  let held = length ?? 0;
  room.takeBytes(held);
  const letGo = () => {
    room.giveBytes(held);
    held = 0;
  };

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const cancel = clock.after(ARRIVES_WITHIN_MS, () => fail(slow("the whole body", ARRIVES_WITHIN_MS)), {
      background: true,
    });

    function fail(error: unknown): void {
      stop();
      letGo();
      reject(error);
    }

    function stop(): void {
      cancel();
      request.off("data", add).off("end", end).off("close", cutOff).off("error", cutOff);
      // What is emitted from now on is nobody's.
      request.on("error", () => {});
    }

    function add(chunk: Buffer): void {
      size += chunk.length;
      try {
        if (size > mostBytes) throw tooLarge(`more than ${mostBytes}`, mostBytes);
        if (length === undefined) {
          room.takeBytes(chunk.length);
          held += chunk.length;
        }
        chunks.push(chunk);
      } catch (error) {
        fail(error);
      }
    }

    function end(): void {
      stop();
      resolve({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), letGo });
    }

    function cutOff(): void {
      fail(truncated());
    }

    request.on("data", add).on("end", end).on("close", cutOff).on("error", cutOff);
  });
}

export function truncated(): Problem {
  return new Problem({
    status: 400,
    code: "malformed-body",
    detail: "The connection ended before the body did. Nothing was stored.",
    fix: "Send all of the body.",
  });
}

export function slow(what: string, ms: number): Problem {
  return new Problem({
    status: 408,
    code: "slow-request",
    detail: `The gateway waited ${ms / 1_000} s for ${what}, and it did not come.`,
    fix: "Send it faster, or in smaller parts.",
  });
}

export function tooLarge(found: string, most: number): Problem {
  return new Problem({
    status: 413,
    code: "payload-too-large",
    detail: `The body has ${found} bytes; ${most} are the most here. Nothing was stored.`,
    fix: "Send fewer events at once, or a reference (a URL, an object key) to what is large.",
  });
}
