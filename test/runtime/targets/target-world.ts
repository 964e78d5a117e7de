import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createClient } from "../../../runtime/client.ts";
import type { Connection } from "../../../runtime/connection.ts";
import type {
  Message,
  SubscriberSettings,
  TargetSettings,
  UseCaseSettings,
} from "../../../runtime/contract/contract.ts";
import type { FivefoldError } from "../../../runtime/contract/errors.ts";
import type { Settled } from "../../../runtime/pipeline/pipeline.ts";
import type { Ports } from "../../../runtime/ports/ports.ts";
import { connectMemory } from "../../../runtime/testing/testing.ts";
import { startWorker, type WorkerOptions } from "../../../runtime/worker.ts";
import { type Note, noteContracts } from "../note-contract.ts";

export const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes, yes").toString("base64")}`;

/** A service on loopback that answers as it is told to. */
export interface Service {
  readonly url: string;
  readonly port: number;
  readonly requests: { readonly head: IncomingMessage; readonly body: Buffer }[];
  stop(): Promise<void>;
}

export async function startService(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => unknown,
  port = 0,
): Promise<Service> {
  const requests: Service["requests"] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      requests.push({ head: request, body });
      answer(request, response, body);
    });
    request.on("error", () => {});
  };
  const server = createServer(listener);
  await listen(server, port);
  const { port: own } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${own}`, port: own, requests, stop };
}

export function listen(server: Server, port = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}

const THUMBNAILS: TargetSettings = { kind: "service", name: "thumbnails", path: "/events", format: "json" };

export interface TargetWorldOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly target?: TargetSettings;
  readonly subscriber?: Partial<SubscriberSettings>;
  readonly settings?: Partial<UseCaseSettings>;
  readonly resolve?: WorkerOptions["resolve"];
  readonly openControlStore?: Ports["openControlStore"];
  /** A world that was closed but for its ports. */
  readonly on?: { readonly connection: Connection };
}

/** A worker, in real time, whose only subscriber's tasks go to a target. */
export async function openTargetWorld(options: TargetWorldOptions) {
  const { target = THUMBNAILS, subscriber, settings, environment, resolve } = options;
  const connection = options.on?.connection ?? connectMemory();
  const { openControlStore = connection.ports.openControlStore } = options;
  const problems: FivefoldError[] = [];
  const settled: Settled[] = [];
  const subscribers = { default: { target, backoff: { minMs: 10, maxMs: 20 }, timeoutMs: 2_000, ...subscriber } };
  const { client, executor } = noteContracts({ settings: settings ?? {}, subscribers, handlers: {} });
  const worker = await startWorker({
    ports: { ...connection.ports, openControlStore },
    executors: [{ ...executor, toJson: (event) => event, subscribers: { default: {} } }],
    environment: {
      FIVEFOLD_SIGNING_SECRET_THUMBNAILS: SECRET,
      FIVEFOLD_SERVICE_NETWORKS: "127.0.0.0/8",
      ...environment,
    },
    resolve,
    observe: (_, batch) => void settled.push(...batch),
    reportProblem: (problem) => problems.push(problem),
  }).catch(async (error) => {
    await connection.close();
    throw error;
  });
  let closed = false;
  const close = async ({ keepPorts = false } = {}) => {
    if (closed) return;
    closed = true;
    await worker.drain(500);
    if (!keepPorts) await connection.close();
  };
  onTestFinished(() => close());
  return {
    connection,
    worker,
    problems,
    settled,
    close,
    notes: createClient<Note>(client),
    counts: () => worker.counts().note!.default!,
    async deadLetters(): Promise<readonly Message[]> {
      const consumer = await connection.ports.transport.subscribe("note-default-DLQ", "dead-letters", "shared");
      const messages = await consumer.receive(1_000);
      await consumer.close();
      return messages;
    },
    /** Resolves once so many tasks have come to an end for good. */
    async ended(count: number, withinMs = 10_000): Promise<void> {
      const { delivery } = worker.counts().note!.default!;
      if (delivery.done + delivery.deadLettered >= count) return;
      if (withinMs <= 0) throw new Error(`${delivery.done} done, ${delivery.deadLettered} given up, of ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
      await this.ended(count, withinMs - 10);
    },
  };
}
