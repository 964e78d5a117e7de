import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileProject } from "../compile-project.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { acceptedBy, type Life, type Place, readHandled, startExecutor, startProducer } from "./crash/life.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace } from "./pulsar/transports.ts";

const SOON_MS = 60_000;

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

test("fivefold start waits for a cluster that comes up, says when it is gone, and ends within its limit then", async () => {
  const project = await compileProject("cluster-start", join(import.meta.dirname, "crash/usecases"));
  const place: Place = {
    project,
    env: {
      FIVEFOLD_PULSAR_URL: broker.serviceUrl,
      FIVEFOLD_PULSAR_ADMIN_URL: broker.adminUrl,
      FIVEFOLD_PULSAR_NAMESPACE: (await createNamespace(broker)).name,
      FIVEFOLD_POSTGRES_URL: postgres.connectionString,
    },
  };
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
