import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { placeOrder } from "../../generated/place-order/client.ts";
import { decode as decodeOrder } from "../../generated/place-order/codec.ts";
import { postLedgerEntry } from "../../generated/post-ledger-entry/client.ts";
import { decode as decodeEntry } from "../../generated/post-ledger-entry/codec.ts";
import { sendReminder } from "../../generated/send-reminder/client.ts";
import { decode as decodeReminder } from "../../generated/send-reminder/codec.ts";
import type { Connection } from "../../runtime/connection.ts";
import { type Message, topicOf } from "../../runtime/contract/contract.ts";
import { type Gateway, type GatewayOptions, type GatewayUseCase, startGateway } from "../../runtime/gateway.ts";
import { topicsOf } from "../../runtime/ports/topics.ts";
import { connectMemory } from "../../runtime/testing/memory-connection.ts";

/** What examples of this repository the gateway serves in tests. */
export const USE_CASES: readonly GatewayUseCase[] = [
  { client: placeOrder, decode: decodeOrder, avro: avroOf("place_order") },
  { client: postLedgerEntry, decode: decodeEntry, avro: avroOf("post_ledger_entry") },
  { client: sendReminder, decode: decodeReminder, avro: avroOf("send_reminder") },
];

/** A contract for Avro. */
export function avroOf(name: string) {
  return JSON.parse(readFileSync(`generated/contracts/${name}.avsc`, "utf8"));
}

export interface Served {
  readonly gateway: Gateway;
  readonly connection: Connection;
  /** What the gateway reported. */
  readonly problems: string[];
  /** An answer's body as JSON; the event is sent as JSON unless `type` says otherwise. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>, as?: "json" | "lines"): Promise<Answer>;
  /** Takes that many records from a use case's topic. */
  stored(useCase: string, count: number): Promise<readonly Message[]>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests know what they ask for.
  readonly body: any;
}

/** A gateway in this process, on stores in its memory, until the test ends. */
export async function serve(options: Partial<GatewayOptions> = {}): Promise<Served> {
  const connection = options.connection ?? connectMemory();
  const problems: string[] = [];
  const gateway = await startGateway({
    useCases: USE_CASES,
    port: 0,
    host: "127.0.0.1",
    reportProblem: ({ message }) => problems.push(message),
    ...options,
    connection,
  });
  // Before any event: a subscription gets what is published from then on.
  const { transport } = connection.ports;
  for (const settings of gateway.useCases) await transport.declare(topicsOf(settings));
  onTestFinished(async () => {
    await gateway.drain(0);
    await connection.close();
  });
  return {
    gateway,
    connection,
    problems,
    async post(path, body, headers = {}, as = "json") {
      const isText = typeof body === "string" || body instanceof Uint8Array;
      const response = await fetch(`${gateway.address}${path}`, {
        method: "POST",
        body: (isText ? body : JSON.stringify(body)) as string,
        headers: { "content-type": "application/json", ...headers },
      });
      const text = await response.text();
      const { status, headers: answered } = response;
      if (as === "json") return { status, headers: answered, body: text === "" ? undefined : JSON.parse(text) };
      return {
        status,
        headers: answered,
        body: text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line)),
      };
    },
    async stored(useCase, count) {
      const settings = gateway.useCases.find(({ name }) => name === useCase)!;
      const topic = topicOf(useCase, settings.priority);
      const consumer = await transport.subscribe(topic, settings.subscribers[0]!.name, "shared");
      const messages: Message[] = [];
      while (messages.length < count) {
        const received = await consumer.receive(count - messages.length);
        messages.push(...received);
        await consumer.acknowledge(received);
      }
      await consumer.close();
      return messages;
    },
  };
}

/** What a file of tokens says of that one. */
export function tokenEntry(token: string, ...useCases: readonly string[]): object {
  const sha256 = createHash("sha256").update(token).digest("hex");
  return { producer: token.slice(0, token.indexOf(".")), useCases, sha256 };
}

/** A file with that text, until the test ends. */
export async function fileOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-gateway-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "tokens.json");
  await writeFile(path, text);
  return path;
}

export const ORDER = {
  orderId: "2f1b7a52-6f0e-4c52-9a40-0a3c1f5f8f11",
  country: "DE",
  lines: [{ sku: "A-1", quantity: 2, unitPrice: 9.5 }],
  total: 19,
  gift: false,
} as const;

export const LEDGER_ENTRY = {
  account: "DE000001",
  sequence: 1,
  amountCents: -250,
  postedAt: "2026-11-30T08:00:00.000Z",
  labels: { b: "2", a: "1" },
} as const;

export const REMINDER = {
  reminderId: "r1",
  userId: "ada",
  text: "Tea",
  remindAt: "2026-11-30T08:00:00.000Z",
} as const;
