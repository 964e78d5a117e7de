import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { deadLetterTopicOf, topicOf } from "../../../runtime/contract.ts";
import { topicsOf } from "../../../runtime/topics.ts";
import type { Consumer, Transport } from "../../../runtime/transport/transport.ts";
import { createNamespace, WAYS, type Way } from "../../e2e/pulsar/transports.ts";
import { type Postgres, startPostgres } from "../../parts/postgres.ts";
import { type PulsarBroker, startPulsarBroker } from "../../parts/pulsar-broker.ts";
import { drawWith } from "../../transport/history/setting.ts";
import { checkCluster, missingOf, placeOf, readCluster } from "../cluster/check-cluster.ts";
import { contractsOf, KINDS, subscribersOf } from "../cluster/kinds.ts";
import type { ClusterOrders } from "../cluster/process.ts";
import type { Scenario } from "../scenario.ts";

const PROCESS = join(import.meta.dirname, "..", "cluster", "process.ts");
const WORKERS = 3;
const PRODUCERS = 3;
const PATIENCE_MS = 120_000;

/** Whole workers and producers on a real broker and PostgreSQL, by each way, with kills, unloads and stalls of all of them. */
const scenario: Scenario = {
  needs: "a Pulsar broker, libpulsar and PostgreSQL, which it installs and starts",
  async run({ seed, until }) {
    const faults: string[] = [];
    const did: Record<string, number> = {};
    const untilOf = (index: number) => performance.now() + ((until - performance.now()) * (index + 1)) / WAYS.length;
    const [broker, postgres] = await Promise.all([
      startPulsarBroker({ config: { brokerDeduplicationEnabled: true } }),
      startPostgres(),
    ]);
    try {
      for (const [index, way] of WAYS.entries()) {
        const found = await attack({ way, broker, postgres, seed, until: untilOf(index) }, did);
        faults.push(...found.map((fault) => `${way.name}: ${fault}`));
      }
    } finally {
      await Promise.all([broker.stop(), postgres.stop()]);
    }
    return { did, faults };
  },
};

async function attack(
  {
    way,
    broker,
    postgres,
    seed,
    until,
  }: { way: Way; broker: PulsarBroker; postgres: Postgres; seed: number; until: number },
  did: Record<string, number>,
): Promise<string[]> {
  const draw = drawWith(seed);
  const namespace = await createNamespace(broker);
  const { serviceUrl, adminUrl } = broker;
  const transport = await way.open(broker, { namespace: namespace.name });
  // Beforehand, as a deployment does: what comes first may be a kill.
  await transport.declare(Object.keys(KINDS).flatMap((kind) => topicsOf(contractsOf(kind, "").executor.settings)));
  const place = JSON.stringify({ way: way.name, serviceUrl, adminUrl, namespace: namespace.name });
  const folder = mkdtempSync(join(tmpdir(), "fivefold-cluster-"));
  const faults: string[] = [];
  const killed = new WeakSet<ChildProcess>();
  const count = (what: string, by = 1) => {
    did[what] = (did[what] ?? 0) + by;
  };
  let started = 0;
  let over = false;

  function start(role: ClusterOrders["role"]): ChildProcess {
    const name = `${role}-${started++}`;
    const file = join(folder, name);
    writeFileSync(file, "");
    const child = fork(PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.send({ role, name, place, postgres: postgres.connectionString, file } satisfies ClusterOrders);
    child.once("exit", (code) => {
      if (!killed.has(child) && !over) faults.push(`${name} ended by itself with ${code}`);
    });
    return child;
  }

  const workers = Array.from({ length: WORKERS }, () => start("worker"));
  const producers = Array.from({ length: PRODUCERS }, () => start("producer"));

  async function replace(children: ChildProcess[], role: ClusterOrders["role"]): Promise<void> {
    const index = draw.between(0, children.length - 1);
    killed.add(children[index]!);
    children[index]!.kill("SIGKILL");
    children[index] = start(role);
    count(`${role} kills`);
  }

  const attacks: readonly (() => Promise<void>)[] = [
    () => replace(workers, "worker"),
    () => replace(producers, "producer"),
    async () => {
      for (const kind of Object.keys(KINDS)) {
        const topic = topicOf(kind, KINDS[kind]!.settings?.priority ?? "normal");
        await broker.admin("PUT", `/admin/v2/persistent/${namespace.name}/${topic}/unload`).catch(() => {});
      }
      count("unloads");
    },
    async () => {
      await broker.kill();
      await broker.restart();
      count("broker kills");
    },
    async () => {
      await postgres.kill();
      await postgres.restart();
      count("PostgreSQL kills");
    },
    async () => {
      process.kill(broker.pid(), "SIGSTOP");
      await sleep(5_000);
      process.kill(broker.pid(), "SIGCONT");
      count("broker stalls");
    },
  ];
  while (performance.now() < until) {
    await sleep(draw.between(2_000, 6_000));
    await draw.oneOf(attacks)();
  }
  for (const child of producers) {
    killed.add(child);
    child.disconnect();
  }

  const lines = () => readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"));
  const dead = new Map<string, Set<string>>();
  const readers = await readDead(transport, dead);
  const endsAt = performance.now() + PATIENCE_MS;
  let history = readCluster(lines(), dead);
  while (missingOf(history).length > 0 && performance.now() < endsAt) {
    await sleep(2_000);
    history = readCluster(lines(), dead);
  }
  // The workers that lived through it have settled everything, too.
  for (const [kind, subscriber] of Object.keys(KINDS).flatMap((kind) =>
    subscribersOf(kind).map((one) => [kind, one]),
  )) {
    const topic = topicOf(kind!, KINDS[kind!]!.settings?.priority ?? "normal");
    let left = await transport.backlog(topic, subscriber!);
    for (; left > 0 && performance.now() < endsAt; left = await transport.backlog(topic, subscriber!))
      await sleep(1_000);
    if (left > 0) faults.push(`${left} are left in ${topic} for ${subscriber}`);
  }
  over = true;
  for (const child of workers) child.disconnect();
  await readers.stop();
  await transport.close();
  history = readCluster(lines(), dead);
  faults.push(...checkCluster(history));
  for (const ids of Object.values(history.accepted)) count(`accepted, ${way.name}`, ids.size);
  for (const runs of history.handled.values()) {
    count(`repeats, ${way.name}`, runs.length - new Set(runs.map(({ id }) => id)).size);
  }
  count("refused", history.refused);
  count("problems told", history.problems);
  if (faults.length === 0) rmSync(folder, { recursive: true });
  return faults;
}

/** Reads dead letters as they come, until it is stopped. */
async function readDead(transport: Transport, dead: Map<string, Set<string>>) {
  const consumers: Consumer[] = [];
  for (const kind of Object.keys(KINDS)) {
    const { executor } = contractsOf(kind, "");
    for (const subscriber of subscribersOf(kind)) {
      const topic = deadLetterTopicOf(topicOf(kind, executor.settings.priority), subscriber);
      const consumer = await transport.subscribe(topic, "dead-letters", "shared");
      consumers.push(consumer);
      const ids = new Set<string>();
      dead.set(placeOf(kind, subscriber), ids);
      void (async () => {
        for (;;) {
          const messages = await consumer.receive(100).catch(() => undefined);
          if (messages?.length === 0) return;
          for (const { payload } of messages ?? []) ids.add(JSON.parse(Buffer.from(payload).toString()).id);
          await consumer.acknowledge(messages ?? []).catch(() => {});
        }
      })();
    }
  }
  return { stop: () => Promise.all(consumers.map((consumer) => consumer.close())) };
}

export default scenario;
