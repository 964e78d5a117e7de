import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { RetryError } from "../../runtime/authoring/outcome.ts";
import { createClient } from "../../runtime/client.ts";
import { connect } from "../../runtime/connection.ts";
import { DEAD_LETTER_SUBSCRIPTION, deadLetterTopicOf, type TaskContext } from "../../runtime/contract/contract.ts";
import { startWorker } from "../../runtime/worker.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { type Note, noteContracts } from "../runtime/note-contract.ts";
import { receiveCount } from "../transport/conformance/subject.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace } from "./pulsar/transports.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

let broker: PulsarBroker;
let data: string;

beforeAll(async () => {
  broker = await startPulsarBroker();
  data = await mkdtemp(join(tmpdir(), "fivefold-pulsar-pipeline-"));
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await broker?.stop();
  await rm(data, { recursive: true });
});

/** The program's own connection, as the environment would name it. */
const WAYS = [
  {
    name: "the binary protocol",
    options: () => ({ url: broker.serviceUrl, adminUrl: broker.adminUrl, client: "fivefold" as const }),
  },
  {
    name: "libpulsar",
    options: () => ({ url: broker.serviceUrl, adminUrl: broker.adminUrl, client: "libpulsar" as const }),
  },
  { name: "the web service", options: () => ({ url: broker.adminUrl }) },
];

describe.each(WAYS)("five layers on Pulsar by $name", ({ name, options }) => {
  async function run(
    settings: Parameters<typeof noteContracts>[0],
    during: (parts: Awaited<ReturnType<typeof open>>) => Promise<void>,
  ): Promise<void> {
    const parts = await open(settings);
    try {
      await during(parts);
    } finally {
      await parts.worker.drain();
      await parts.connection.close();
    }
  }

  async function open(settings: Parameters<typeof noteContracts>[0]) {
    const namespace = await createNamespace(broker);
    const connection = await connect({ pulsar: { ...options(), namespace: namespace.name }, data: join(data, name) });
    const { client, executor } = noteContracts(settings);
    const worker = await startWorker({ ports: connection.ports, executors: [executor] });
    return { namespace, connection, worker, client: createClient(client), settings: client.settings };
  }

  test("tries again, gives up into the dead-letter topic, and leaves nothing behind", async () => {
    const tries = new Map<string, number[]>();
    const handler = (note: Note, task: TaskContext) => {
      tries.set(note.id, [...(tries.get(note.id) ?? []), task.attempt]);
      if (note.id === "never" || task.attempt < 2) throw new Error(`not yet, ${note.id}`);
    };
    const subscribers = { default: { maxRetries: 2, backoff: { minMs: 20, maxMs: 50 } } };
    await run({ subscribers, handlers: { default: handler } }, async ({ client, connection, worker, settings }) => {
      await client.enqueueAll([{ id: "once" }, { id: "never" }]);
      const counts = () => worker.counts().note!.default!.delivery;
      await waitUntil(
        () => counts().done === 1 && counts().deadLettered === 1,
        60_000,
        () => JSON.stringify(counts()),
      );
      expect(Object.fromEntries(tries)).toEqual({ once: [1, 2], never: [1, 2, 3] });
      const { transport } = connection.ports;
      const deadLetterTopic = deadLetterTopicOf(settings.name, "default");
      const consumer = await transport.subscribe(deadLetterTopic, DEAD_LETTER_SUBSCRIPTION, "shared");
      const [letter] = await receiveCount(consumer, 1);
      expect(letter).toMatchObject({
        useCase: "note",
        attempt: 3,
        failure: { reason: "attempts", message: "not yet, never", subscription: "default" },
      });
      expect(JSON.parse(Buffer.from(letter!.payload).toString())).toEqual({ id: "never" });
      await waitUntil(
        async () => (await transport.backlog("note", "default")) === 0,
        10_000,
        () => "a backlog is left",
      );
    });
  });

  test("keeps the order of keys, through tasks that fail", async () => {
    const order = new Map<string, number[]>();
    const failed = new Set<string>();
    const handler = async (note: Note) => {
      if (note.id.endsWith("3") && !failed.has(note.id)) {
        failed.add(note.id);
        throw new Error("once");
      }
      order.set(note.key!, [...(order.get(note.key!) ?? []), Number(note.id.split(":")[1])]);
    };
    const subscribers = { default: { maxInFlight: 64, backoff: { minMs: 5, maxMs: 10 } } };
    await run(
      { settings: { ordered: true }, subscribers, handlers: { default: handler } },
      async ({ client, worker }) => {
        const notes = Array.from({ length: 2_000 }, (_, index) => {
          const key = `key-${index % 40}`;
          return { id: `${key}:${Math.floor(index / 40)}`, key };
        });
        await client.enqueueAll(notes);
        const counts = () => worker.counts().note!.default!.delivery;
        await waitUntil(
          () => counts().done >= 2_000,
          60_000,
          () => JSON.stringify(counts()),
        );
        for (const indexes of order.values()) expect(indexes).toEqual(Array.from({ length: 50 }, (_, index) => index));
      },
    );
  });

  test("carries W3C trace context from who enqueues to the handler, through delays and retries", async () => {
    const seen: { attempt: number; traceparent: string }[] = [];
    const handler = (_: Note, { attempt, traceparent }: TaskContext) => {
      seen.push({ attempt, traceparent });
      if (attempt === 1) throw new Error("once");
    };
    const subscribers = { default: { maxRetries: 2, backoff: { minMs: 20, maxMs: 50 } } };
    await run({ subscribers, handlers: { default: handler } }, async ({ client }) => {
      await client.enqueue({ id: "traced" }, { traceparent: TRACEPARENT, delay: "200ms" });
      await waitUntil(
        () => seen.length === 2,
        60_000,
        () => JSON.stringify(seen),
      );
      expect(seen).toEqual([1, 2].map((attempt) => ({ attempt, traceparent: TRACEPARENT })));
    });
  });

  test("leaves the wait for a next try to Pulsar where it is short, and to the delay store where it is not", async () => {
    const starts = new Map<string, number[]>();
    const handler = ({ id }: Note, { attempt }: TaskContext) => {
      starts.set(id, [...(starts.get(id) ?? []), Date.now()]);
      if (attempt === 1) throw new RetryError("later", { after: id === "short" ? "10s" : "1h" });
    };
    await run({ handlers: { default: handler } }, async ({ client, connection, worker, settings }) => {
      const { transport, delayStore } = connection.ports;
      const waiting = await delayStore.size();
      await client.enqueueAll([{ id: "short" }, { id: "long" }]);
      await waitUntil(
        async () =>
          worker.counts().note!.default!.delivery.retried === 2 &&
          (await transport.backlog(settings.name, "default")) === 0,
        8_000,
        () => JSON.stringify(worker.counts()),
      );
      expect(starts.get("short")).toHaveLength(1);
      expect(await delayStore.size()).toBe(waiting + 1);
      await waitUntil(
        () => starts.get("short")!.length === 2,
        60_000,
        () => "it was not tried again",
      );
      const [first, second] = starts.get("short") as [number, number];
      expect(second - first).toBeGreaterThanOrEqual(10_000);
      expect(starts.get("long")).toHaveLength(1);
    });
  });

  test("another client of Pulsar reads the envelope", async () => {
    await run({ handlers: { default: () => {} }, settings: { ordered: true, fair: true } }, async (parts) => {
      const before = Date.now();
      const { id } = await parts.client.enqueue({ id: "seen", key: "k", tenant: "team" }, { traceparent: TRACEPARENT });
      // Behind the WebSocket reader stands Pulsar's own client for Java.
      const url = `${broker.webSocketUrl}/ws/v2/reader/persistent/${parts.namespace.name}/note?messageId=earliest`;
      const reader = new WebSocket(url);
      const [data] = (await once(reader, "message")) as [Buffer];
      reader.close();
      const message = JSON.parse(data.toString()) as Record<string, string> & { properties: Record<string, string> };
      expect(message.properties).toEqual({
        "fivefold-id": id,
        "fivefold-use-case": "note",
        "fivefold-version": "1",
        "fivefold-tenant": "team",
        "fivefold-dedupe-id": "seen",
        traceparent: TRACEPARENT,
      });
      expect(message.key).toBe("k");
      expect(Date.parse(message.eventTime!)).toBeGreaterThanOrEqual(before);
      expect(JSON.parse(Buffer.from(message.payload!, "base64").toString())).toEqual({
        id: "seen",
        key: "k",
        tenant: "team",
      });
    });
  });
});
