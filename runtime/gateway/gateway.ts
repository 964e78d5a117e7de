import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Cancel, settledWithin, sleep } from "../contract/clock.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import { sendJson, sendProblem } from "./answer.ts";
import { authorize } from "./authorize.ts";
import { createEntry, type Entry } from "./entry.ts";
import { serveStream } from "./event-stream.ts";
import { LINES_TYPES } from "./formats.ts";
import { createGatewayMetrics } from "./gateway-metrics.ts";
import type { Gateway, GatewayOptions } from "./gateway-options.ts";
import { Problem, problemOf } from "./problem.ts";
import { createProducerRates } from "./producer-rates.ts";
import { readBody } from "./read-body.ts";
import { readHead, unsupportedContent } from "./request-head.ts";
import { createRoom } from "./room.ts";
import { openTokenFile } from "./token-file.ts";
import { answerUnread } from "./unreadable-requests.ts";

const DEFAULT_PORT = 8080;
const MOST_BATCH_BYTES = 8 * 1_048_576;
const MOST_BATCH_EVENTS = 10_000;
const DEFAULT_ROOM_BYTES = 64 * 1_048_576;
const DEFAULT_REQUESTS = 1_024;
const DEFAULT_CONNECTIONS = 4_096;
const HEAD_BYTES = 16_384;
const HEAD_WITHIN_MS = 10_000;
/** Beyond the 60 s that load balancers keep a connection: who closes it first must not be the one that is asked. */
const KEEP_ALIVE_MS = 65_000;
const CHECK_CONNECTIONS_MS = 2_000;

type Way = "one" | "batch" | "stream";

interface Route {
  readonly entry: Entry;
  readonly way: Way;
}

export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { connection, reportProblem, host, useCases } = options;
  const { clock } = connection.ports;
  const tokenFile =
    options.tokens === undefined ? undefined : await openTokenFile(options.tokens, clock, reportProblem);
  const room = createRoom(options.roomBytes ?? DEFAULT_ROOM_BYTES, options.requests ?? DEFAULT_REQUESTS);
  const rates = options.perSecond === undefined ? undefined : createProducerRates(options.perSecond, clock);
  const metrics = createGatewayMetrics(room);
  const routes = new Map<string, Route>();
  const entries = useCases.map((useCase) => createEntry(useCase, connection));
  for (const entry of entries) {
    routes.set(`/v1/${entry.useCase}`, { entry, way: "one" });
    routes.set(`/v1/${entry.useCase}/batch`, { entry, way: "batch" });
    routes.set(`/v1/${entry.useCase}/stream`, { entry, way: "stream" });
  }
  const drains = new Set<() => void>();
  let draining = false;

  function routeOf({ method, url = "" }: IncomingMessage): Route & { readonly query: string } {
    const at = url.indexOf("?");
    const path = at < 0 ? url : url.slice(0, at);
    const route = routes.get(path);
    if (route === undefined) {
      throw new Problem({
        status: 404,
        code: "not-found",
        detail: "There is no such address: there are /v1/<use case>, /v1/<use case>/batch and /v1/<use case>/stream.",
        fix: "Take the address from openapi.json; where the use case is new, deploy the gateway anew.",
      });
    }
    if (method !== "POST") {
      throw new Problem({
        status: 405,
        code: "method-not-allowed",
        detail: "Events are taken by POST alone.",
        fix: "Send a POST.",
        headers: { allow: "POST" },
      });
    }
    return { ...route, query: at < 0 ? "" : url.slice(at + 1) };
  }

  async function serve(request: IncomingMessage, response: ServerResponse, way: { of: string }): Promise<void> {
    const route = routeOf(request);
    const { entry, query } = route;
    way.of = entry.useCase;
    let tokens = tokenFile?.tokens;
    const producer = authorize(request, entry.useCase, tokens);
    const head = readHead(request, query);
    if (draining) response.shouldKeepAlive = false;
    if (route.way === "stream") {
      if (!LINES_TYPES.includes(head.contentType as never)) {
        throw unsupportedContent(`'${head.contentType}' is no stream of lines`, LINES_TYPES);
      }
      if (request.headers.expect !== undefined) response.writeContinue();
      const onDrain = (drain: () => void): Cancel => {
        drains.add(drain);
        return () => drains.delete(drain);
      };
      const checkToken = () => {
        if (tokenFile?.tokens === tokens) return;
        tokens = tokenFile?.tokens;
        authorize(request, entry.useCase, tokens);
      };
      const counted = (code: string) => metrics.event(entry.useCase, code);
      const way = { producer, checkToken, rates, room, clock, onDrain, counted };
      return serveStream(request, response, { entry, head, ...way });
    }
    const isBatch = route.way === "batch";
    const format = entry.formats.get(head.contentType);
    if (format === undefined) {
      throw unsupportedContent(`'${head.contentType}' is not taken here`, [...entry.formats.keys()]);
    }
    rates?.take(producer, entry.useCase);
    const mostBytes = isBatch ? Math.max(MOST_BATCH_BYTES, entry.mostBytes) : entry.mostBytes;
    if (request.headers.expect !== undefined && (head.length ?? 0) <= mostBytes) response.writeContinue();
    const body = await readBody(request, { length: head.length, mostBytes, room, clock });
    try {
      const events = isBatch ? format.many(body.bytes, MOST_BATCH_EVENTS) : [format.one(body.bytes)];
      if (isBatch) rates?.owe(producer, entry.useCase, events.length - 1);
      const receipts = await entry.enqueue(events, head, producer);
      sendJson(response, 202, JSON.stringify(isBatch ? { receipts } : receipts[0]));
    } finally {
      body.letGo();
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const way = { of: "" };
    let entered = false;
    try {
      room.enter();
      entered = true;
      await serve(request, response, way);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.parts.status >= 500) reportProblem(asFault(error, way.of));
      sendProblem(request, response, problem, clock);
    } finally {
      if (entered) room.leave();
      metrics.answered(way.of, response.statusCode);
    }
  }

  const server = createServer({
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: HEAD_WITHIN_MS,
    // Bodies have times of their own, and streams may last.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
    // Said by `readHead`, with a reason.
    requireHostHeader: false,
    insecureHTTPParser: false,
  });
  server.maxConnections = options.connections ?? DEFAULT_CONNECTIONS;
  server.on("request", answer).on("checkContinue", answer);
  answerUnread(server, clock);

  try {
    server.listen({ port: options.port ?? DEFAULT_PORT, ...(host === undefined ? {} : { host }) });
    await once(server, "listening");
  } catch (cause) {
    tokenFile?.close();
    throw cannotListen(options, cause);
  }

  async function drain(graceMs: number, leaveMs: number): Promise<void> {
    draining = true;
    // Those who send learn only after a while that this gateway is about to go.
    if (leaveMs > 0) await sleep(clock, leaveMs);
    const closed = once(server, "close");
    server.close();
    server.closeIdleConnections();
    for (const stop of drains) stop();
    await settledWithin(clock, graceMs, closed);
    server.closeAllConnections();
    await closed;
    tokenFile?.close();
  }

  let drained: Promise<void> | undefined;
  const { address, port } = server.address() as AddressInfo;
  return {
    port,
    address: `http://${urlHost(address)}:${port}`,
    useCases: entries.map(({ settings }) => settings),
    ports: connection.ports,
    metrics,
    get draining() {
      return draining;
    },
    drain(graceMs = 25_000, leaveMs = 0) {
      drained ??= drain(graceMs, leaveMs);
      return drained;
    },
  };
}

function urlHost(address: string): string {
  if (address === "::" || address === "0.0.0.0") return "localhost";
  return address.includes(":") ? `[${address}]` : address;
}

function asFault(error: unknown, useCase: string): FivefoldError {
  if (error instanceof FivefoldError) return error;
  const where = useCase === "" ? "" : ` for '${useCase}'`;
  return new FivefoldError("handler-fault", `The gateway failed at a request${where}: ${describeThrown(error)}`, {
    cause: error,
  });
}

function cannotListen({ host, port = DEFAULT_PORT }: GatewayOptions, cause: unknown): FivefoldError {
  return new FivefoldError(
    "invalid-option",
    `The gateway can't listen on ${host ?? "*"}:${port} (${describeThrown(cause)}). Choose another port, or 0 for any ` +
      "that is free.",
    { cause },
  );
}
