import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { topicsOf } from "../../runtime/ports/topics.ts";
import { createProject, MAIN, type Project, startCommand } from "../cli/project.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

/*
 * `fivefold gateway` on a real broker and PostgreSQL, as a role that may produce and nothing else, killed in the midst of work.
 */

const GREET = `import { useCase } from "fivefold";

export interface Greeted { subject: string; at: Date }

export default useCase<Greeted>({ owner: "team-a", handler: async () => {} });
`;
const EVENTS = 300;

let broker: PulsarBroker;
let postgres: Postgres;

beforeAll(async () => {
  [broker, postgres] = await Promise.all([startPulsarBroker({ auth: "token" }), startPostgres()]);
}, INSTALL_TIMEOUT_MS);

afterAll(() => Promise.all([broker?.stop(), postgres?.stop()]));

async function startGateway(project: Project, env: Readonly<Record<string, string>>) {
  const words = [MAIN, "gateway", "--port", "0", "--metrics-port", "0"];
  const started = startCommand(process.execPath, words, project.root, { ...process.env, ...env });
  await started.prints("takes events of greet at ");
  const [, address = "", metricsPort = ""] = /(http:\S+); metrics on port (\d+)/.exec(started.printed.stdout) ?? [];
  return { started, address, metrics: `http://127.0.0.1:${metricsPort}` };
}

/** Until it is answered, by whichever gateway there is. */
async function post(
  addressOf: () => string,
  key: string,
  i: number,
): Promise<{ readonly id: string; readonly duplicate: boolean }> {
  const giveUpAt = performance.now() + 60_000;
  while (performance.now() < giveUpAt) {
    // Whose process was killed answers nothing.
    const response = await fetch(`${addressOf()}/v1/greet`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": `${key}-${i}` },
      body: JSON.stringify({ subject: `event ${i}`, at: new Date(i * 1_000) }),
    }).catch(() => undefined);
    const text = (await response?.text().catch(() => "")) ?? "";
    if (response?.status === 202 && text !== "") return JSON.parse(text);
    if (response && ![202, 429, 503].includes(response.status)) throw new Error(text);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`event ${i} was not accepted within a minute`);
}

describe.each(WAYS)("$name", (way) => {
  test("what the gateway accepts is one task by its key, whatever kills it", async () => {
    const project = await createProject({ "package.json": '{ "type": "module" }', "usecases/greet.ts": GREET });
    expect(await project.fivefold("build")).toMatchObject({ code: 0 });
    const { useCases } = JSON.parse(await project.read("generated/manifest.json"));
    await project.write("token", broker.tokenFor("gateway"));
    const { name: namespace } = await createNamespace(broker);
    const admin = await way.open(broker, { namespace, token: () => broker.adminToken! });
    await admin.declare(topicsOf(useCases[0].settings));
    await broker.admin("POST", `/admin/v2/persistent/${namespace}/greet/permissions/gateway`, ["produce"]);
    const env = {
      FIVEFOLD_PULSAR_URL: way.name.includes("WebSocket") ? broker.adminUrl : broker.serviceUrl,
      FIVEFOLD_PULSAR_ADMIN_URL: broker.adminUrl,
      FIVEFOLD_PULSAR_NAMESPACE: namespace,
      FIVEFOLD_PULSAR_TOKEN_FILE: join(project.root, "token"),
      FIVEFOLD_POSTGRES_URL: postgres.connectionString,
    };
    let current = await startGateway(project, env);
    expect((await fetch(`${current.metrics}/readyz`)).status).toBe(200);
    let answered = 0;
    const sending = Array.from({ length: 20 }, async (_, lane) => {
      const receipts = new Map<number, string>();
      for (let i = lane; i < EVENTS; i += 20) {
        receipts.set(i, (await post(() => current.address, namespace, i)).id);
        answered++;
      }
      return receipts;
    });
    for (let kill = 1; kill <= 2; kill++) {
      await expect.poll(() => answered, { timeout: 60_000 }).toBeGreaterThan(kill * 80);
      current.started.process.kill("SIGKILL");
      await current.started.ended();
      current = await startGateway(project, env);
    }
    const receipts = new Map((await Promise.all(sending)).flatMap((some) => [...some]));
    expect(new Set(receipts.values()).size).toBe(EVENTS);
    for (const i of [0, EVENTS - 1]) {
      expect(await post(() => current.address, namespace, i)).toEqual({ id: receipts.get(i), duplicate: true });
    }
    current.started.process.kill("SIGTERM");
    expect(await current.started.ended()).toMatchObject({ code: 0, stdout: expect.stringMatching(/drained\n$/) });

    // Each event at least once, and under one id: what a kill left in the dark was published again under the same.
    const consumer = await admin.subscribe("greet", "default", "shared");
    const stored = new Map<string, string>();
    while (stored.size < EVENTS) {
      const messages = await consumer.receive(100);
      for (const { id, payload } of messages) {
        const text = Buffer.from(payload).toString("latin1");
        expect(stored.get(id) ?? text).toBe(text);
        stored.set(id, text);
      }
      await consumer.acknowledge(messages);
    }
    expect([...stored.keys()].sort()).toEqual([...receipts.values()].sort());
    await admin.close();
  });
});
