import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Connection, connect } from "fivefold/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readManifest } from "../../stacks/manifest.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { waitUntil } from "./pulsar/load.ts";
import { up } from "./stacks/changes.ts";
import { ACCOUNTS, accountName, type ExampleLoad, enqueueExamples } from "./stacks/example-load.ts";
import { type ExampleStack, startExampleStack } from "./stacks/example-stack.ts";
import { type RunningExecutor, startExecutor } from "./stacks/executors.ts";
import { createOutbox } from "./stacks/outbox.ts";

const HANDLED_WITHIN_MS = 200_000;

let example: ExampleStack;
let postgres: Postgres;
let folder: string;
let executors: RunningExecutor[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-stack-pipeline-"));
  postgres = await startPostgres();
  example = await startExampleStack({
    name: "pipeline",
    broker: { auth: "token" },
    kubernetes: false,
    config: () => ({
      defaults: { executorRole: "executors", producers: ["web"], deadLetterReaders: ["operators"] },
      useCases: { "post-ledger-entry": { partitions: 4 }, "place-order": { partitions: 2 } },
    }),
  });
  await up(example.stack);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  for (const executor of executors) await executor.stop();
  await example?.stop();
  await postgres?.stop();
  await rm(folder, { recursive: true });
});

/** As a process of that role gets it. */
async function environmentOf(role: string) {
  const { broker } = example;
  const tokenFile = join(folder, `${role}-token`);
  await writeFile(tokenFile, broker.tokenFor(role));
  return {
    FIVEFOLD_PULSAR_URL: broker.serviceUrl,
    FIVEFOLD_PULSAR_ADMIN_URL: broker.adminUrl,
    FIVEFOLD_PULSAR_NAMESPACE: "shop/test",
    FIVEFOLD_PULSAR_TOKEN_FILE: tokenFile,
    FIVEFOLD_POSTGRES_URL: postgres.connectionString,
    FIVEFOLD_OUTBOX: folder,
  };
}

async function connectAs(role: string): Promise<Connection> {
  Object.assign(process.env, await environmentOf(role));
  return connect();
}

// What a first run left behind would be counted in a second one.
test("the provisioned pipeline carries 100,000 events", { retry: 0 }, async () => {
  const { project } = example;
  const env = await environmentOf("executors");
  executors = await Promise.all([1, 2].map(() => startExecutor({ root: project.root, env })));

  const startedAt = performance.now();
  const web = await connectAs("web");
  const load = await enqueueExamples(project.root);
  const enqueuedMs = performance.now() - startedAt;
  await web.close();
  const handled = await allHandled(load);
  const handledMs = performance.now() - startedAt;

  expect(load.events).toBe(100_000);
  expect(new Set(handled.warehouse)).toEqual(new Set(load.orders));
  expect(new Set(handled.suspicious)).toEqual(new Set(load.suspicious));
  expect(new Set(handled.files).size).toBe(load.files);
  expect(new Map(handled.webhooks)).toEqual(load.delivered);
  expect(new Set(handled.reminders.map(({ id }) => id))).toEqual(new Set(load.reminders));
  for (const [account, sequences] of handled.entries) {
    // Delivery is at least once: what comes again may come late.
    const first = [...new Set(sequences)];
    expect(first, account).toEqual(Array.from({ length: load.entriesPerAccount }, (_, index) => index + 1));
  }
  expect(handled.entries.size).toBe(ACCOUNTS);
  const lateness = handled.reminders.map(({ latenessMs }) => latenessMs).toSorted((a, b) => a - b);
  const at = (part: number) => lateness[Math.min(lateness.length - 1, Math.floor(part * lateness.length))] as number;
  expect(at(0)).toBeGreaterThanOrEqual(0);

  const letters = await deadLetters(load.undeliverable.size);
  expect(letters).toEqual(load.undeliverable);
  await nothingIsLeft();

  console.log(
    `100,000 events enqueued in ${seconds(enqueuedMs)}, all handled by 2 executors after ${seconds(handledMs)}, ` +
      `the last being due after ${seconds(load.remindedUntilMs)}; ` +
      `${handled.calls} calls of handlers that ended well, ${handled.repeated} repeated; ${ACCOUNTS} accounts in order; ` +
      `${lateness.length} delays late by p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms, none early; ` +
      `${letters.size} dead letters`,
  );
});

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

interface Handled {
  readonly warehouse: readonly string[];
  readonly suspicious: readonly string[];
  readonly files: readonly number[];
  /** With the try that got through. */
  readonly webhooks: readonly (readonly [id: string, attempt: number])[];
  readonly reminders: readonly { readonly id: string; readonly latenessMs: number }[];
  /** The sequences of each account, in the order in which they were handled. */
  readonly entries: ReadonlyMap<string, readonly number[]>;
  readonly calls: number;
  readonly repeated: number;
}

/** Waits for what the handlers write of every event that can be handled. */
async function allHandled(load: ExampleLoad): Promise<Handled> {
  const outbox = createOutbox(folder);
  const read = async () => ({
    warehouse: await outbox.lines<{ id: string }>("warehouse.jsonl"),
    suspicious: await outbox.lines<{ id: string }>("fraud-review.jsonl"),
    files: await outbox.lines<{ sizeBytes: number }>("index.jsonl"),
    webhooks: await outbox.lines<{ id: string; attempt: number }>("webhooks.jsonl"),
    reminders: await outbox.lines<{ id: string; latenessMs: number }>("reminders.jsonl"),
    entries: await outbox.lines<{ account: string; sequence: number }>("ledger.jsonl"),
  });
  const wanted = {
    warehouse: load.orders.length,
    suspicious: load.suspicious.length,
    files: load.files,
    webhooks: load.delivered.size,
    reminders: load.reminders.length,
    entries: ACCOUNTS * load.entriesPerAccount,
  };
  let lines = await read();
  const distinct = () => ({
    warehouse: new Set(lines.warehouse.map(({ id }) => id)).size,
    suspicious: new Set(lines.suspicious.map(({ id }) => id)).size,
    files: new Set(lines.files.map(({ sizeBytes }) => sizeBytes)).size,
    webhooks: new Set(lines.webhooks.map(({ id }) => id)).size,
    reminders: new Set(lines.reminders.map(({ id }) => id)).size,
    entries: new Set(lines.entries.map(({ account, sequence }) => `${account}:${sequence}`)).size,
  });
  const total = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((sum, count) => sum + count, 0);
  await waitUntil(
    async () => {
      lines = await read();
      const calls = Object.values(lines).reduce((sum, { length }) => sum + length, 0);
      return calls >= total(wanted) && total(distinct()) === total(wanted);
    },
    HANDLED_WITHIN_MS,
    () => `handled ${JSON.stringify(distinct())} of ${JSON.stringify(wanted)}`,
  );
  const calls = Object.values(lines).reduce((sum, { length }) => sum + length, 0);
  const entries = new Map(Array.from({ length: ACCOUNTS }, (_, at) => [accountName(at), [] as number[]]));
  for (const { account, sequence } of lines.entries) entries.get(account)?.push(sequence);
  return {
    warehouse: lines.warehouse.map(({ id }) => id),
    suspicious: lines.suspicious.map(({ id }) => id),
    files: lines.files.map(({ sizeBytes }) => sizeBytes),
    webhooks: lines.webhooks.map(({ id, attempt }) => [id, attempt] as const),
    reminders: lines.reminders,
    entries,
    calls,
    repeated: calls - total(wanted),
  };
}

/** Reads the dead letters of webhooks as the role that may: each webhook with the reason it was given up for. */
async function deadLetters(count: number): Promise<ReadonlyMap<string, string>> {
  const { decode } = await import(join(example.project.root, "generated/deliver-webhook/codec.ts"));
  const operators = await connectAs("operators");
  try {
    const consumer = await operators.ports.transport.subscribe(
      "deliver-webhook.low-default-DLQ",
      "dead-letters",
      "shared",
    );
    const letters = new Map<string, string>();
    await waitUntil(
      async () => {
        const messages = await consumer.receive(1_000);
        for (const { payload, failure } of messages) letters.set(decode(payload).webhookId, failure?.reason ?? "");
        await consumer.acknowledge(messages);
        return letters.size >= count;
      },
      60_000,
      () => `${letters.size} of ${count} dead letters`,
    );
    return letters;
  } finally {
    await operators.close();
  }
}

/** No subscription holds anything any more, but those of dead letters that nobody has read. */
async function nothingIsLeft(): Promise<void> {
  const { broker, project } = example;
  const left = async () => {
    const lines: string[] = [];
    for (const { name, subscriptions } of readManifest(project.root).flatMap(({ topics }) => topics)) {
      const path = `/admin/v2/persistent/shop/test/${name}`;
      const { partitions } = (await broker.admin("GET", `${path}/partitions`)) as { partitions: number };
      const kind = partitions > 0 ? "partitioned-stats" : "stats";
      const stats = (await broker.admin("GET", `${path}/${kind}?getPreciseBacklog=true`)) as {
        subscriptions: Record<string, { msgBacklog: number }>;
      };
      for (const subscription of subscriptions) {
        const { msgBacklog } = stats.subscriptions[subscription] ?? { msgBacklog: Number.NaN };
        if (msgBacklog !== 0) lines.push(`${msgBacklog} in ${subscription} of ${name}`);
      }
    }
    return lines;
  };
  let last: string[] = [];
  await waitUntil(
    async () => {
      last = await left();
      return last.length === 0;
    },
    30_000,
    () => `left: ${last.join(", ")}`,
  );
}
