import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Connection } from "../connection.ts";
import { systemClock } from "../contract/clock.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { Worker } from "../worker.ts";
import { createBacklogMetrics } from "./backlog-metrics.ts";
import { type CapturedParts, createCaptureMetrics } from "./capture-metrics.ts";
import { createEnqueueMetrics } from "./enqueue-metrics.ts";
import { CONTENT_TYPE, expose, type MetricSource } from "./exposition.ts";
import { createProcessMetrics } from "./process-metrics.ts";
import { createReadiness, OF_A_PRODUCER, type Readiness, whyNotLive } from "./readiness.ts";
import { createWorkerMetrics } from "./worker-metrics.ts";

export interface MetricsServerOptions {
  /** Whose layers to show, and whose backlogs; `/readyz` follows it. Without, the process counts as ready. */
  readonly worker?: Worker | undefined;
  /** Whose enqueues to show: that of the clients in this process. */
  readonly connection?: Connection | undefined;
  /** What takes events by HTTP; `/readyz` follows it where there is no worker. */
  readonly gateway?: (Pick<Worker, "ports" | "useCases" | "draining"> & { readonly metrics: MetricSource }) | undefined;
  /** What turns changes of databases into events. */
  readonly capture?: CapturedParts | undefined;
  /**
   * Ports and use cases whose backlogs to show where there is no worker, as `{ ports, useCases }`: what an autoscaler
   * needs to scale workers up from zero. Default: the worker's.
   */
  readonly backlogs?: Pick<Worker, "ports" | "useCases"> | undefined;
  /** 0: any that is free. Default 9464, which OpenTelemetry's exporters for Prometheus use. */
  readonly port?: number | undefined;
  /** The address to listen on. Default: all of this machine's, which is what lets the kubelet probe a pod. */
  readonly host?: string | undefined;
  /** How often the ports are asked for backlogs. Default 10,000. */
  readonly pollMs?: number | undefined;
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

const DEFAULT_PORT = 9464;
const DEFAULT_POLL_MS = 10_000;

function sourcesOf(options: MetricsServerOptions): MetricSource[] {
  const { worker, connection, gateway, capture, backlogs = worker, pollMs } = options;
  const clock = (backlogs ?? connection)?.ports.clock ?? systemClock;
  const sources = [createProcessMetrics(clock)];
  if (worker) sources.push(createWorkerMetrics(worker));
  if (connection) sources.push(createEnqueueMetrics(connection));
  if (capture) sources.push(createCaptureMetrics(capture));
  if (gateway) sources.push(gateway.metrics);
  if (backlogs) {
    const { ports, useCases } = backlogs;
    sources.push(createBacklogMetrics({ ports, useCases, pollMs: pollMs ?? DEFAULT_POLL_MS }));
  }
  return sources;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

async function answerTo(
  { method, url = "/" }: IncomingMessage,
  sources: readonly MetricSource[],
  readiness: Readiness,
  liveness: () => string,
): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: "Only GET and HEAD.\n" };
  switch (url.split("?")[0]) {
    case "/metrics":
      return { status: 200, body: expose(sources.flatMap((source) => source.metrics())), type: CONTENT_TYPE };
    case "/healthz": {
      const why = liveness();
      return why === "" ? { status: 200, body: "live\n" } : { status: 503, body: `not live: ${why}\n` };
    }
    case "/readyz": {
      const why = await readiness();
      return why === "" ? { status: 200, body: "ready\n" } : { status: 503, body: `not ready: ${why}\n` };
    }
    default:
      return { status: 404, body: "Here are /metrics, /healthz and /readyz.\n" };
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, type }: Answer): void {
  response.writeHead(status, {
    "content-type": type ?? "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/**
 * Serves `/metrics` for Prometheus, `/healthz` (200 while the event loop turns and
 * no ordered task runs on after its time, else 503 and the reason: only a restart frees its key) and `/readyz` (200 while tasks can be
 * taken, else 503 and the reason), without keeping the process alive. Throws a FivefoldError (`invalid-option`) where
 * it can't listen.
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { worker, gateway, port = DEFAULT_PORT, host } = options;
  const ofGateway = gateway ? createReadiness(gateway, OF_A_PRODUCER) : async () => "";
  const readiness = worker ? createReadiness(worker) : ofGateway;
  const liveness = () => (worker ? whyNotLive(worker) : "");
  let sources: MetricSource[] = [];

  // Loaded here, since every client loads this module with the rest of the runtime, and few serve metrics.
  const { createServer } = await import("node:http");
  const server = createServer(async (request, response) => {
    // What the process is for must go on, whatever becomes of its metrics.
    const answer = await answerTo(request, sources, readiness, liveness).catch((error: unknown) => {
      return { status: 500, body: `${describeThrown(error)}\n` };
    });
    send(request, response, answer);
  });
  server.listen({ port, ...(host === undefined ? {} : { host }) });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new FivefoldError(
      "invalid-option",
      `The metrics server can't listen on ${host ?? "*"}:${port} (${error instanceof Error ? error.message : error}). ` +
        "Choose another port, or 0 for any that is free.",
      { cause: error },
    );
  }
  server.unref();
  sources = sourcesOf(options);

  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const source of sources) source.close();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
