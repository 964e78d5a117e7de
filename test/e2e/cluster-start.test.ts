import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { compileProject } from "../compile-project.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import {
  acceptedBy,
  type Life,
  type Place,
  readHandled,
  refusedBy,
  startBacklogs,
  startExecutor,
  startProducer,
} from "./crash/life.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace, environmentOf, WAYS, type Way } from "./pulsar/transports.ts";

const SOON_MS = 60_000;
/** 2 s, on a machine that does nothing else. */
const ENDS_WITHIN_MS = 4_000;

let broker: PulsarBroker;
let postgres: Postgres;

beforeAll(async () => {
  [broker, postgres] = await Promise.all([startPulsarBroker(), startPostgres()]);
}, INSTALL_TIMEOUT_MS);

afterAll(() => Promise.all([broker?.stop(), postgres?.stop()]));

async function prints(life: Life, text: string): Promise<string> {
  const found = () => life.lines.find((line) => line.includes(text));
  await waitUntil(
    () => found() !== undefined,
    SOON_MS,
    () => `'${text}' is not in:\n${life.lines.join("\n")}`,
  );
  return found()!;
}

/** Status and text that an executor answers with. */
async function asks(life: Life, path: string): Promise<string> {
  const port = /on port (\d+)/.exec(await prints(life, "runs "))![1];
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return `${answer.status} ${(await answer.text()).trim()}`;
}

/** A project of its own, on a namespace of its own, by each way to the broker. */
async function placeOf(name: string, way: Way): Promise<Place> {
  return {
    project: await compileProject(name, join(import.meta.dirname, "crash/usecases")),
    env: {
      ...environmentOf(way.address(broker)),
      FIVEFOLD_PULSAR_NAMESPACE: (await createNamespace(broker)).name,
      FIVEFOLD_POSTGRES_URL: postgres.connectionString,
    },
  };
}

describe.each(WAYS)("$name", (way) => {
  const by = way.name.replaceAll(" ", "-");

  test("processes that start together on an empty namespace refuse nothing", async () => {
    const place = await placeOf(`start-together-${by}`, way);
    // The database is that of all tests, and remembers ids.
    const producers = ["p", "q", "r", "s"].map((name, index) =>
      startProducer(place, index * 1_000, `${by}-${name}`, 20),
    );
    const executors = [startExecutor(place), startExecutor(place)];
    onTestFinished(() => {
      for (const { child } of [...producers, ...executors]) child.kill("SIGKILL");
    });
    await waitUntil(
      () => producers.every((producer) => acceptedBy([producer]).length > 50),
      SOON_MS,
      () => producers.map(({ lines }) => lines.at(-1)).join("\n"),
    );
    for (const { child } of producers) child.kill("SIGTERM");
    expect(await Promise.all(producers.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
    expect(refusedBy(producers)).toEqual([]);
    for (const { child } of executors) child.kill("SIGTERM");
    expect(await Promise.all(executors.map(({ ended }) => ended))).toEqual([0, 0]);
  });

  test("fivefold backlogs ends soon when it is asked to, whether it was asked for backlogs or not", async () => {
    const place = await placeOf(`backlogs-${by}`, way);
    for (const isAsked of [false, true]) {
      const shown = startBacklogs(place);
      onTestFinished(() => void shown.child.kill("SIGKILL"));
      const port = /on port (\d+)/.exec(await prints(shown, "shows backlogs"))![1];
      if (isAsked) expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain("backlog");
      const askedAt = performance.now();
      shown.child.kill("SIGTERM");
      expect(await shown.ended).toBe(0);
      const tookMs = performance.now() - askedAt;
      console.log(JSON.stringify({ by, isAsked, backlogsEndedInMs: Math.round(tookMs) }));
      expect(tookMs).toBeLessThan(ENDS_WITHIN_MS);
    }
  });
});

test("fivefold start waits for a cluster that comes up, says when it is gone, and ends within its limit then", async () => {
  const place = await placeOf("cluster-start", WAYS[0]!);
  const { project } = place;
  await broker.kill();
  const executor = startExecutor(place, { connectWithin: "5m", drain: "2s" });
  await prints(executor, "It is tried again.");
  await broker.restart();
  await prints(executor, "runs survive, survive-in-order, survive-until-due; metrics on port ");
  expect(await asks(executor, "/healthz")).toBe("200 live");
  expect(await asks(executor, "/readyz")).toBe("200 ready");

  const producer = startProducer(place, 0, "p", 20);
  await sleep(3_000);
  producer.child.kill("SIGTERM");
  expect(await producer.ended).toBe(0);
  const accepted = acceptedBy([producer]);
  expect(accepted.length).toBeGreaterThan(10);
  await waitUntil(
    () => {
      const handled = new Set(readHandled(project).map(({ id }) => id));
      return accepted.every((id) => handled.has(id));
    },
    SOON_MS,
    () => "not all was handled",
  );
  const metrics = await asks(executor, "/metrics");
  expect(metrics).toMatch(/fivefold_delivery_\w+\{[^}]*use_case="survive"[^}]*\} [1-9]/);

  await broker.kill();
  await waitUntil(
    async () => (await asks(executor, "/readyz")).startsWith("503 not ready: the transport "),
    SOON_MS,
    () => "it still says that it is ready",
  );
  expect(await asks(executor, "/healthz")).toBe("200 live");
  const askedAt = performance.now();
  executor.child.kill("SIGTERM");
  await executor.ended;
  // Its drain, and 10 s for what can't be stored.
  expect(performance.now() - askedAt).toBeLessThan(20_000);
});
