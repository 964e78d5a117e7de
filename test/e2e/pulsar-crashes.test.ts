import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Client, connect, DEAD_LETTER_SUBSCRIPTION, deadLetterTopicOf } from "../../runtime/runtime.ts";
import { compileProject } from "../compile-project.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { type Life, startExecutor } from "./crash/life.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace, environmentOf, WAYS } from "./pulsar/transports.ts";

interface Deed {
  id: string;
  deed: string;
}

let broker: PulsarBroker;
let postgres: Postgres;

beforeAll(async () => {
  [broker, postgres] = await Promise.all([
    startPulsarBroker({ config: { acknowledgmentAtBatchIndexLevelEnabled: true } }),
    startPostgres(),
  ]);
}, INSTALL_TIMEOUT_MS);

afterAll(() => Promise.all([broker?.stop(), postgres?.stop()]));

const INNOCENTS = 20;
const KILLS = 4;
const GOES_ON_WITHIN_MS = 120_000;

test.each([
  { way: "binary protocol", store: "PostgreSQL" },
  { way: "libpulsar", store: "PostgreSQL" },
  { way: "WebSocket", store: "a folder" },
])(
  "by $way, counted in $store: what ends its process is given up alone, and kills give nothing up",
  async ({ way, store }) => {
    const { name: namespace } = await createNamespace(broker);
    const project = await compileProject(
      `crashing-${way.replace(" ", "-")}`,
      join(import.meta.dirname, "crashing/usecases"),
    );
    const scratch = mkdtempSync(join(tmpdir(), "fivefold-crashing-"));
    onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
    const address = WAYS.find(({ name }) => name.includes(way))!.address(broker);
    const data = store === "a folder" ? join(scratch, "data") : undefined;
    const pulsar = { ...address, namespace };
    const place = {
      project,
      env: {
        ...environmentOf(address),
        FIVEFOLD_PULSAR_NAMESPACE: namespace,
        ...(data ? { FIVEFOLD_DATA: data } : { FIVEFOLD_POSTGRES_URL: postgres.connectionString }),
        NODE_OPTIONS: "--max-old-space-size=96",
        TMPDIR: scratch,
      },
    };
    const connection = await connect({ pulsar, data, postgres: data ? undefined : postgres.connectionString });
    onTestFinished(() => connection.close());
    const module = (await import(join(project, "generated/end-process/client.ts"))) as { endProcess: Client<Deed> };
    const topic = "end-process";
    await connection.ports.transport.declare([
      { name: topic, ordered: false, subscriptions: ["default"] },
      { name: deadLetterTopicOf(topic, "default"), ordered: false, subscriptions: [DEAD_LETTER_SUBSCRIPTION] },
    ]);
    const enqueue = (deed: string, count: number, name = deed[0]) => {
      const deeds = Array.from({ length: count }, (_, i) => ({ id: `${name}${i}`, deed }));
      return module.endProcess.enqueueAll(deeds);
    };
    const file = join(project, "handled.txt");
    const lines = (what: string, id: string) =>
      (existsSync(join(project, "handled.txt")) ? readFileSync(file, "utf8") : "")
        .split("\n")
        .filter((line) => line.startsWith(`${what} ${id}`));
    const unload = () => broker.admin("PUT", `/admin/v2/namespaces/${namespace}/unload`);

    let executor!: Life;
    let ownEnds = 0;
    let stopped = false;
    /** As Kubernetes does, with a broker that hands its topics to another one meanwhile. */
    async function keepAlive(): Promise<void> {
      while (!stopped) {
        executor = startExecutor(place);
        const code = await executor.ended;
        if (code !== null && !stopped) ownEnds++;
        await unload();
        await sleep(500);
      }
    }
    const alive = keepAlive();
    onTestFinished(async () => {
      stopped = true;
      executor.child.kill("SIGKILL");
      await alive;
    });

    await enqueue("works", INNOCENTS / 2, "before");
    await enqueue("exits", 1);
    await enqueue("uses up the memory", 1);
    await enqueue("works", INNOCENTS / 2, "behind");
    const letters = await connection.ports.transport.subscribe(
      deadLetterTopicOf(topic, "default"),
      DEAD_LETTER_SUBSCRIPTION,
      "shared",
    );
    const givenUp = new Map<string, string>();
    while (givenUp.size < 2) {
      const messages = await letters.receive(2 - givenUp.size);
      for (const { id, failure } of messages) givenUp.set(id, failure?.reason ?? "none");
      await letters.acknowledge(messages);
    }
    expect([...givenUp.values()]).toEqual(["crashed", "crashed"]);
    await waitUntil(
      () => lines("done", "be").length >= INNOCENTS,
      GOES_ON_WITHIN_MS,
      () => `${lines("done", "be").length} of ${INNOCENTS} are done: ${executor.lines.slice(-5)}`,
    );
    // Each of the two took the worker down at most once, or both at once.
    expect(ownEnds).toBeLessThanOrEqual(2);
    for (const id of ["e0", "u0"]) {
      const pids = lines("start", id).map((line) => line.split(" ")[2]);
      expect(pids.length).toBeGreaterThanOrEqual(3);
      expect(pids.length).toBeLessThanOrEqual(5);
      expect(new Set(pids).size).toBe(pids.length);
    }

    await enqueue("works for long", 3, "long");
    for (let kill = 0; kill < KILLS; kill++) {
      const before = lines("start", "long").length;
      await waitUntil(
        () => lines("start", "long").length > before,
        GOES_ON_WITHIN_MS,
        () => `nothing was started again: ${executor.lines.slice(-5)}`,
      );
      executor.child.kill("SIGKILL");
      await executor.ended;
    }
    await waitUntil(
      () => new Set(lines("done", "long").map((line) => line.split(" ")[1])).size === 3,
      GOES_ON_WITHIN_MS,
      () => `not done: ${executor.lines.slice(-5)}`,
    );
    await sleep(1_000);
    // An unload may take an acknowledgement with it: what is there now can be one of the two again, and nothing else.
    const left = () =>
      connection.ports.transport.backlog(deadLetterTopicOf(topic, "default"), DEAD_LETTER_SUBSCRIPTION);
    for (let looks = 0; looks < 5 && (await left()) > 0; looks++) {
      const messages = await letters.receive(2);
      for (const { id } of messages) expect([...givenUp.keys()]).toContain(id);
      await letters.acknowledge(messages);
      await sleep(1_000);
    }
    expect(await left()).toBe(0);
    expect(ownEnds).toBeLessThanOrEqual(2);
  },
  400_000,
);
