import { connect } from "node:net";
import { randomNumbers } from "../../random-numbers.ts";
import { fuzzRequest } from "./fuzz-requests.ts";
import type { Below } from "./mutate.ts";

export interface FuzzOptions {
  readonly port: number;
  readonly seed: number;
  readonly requests: number;
  /** At a time. */
  readonly connections: number;
  /** When to begin nothing new, on the clock of `performance.now()`. */
  readonly until?: number;
}

export interface FuzzReport {
  /** How many were answered by each status; of those that none was due, `none`. */
  readonly answers: Record<string, number>;
  readonly faults: string[];
}

/** How long a server gets to answer. */
const ANSWER_MS = 10_000;
/** How long one that need not answer gets: enough for what it knows at once. */
const ABANDON_MS = 15;

/** Sends requests that are wrong in many ways, each on a connection of its own or behind others, and looks at each answer. */
export async function runFuzz({ port, seed, requests, connections, until }: FuzzOptions): Promise<FuzzReport> {
  const report: FuzzReport = { answers: {}, faults: [] };
  let begun = 0;
  const lanes = Array.from({ length: connections }, async (_, lane) => {
    const draw = randomNumbers(seed * 1_000 + lane);
    const below: Below = (limit) => Math.floor(draw() * limit);
    while (begun < requests && performance.now() < (until ?? Number.POSITIVE_INFINITY)) {
      const many = Math.min(20, requests - begun);
      begun += many;
      await oneConnection(port, many, below, report);
    }
  });
  await Promise.all(lanes);
  return report;
}

/** Sends up to so many requests, one behind the other's answer, while the server keeps the connection. */
async function oneConnection(port: number, most: number, below: Below, report: FuzzReport): Promise<void> {
  for (let sent = 0; sent < most; ) {
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("latin1");
    let text = "";
    let isClosed = false;
    let wake = () => {};
    socket.on("data", (more) => {
      text += more;
      wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      isClosed = true;
      wake();
    });
    for (let isKept = true; isKept && sent < most; sent++) {
      const request = fuzzRequest(below);
      text = "";
      socket.write(request.bytes);
      const giveUpAt = performance.now() + (request.isWhole ? ANSWER_MS : ABANDON_MS);
      const isHead = request.bytes.toString("latin1", 0, 5) === "HEAD ";
      while (endOf(text, isHead) === undefined && !isClosed && performance.now() < giveUpAt) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(1, giveUpAt - performance.now()));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      look(request.bytes, request.isWhole, text, report);
      isKept = request.isWhole && !isClosed && !/^connection: close/im.test(text.slice(0, text.indexOf("\r\n\r\n")));
    }
    socket.destroy();
  }
}

/** Where an answer ends, that of a HEAD with its head; `undefined`: it is not whole. */
function endOf(text: string, isHead = false): number | undefined {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return undefined;
  if (isHead) return head + 4;
  if (text.startsWith("HTTP/1.1 100")) return endOf(text.slice(head + 4));
  if (/^transfer-encoding: chunked/im.test(text.slice(0, head)))
    return text.endsWith("0\r\n\r\n") ? text.length : undefined;
  const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= head + 4 + length ? text.length : undefined;
}

function look(sent: Buffer, isWhole: boolean, text: string, { answers, faults }: FuzzReport): void {
  const fault = (what: string) => {
    if (faults.length < 100) faults.push(`${what}: ${sent.toString("latin1").slice(0, 400)} → ${text.slice(0, 400)}`);
  };
  const [, status = "none"] = /HTTP\/1\.1 (?!100)(\d+)/.exec(text) ?? [];
  answers[status] = (answers[status] ?? 0) + 1;
  if (status === "none") {
    if (isWhole) fault("no answer");
    return;
  }
  if (status.startsWith("2")) return;
  if (!status.startsWith("4")) {
    fault(`answered ${status}`);
    return;
  }
  if (sent.toString("latin1", 0, 4) === "HEAD" || endOf(text) === undefined) return;
  try {
    const body = text.slice(text.indexOf("{", text.indexOf("\r\n\r\n")));
    const { code, detail, fix } = JSON.parse(Buffer.from(body, "latin1").toString().split("}HTTP/1.1")[0]!);
    if (!code || !detail || !fix) fault("a problem without code, detail or fix");
  } catch {
    fault("no machine-readable reason");
  }
}
