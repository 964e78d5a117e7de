import { createHash, randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { installPulsarClient } from "../parts/pulsar-client-install.ts";
import { up } from "./stacks/changes.ts";
import { type DeployedProcess, runDeployed } from "./stacks/deployed-process.ts";
import { type ExampleStack, startExampleStack } from "./stacks/example-stack.ts";
import { booksClosed, invoiceChanged } from "./stacks/ways-in-files.ts";

/*
 * A stack whose events come by HTTP, from a table and by themselves, brought up by the real CLI on a real API server and
 * a real broker. What its Deployments run is then run as they say, since nothing runs in that cluster.
 */

const INVOICE = invoiceChanged(`console.log(\`handled \${event.id} \${event.state}\`)`);
const CLOSING = booksClosed(`console.log(\`closed \${event.at}\`)`);
const WITHIN = { timeout: 60_000 };
const token = `shop.${randomBytes(32).toString("base64url")}`;

let example: ExampleStack;
let postgres: Postgres;
let database: pg.Client;
const processes: DeployedProcess[] = [];

beforeAll(async () => {
  await installPulsarClient();
  postgres = await startPostgres();
  database = new pg.Client({ connectionString: postgres.connectionString });
  await database.connect();
  await database.query("CREATE DATABASE billing");
  const billing = Object.assign(new URL(postgres.connectionString), { pathname: "/billing" }).href;
  await database.end();
  database = new pg.Client({ connectionString: billing });
  await database.connect();
  await database.query("CREATE TABLE invoices (id text PRIMARY KEY, state text NOT NULL)");
  await database.query("INSERT INTO invoices VALUES ('a', 'open')");
  const sha256 = createHash("sha256").update(token).digest("hex");
  example = await startExampleStack({
    name: "ways-in",
    broker: { auth: "token" },
    kubernetes: true,
    modules: { "invoice-changed": INVOICE, "books-closed": CLOSING },
    config: (broker) => ({
      postgresUrl: postgres.connectionString,
      defaults: { executorRole: "executors" },
      pulsarTokens: { "*": broker.tokenFor("executors") },
      gateway: { role: "gateway", from: [{ namespace: "ingress" }] },
      gatewayToken: broker.tokenFor("gateway"),
      gatewayTokens: { tokens: [{ producer: "shop", useCases: ["*"], sha256 }] },
      capture: { role: "capture" },
      captureToken: broker.tokenFor("capture"),
      sources: { billing },
    }),
  });
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  for (const running of processes) await running.stop().catch((error) => console.error(error));
  await database?.end();
  await example?.stop();
  await postgres?.stop();
});

test("up makes it all, and a second up changes nothing", async () => {
  await up(example.stack);
  const deployments = await example.kubernetes!.client.list("apps/v1", "Deployment", "shop-test");
  expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
    "books-closed",
    "fivefold--capture",
    "fivefold--gateway",
    "invoice-changed",
  ]);
  expect(await up(example.stack)).toEqual([]);
  expect(await example.state()).not.toContain("/billing");
});

test("events come in each way, and one capture takes over from another", { retry: 0 }, async () => {
  const { kubernetes, project } = example;
  const run = async (name: string) => {
    const running = await runDeployed(kubernetes!.client, "shop-test", name, project.root);
    processes.push(running);
    return running;
  };
  const [invoices, closing, gateway, capture] = await Promise.all(
    ["invoice-changed", "books-closed", "fivefold--gateway", "fivefold--capture"].map(run),
  );
  await expect.poll(() => invoices!.log(), WITHIN).toContain("handled a open");
  await database.query("UPDATE invoices SET state = 'paid'");
  await expect.poll(() => invoices!.log(), WITHIN).toContain("handled a paid");

  const [, address] = /at (http:\/\/\S+?);/.exec(gateway!.log()) ?? [];
  const answer = await fetch(`${address!.replace(/0\.0\.0\.0|\[::\]/, "127.0.0.1")}/v1/invoice-changed`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ id: "b", state: "open" }),
  });
  expect(answer.status).toBe(202);
  await expect.poll(() => invoices!.log(), WITHIN).toContain("handled b open");
  await expect.poll(() => closing!.log().match(/^closed /gm)?.length ?? 0, WITHIN).toBeGreaterThan(2);

  // As a rollout does it: the next one is there before the one before it ends.
  await run("fivefold--capture");
  await capture!.stop();
  processes.splice(processes.indexOf(capture!), 1);
  await database.query("INSERT INTO invoices VALUES ('c', 'open')");
  await expect.poll(() => invoices!.log(), WITHIN).toContain("handled c open");
});
