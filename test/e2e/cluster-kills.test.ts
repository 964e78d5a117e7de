import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { compileProject } from "../compile-project.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { installPulsarClasses } from "../parts/pulsar-classes.ts";
import { explainRepeats, type Outage, supervise } from "./crash/kills.ts";
import {
  acceptedBy,
  handledEarly,
  outOfOrder,
  type Place,
  readHandled,
  refusedBy,
  startExecutor,
  startProducer,
} from "./crash/life.ts";
import { reportStandstill } from "./crash/standstill-report.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace } from "./pulsar/transports.ts";

const BROKER_KILLS = 5;
const EXECUTOR_KILLS = 10;
/** PostgreSQL is killed after this kill of the broker. */
const POSTGRES_AFTER = 3;
const CALM_MS = 3_000;
/** What is enqueued then must be handled once. */
const LAST_CALM_MS = 10_000;
const PRODUCER_PAUSE_MS = 20;
/** Between what a handler did and its acknowledgement in the broker's storage, which writes those once a second. */
const STORED_WITHIN_MS = 3_000;
/** A broker that was killed is up in 10 s, and in a minute or two where the machine is busy. */
const GOES_ON_WITHIN_MS = 200_000;
const ALL_HANDLED_WITHIN_MS = 120_000;

beforeAll(installPulsarClasses, INSTALL_TIMEOUT_MS);

/** Parts of this try alone: one that fails may leave them dead. */
async function startParts(): Promise<[PulsarBroker, Postgres]> {
  const starting = [
    startPulsarBroker({ config: { brokerDeduplicationEnabled: true, acknowledgmentAtBatchIndexLevelEnabled: true } }),
    startPostgres(),
  ] as const;
  onTestFinished(async () => {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((part) => part.status === "fulfilled" && part.value.stop()));
  });
  return await Promise.all(starting);
}

/** Kills what is there and starts it again on its data. */
async function crash(what: Outage["what"], part: Pick<PulsarBroker, "kill" | "restart">): Promise<Outage> {
  const fromMs = Date.now();
  await part.kill();
  await part.restart();
  return { what, fromMs, untilMs: Date.now() };
}

test("nothing whose enqueue resolved is lost while broker, executors and PostgreSQL are killed", async () => {
  const [broker, postgres] = await startParts();
  const { name: namespace } = await createNamespace(broker);
  const project = await compileProject("cluster-kills", join(import.meta.dirname, "crash/usecases"));
  const place: Place = {
    project,
    env: {
      FIVEFOLD_PULSAR_URL: broker.serviceUrl,
      FIVEFOLD_PULSAR_ADMIN_URL: broker.adminUrl,
      FIVEFOLD_PULSAR_NAMESPACE: namespace,
      FIVEFOLD_POSTGRES_URL: postgres.connectionString,
    },
  };
  const executors = [1, 2].map(() => supervise(() => startExecutor(place)));
  const producers = ["p", "q"].map((name) => startProducer(place, 0, name, PRODUCER_PAUSE_MS));
  onTestFinished(() => {
    for (const executor of executors) executor.abandon();
    for (const { child } of producers) child.kill("SIGKILL");
  });
  const outages: Outage[] = [];

  const missing = () => {
    const handled = new Set(readHandled(project).map(({ id }) => id));
    return acceptedBy(producers).filter((id) => !handled.has(id));
  };
  /** Fails with what broker and workers say. */
  async function withReport(error: Error): Promise<never> {
    const workers = executors.map(({ life }) => life);
    const report = await reportStandstill({ missing: missing(), broker, namespace, workers });
    throw new Error(`${error.message}\n${report}`, { cause: error });
  }
  /** Time in which all works, which a kill then hits in the middle. */
  async function untilBusy(): Promise<void> {
    const before = readHandled(project).length;
    await waitUntil(
      () => readHandled(project).length > before + 50,
      GOES_ON_WITHIN_MS,
      () => "nothing is handled any more",
    ).catch(withReport);
    await sleep(CALM_MS * (0.5 + Math.random()));
  }
  async function killParts(): Promise<void> {
    for (let kill = 1; kill <= BROKER_KILLS; kill++) {
      await untilBusy();
      outages.push(await crash("broker", broker));
      if (kill !== POSTGRES_AFTER) continue;
      await untilBusy();
      outages.push(await crash("postgres", postgres));
    }
  }
  async function killExecutors(): Promise<void> {
    for (let kill = 0; kill < EXECUTOR_KILLS; kill++) {
      await untilBusy();
      outages.push(await executors[kill % executors.length]!.kill());
    }
  }
  await Promise.all([killParts(), killExecutors()]);
  await untilBusy();
  await sleep(LAST_CALM_MS);
  for (const { child } of producers) child.kill("SIGTERM");
  expect(await Promise.all(producers.map(({ ended }) => ended))).toEqual([0, 0]);

  const accepted = acceptedBy(producers);
  await waitUntil(
    () => missing().length === 0,
    ALL_HANDLED_WITHIN_MS,
    () => `${missing().length} of ${accepted.length} are missing`,
  ).catch(withReport);
  expect(await Promise.all(executors.map((executor) => executor.end()))).toEqual([0, 0]);

  const handled = readHandled(project);
  const refused = refusedBy(producers);
  const ids = new Set(handled.map(({ id }) => id));
  const { undisturbed, explained, unexplained } = explainRepeats(handled, outages, refused, STORED_WITHIN_MS);
  console.log(
    JSON.stringify({
      accepted: accepted.length,
      handled: ids.size,
      repeated: handled.length - ids.size,
      explained,
      undisturbed,
      refused: Object.fromEntries([...Map.groupBy(refused, ({ code }) => code)].map(([code, of]) => [code, of.length])),
      executorsEndedByThemselves: executors.flatMap(({ failures }) => failures).length,
    }),
  );
  expect(new Set(accepted).size).toBe(accepted.length);
  expect(outOfOrder(handled)).toEqual([]);
  expect(handledEarly(handled)).toEqual([]);
  expect(unexplained).toEqual([]);
  expect(undisturbed).toBeGreaterThan(200);
}, 600_000);
