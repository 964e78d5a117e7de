import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openEmbedded } from "../../runtime/adapters/embedded/embedded-ports.ts";
import { openPostgresStores } from "../../runtime/adapters/postgres/postgres-stores.ts";
import { createClient } from "../../runtime/client.ts";
import { type Connection, connectTo } from "../../runtime/connection.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { createReceiver, LATER, sendOutcome } from "../../runtime/receiver.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { type Note, noteContracts } from "../runtime/note-contract.ts";
import { SECRET, startService } from "../runtime/targets/target-world.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";
import { createNamespace, environmentOf, WAYS } from "./pulsar/transports.ts";

/* Tasks that are answered by 202, in two worker processes, one of which is killed while a thousand are awaited. */

const TASKS = 1_000;
const FORGED = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;

let server: PostgresServer;
let broker: PulsarBroker;

beforeAll(async () => {
  [server, broker] = await Promise.all([startPostgres(), startPulsarBroker()]);
}, INSTALL_TIMEOUT_MS);
afterAll(() => Promise.all([server?.stop(), broker?.stop()]));

type Outcome = Parameters<typeof sendOutcome>[1];
/** What a task comes to, by its number: a tenth of them is rejected. */
const outcomeOf = (id: string): Outcome =>
  Number(id) % 10 === 7 ? { outcome: "reject", message: "never" } : { outcome: "done" };

interface Place {
  readonly connection: Connection;
  /** Tells a process where that is. */
  readonly environment: Readonly<Record<string, string>>;
}

async function settleOnce({ connection, environment }: Place): Promise<void> {
  const { client, executor } = noteContracts({});
  const receiver = createReceiver<Note>({
    ...{ settings: executor.settings, subscriber: "default", target: "thumbnails", format: "json" },
    ...{ validate: () => undefined, fromJson: (value) => value as Note },
    decode: (payload) => JSON.parse(Buffer.from(payload).toString()) as Note,
  });
  /** Where callbacks are taken now, as a Service of Kubernetes knows it. */
  const ports = new Set<number>();
  const problems: string[] = [];
  const results = new Map<string, string[]>();
  const workers: ChildProcess[] = [];
  onTestFinished(() => workers.forEach((worker) => void worker.kill("SIGKILL")));

  /** Tells an outcome to some worker, until one has stored it. */
  async function tell(callback: string, outcome: Outcome, at = Math.random()): Promise<void> {
    for (;;) {
      const all = [...ports];
      const port = all[Math.floor(at * all.length)];
      const url = callback.replace("http://callbacks.invalid", `http://127.0.0.1:${port}`);
      const error = await sendOutcome(url, outcome, { secret: SECRET }).then(
        () => undefined,
        (error: Error) => error,
      );
      if (!error) return;
      await sleep(50);
    }
  }

  const calls = new Map<string, number>();
  let forgeriesTaken = 0;
  const answer = receiver.fetch(
    async ({ id }, { callback, attempt }) => {
      const times = (calls.get(`${id} ${attempt}`) ?? 0) + 1;
      calls.set(`${id} ${attempt}`, times);
      // The same try is told of once, whoever sends it again: what was told is kept.
      if (times > 1) return LATER;
      const outcome = outcomeOf(id);
      const soonMs = 100 + Math.random() * 4_000;
      switch (Number(id) % 5) {
        case 0: // Before the 202 is read.
          await tell(callback, outcome);
          break;
        case 1:
          setTimeout(() => void tell(callback, outcome), soonMs);
          break;
        case 2: // Twice, at two replicas: the first one counts.
          setTimeout(
            () =>
              void tell(callback, outcome, 0).then(() => tell(callback, { outcome: "reject", message: "twice" }, 0.99)),
            soonMs,
          );
          break;
        case 3: {
          const port = [...ports][0];
          const url = callback.replace("http://callbacks.invalid", `http://127.0.0.1:${port}`);
          const forged = sendOutcome(url, { outcome: "reject", message: "forged" }, { secret: FORGED });
          forged.then(
            () => forgeriesTaken++,
            () => {},
          );
          setTimeout(() => void tell(callback, outcome), soonMs);
          break;
        }
        default: // The first try's comes when nobody waits for it any more.
          setTimeout(() => void tell(callback, outcome), attempt === 1 ? 10_000 : 50);
      }
      return LATER;
    },
    { secret: SECRET },
  );
  const service = await startService(async (request, response, body) => {
    const headers = request.headers as Record<string, string>;
    const reply = await answer(new Request("http://x/", { method: "POST", headers, body: new Uint8Array(body) }));
    response.writeHead(reply.status).end(await reply.text());
  });

  async function start(): Promise<() => void> {
    const worker = fork(join(import.meta.dirname, "targets/awaiting-worker.ts"), [], {
      env: {
        ...process.env,
        ...environment,
        FIVEFOLD_SERVICE_THUMBNAILS: service.url,
        FIVEFOLD_SERVICE_NETWORKS: "127.0.0.0/8",
        FIVEFOLD_SIGNING_SECRET_THUMBNAILS: SECRET,
        FIVEFOLD_CALLBACK_URL: "http://callbacks.invalid",
      },
    });
    workers.push(worker);
    const port = await new Promise<number>((resolve, reject) => {
      worker.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
      worker.on("message", (told: { port?: number; settled?: [string, string][]; problem?: string }) => {
        if (told.port) resolve(told.port);
        if (told.problem) problems.push(told.problem);
        for (const [id, result] of told.settled ?? []) results.set(id, [...(results.get(id) ?? []), result]);
      });
    });
    ports.add(port);
    return () => {
      ports.delete(port);
      worker.kill("SIGKILL");
    };
  }

  const kill = await start();
  await start();
  const notes = Array.from({ length: TASKS }, (_, index) => ({ id: `${index}` }));
  const receipts = await createClient(client).enqueueAll(notes);
  await expect.poll(() => calls.size, { timeout: 60_000 }).toBeGreaterThan(TASKS * 0.9);
  kill();
  await start();
  const ended = () => receipts.filter(({ id }) => results.get(id)?.some((result) => result !== "retried")).length;
  await expect.poll(ended, { timeout: 60_000, interval: 100 }).toBe(TASKS);
  const { transport } = connection.ports;
  await expect.poll(() => transport.backlog("note", "default"), { timeout: 20_000 }).toBe(0);

  // What is given up is what was rejected, and nothing else; a twin may come of the kill, and of nothing else.
  const consumer = await transport.subscribe("note-default-DLQ", "dead-letters", "shared");
  const letters = new Map<string, (string | undefined)[]>();
  for (let left = await transport.backlog("note-default-DLQ", "dead-letters"); left > 0; ) {
    const messages = await consumer.receive(1_000);
    left -= messages.length;
    for (const { payload, failure } of messages) {
      const { id } = JSON.parse(Buffer.from(payload).toString()) as Note;
      letters.set(id, [...(letters.get(id) ?? []), failure?.message]);
    }
  }
  await consumer.close();
  const rejected = notes.map(({ id }) => id).filter((id) => outcomeOf(id).outcome === "reject");
  expect([...letters.keys()].sort()).toEqual(rejected.sort());
  expect(new Set([...letters.values()].flat())).toEqual(new Set(["never"]));
  for (const [index, { id }] of receipts.entries()) {
    const kinds = new Set(results.get(id)!.filter((result) => result !== "retried"));
    expect([...kinds]).toEqual([outcomeOf(`${index}`).outcome === "reject" ? "dead-lettered" : "done"]);
  }
  expect(forgeriesTaken).toBe(0);
  expect([...calls.values()].some((times) => times > 1)).toBe(true);
  for (const worker of workers) worker.kill("SIGTERM");
}

test("embedded: a thousand awaited outcomes settle once each, though a worker is killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-awaiting-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const connection = connectTo(await openEmbedded(folder));
  onTestFinished(() => connection.close());
  await settleOnce({ connection, environment: { FIVEFOLD_DATA: folder } });
}, 110_000);

test("Pulsar with PostgreSQL: the same", async () => {
  const [way] = WAYS;
  const { name } = await createNamespace(broker);
  const stores = await openPostgresStores({ url: server.url });
  const connection = connectTo({
    transport: await way!.open(broker, { namespace: name }),
    ...stores,
    clock: systemClock,
  });
  onTestFinished(() => connection.close());
  const environment = {
    ...environmentOf(way!.address(broker)),
    FIVEFOLD_PULSAR_NAMESPACE: name,
    FIVEFOLD_POSTGRES_URL: server.url,
  };
  await settleOnce({ connection, environment });
}, 110_000);
