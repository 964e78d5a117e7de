import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../contract/clock.ts";
import { PROBLEM_TYPE, sendProblem } from "./answer.ts";
import { Problem } from "./problem.ts";
import { malformed } from "./request-head.ts";

/** Makes the server answer what Node's parser gives up on, and what HTTP has besides requests, as it answers the rest. */
export function answerUnread(server: Server, clock: Clock): void {
  /** The latest answer on each connection: another one must not follow what has begun. */
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.prependListener("request", (request: IncomingMessage, response) => answers.set(request.socket, response));

  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    const latest = answers.get(socket);
    const isAnswering = latest?.headersSent && !latest.writableFinished;
    if (!socket.writable || error.code === "ECONNRESET") socket.destroy();
    else if (isAnswering) (socket as Socket).destroySoon();
    else endWith(socket, unreadable(error));
  });

  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    sendProblem(request, response, unexpected(), clock);
  });

  server.on("connect", (_: IncomingMessage, socket: Socket) => {
    socket.on("error", () => {});
    endWith(socket, malformed("The gateway is no proxy: it takes no CONNECT.", "Send a POST."));
  });
}

/** Where there is no response to write to. */
function endWith(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem);
  const { status } = problem.parts;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_TEXTS[status]}\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
};

function unreadable({ code = "" }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Problem({
        status: 431,
        code: "headers-too-large",
        detail: "The request's address and headers have more than 16,384 bytes.",
        fix: "Send less of them.",
      });
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new Problem({
        status: 413,
        code: "payload-too-large",
        detail: "The body's chunks have extensions of more than 16,384 bytes.",
        fix: "Send chunks without extensions.",
      });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Problem({
        status: 408,
        code: "slow-request",
        detail: "The gateway waited 10 s for all of the headers, and they did not come.",
        fix: "Send them at once.",
      });
    default:
      return malformed(
        `The request is no HTTP/1.1 as RFC 9112 has it (${/^HPE_\w+$/.test(code) ? code : "unreadable"}).`,
        "Send one.",
      );
  }
}

function unexpected(): Problem {
  return new Problem({
    status: 417,
    code: "unsupported-expectation",
    detail: "Of expectations the gateway meets `100-continue` alone. Nothing was stored.",
    fix: "Leave the header Expect out.",
  });
}
