import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../contract/clock.ts";
import type { Problem } from "./problem.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** What of a refused body is read, and for how long, so that its sender gets to read the answer. */
const LINGER_MS = 1_000;
const LINGER_BYTES = 1_048_576;
/** A connection is kept for the sake of other requests where this much of a refused one has to be read at most. */
const KEPT_BYTES = 65_536;

export function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/**
 * Answers. What is left of the request's body is read first, so that its sender gets to read the answer; where that is much,
 * or does not come, the connection is closed.
 */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem, clock: Clock): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(problem);
  const rest = request.complete ? 0 : Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY);
  // Who waits to be told to go on may send the body, or the next request.
  const isKept = rest <= KEPT_BYTES && request.headers.expect === undefined;
  response.writeHead(problem.parts.status, {
    "content-type": PROBLEM_TYPE,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...problem.headers,
    ...(!isKept && { connection: "close" }),
  });
  if (request.complete) {
    response.end(body);
    return;
  }
  // A HEAD's answer has no body to be written, which would send these.
  response.flushHeaders();
  response.write(body);
  void discardRest(request, clock).then((isRead) => {
    response.end();
    if (!isRead) request.socket.destroySoon();
  });
}

/**
 * Reads on, and drops what comes: a connection that is closed while its other end still writes takes the answer with it.
 * Resolves with whether that was all of the body, and after a second at most.
 */
export function discardRest(request: IncomingMessage, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    let read = 0;
    const stop = () => {
      cancel();
      request.off("data", count).off("end", stop).off("close", stop);
      resolve(request.complete);
    };
    const count = (chunk: Buffer) => {
      read += chunk.length;
      if (read > LINGER_BYTES) stop();
    };
    const cancel = clock.after(LINGER_MS, stop, { background: true });
    // What breaks off now has been answered.
    request.on("error", () => {});
    if (request.destroyed || request.readableEnded) return stop();
    request.on("data", count).once("end", stop).once("close", stop);
    request.resume();
  });
}
