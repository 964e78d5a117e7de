import { createHash, randomBytes } from "node:crypto";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { destroy, up } from "../e2e/stacks/changes.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type DeployedShop, NAMESPACE, startShop } from "./deployed-shop.ts";
import { THUMBNAILS_SERVICE, WAYS_FILES } from "./ways-files.ts";

/*
 * A stack with a gateway, a capture, schedules and a target on a real node, whose network enforces NetworkPolicies, leads
 * Services to pods and resolves their names. Others' pods stand in namespaces of their own, as in a user's cluster.
 */

const WITHIN = { timeout: 60_000, interval: 300 };
const SENDERS = "ingress";
const SERVICES = "images";
const token = `web.${randomBytes(32).toString("base64url")}`;
const signingSecret = `whsec_${randomBytes(32).toString("base64")}`;

let shop: DeployedShop;
let billing: Client;

const inBilling = (url: string) => Object.assign(new URL(url), { pathname: "/billing" }).href;

beforeAll(async () => {
  shop = await startShop({
    files: WAYS_FILES,
    prepare: (postgres) => postgres.query("CREATE DATABASE billing"),
    settings: (postgresUrl) => ({
      gateway: { from: [{ namespace: SENDERS }], minReplicas: 1, maxReplicas: 2, cpu: "10m", memory: "256Mi" },
      gatewayTokens: {
        tokens: [{ producer: "web", useCases: ["*"], sha256: createHash("sha256").update(token).digest("hex") }],
      },
      capture: { cpu: "10m", memory: "256Mi" },
      sources: { billing: inBilling(postgresUrl) },
      secretEnv: {
        "*": { HISTORY_URL: postgresUrl },
        "make-thumbnail": { FIVEFOLD_SIGNING_SECRET_THUMBNAILS: signingSecret },
      },
      targets: {
        thumbnails: {
          url: `http://thumbnails.${SERVICES}.svc`,
          pods: { app: "thumbnails" },
          podPorts: [3_000],
          callbacksFrom: [{ namespace: SERVICES, pods: { app: "thumbnails" } }],
        },
      },
      targetNetworks: ["10.0.0.0/24", "172.31.1.0/24"],
    }),
  });
  billing = new Client({ connectionString: inBilling(shop.postgresUrl) });
  await billing.connect();
  await billing.query("CREATE TABLE invoices (id text PRIMARY KEY, state text NOT NULL)");
  await billing.query("INSERT INTO invoices VALUES ('a', 'open')");
  const { node, project } = shop;
  await node.importImage(await project.image("localhost/shop:1"));
  // The service's image: the emitted receiver, and the package that it imports.
  const service = await project.image("localhost/thumbnails:1", (folder) => {
    writeFileSync(join(folder, "thumbnails.ts"), THUMBNAILS_SERVICE);
    for (const part of ["generated/make-thumbnail", "node_modules/fivefold"]) {
      cpSync(join(project.root, part), join(folder, part), { recursive: true });
    }
  });
  await node.importImage(service);
  await startPod(SENDERS, "sender", WAITS);
  await startPod("elsewhere", "sender", WAITS);
  await startPod(SERVICES, "thumbnails", ["/bin/node", "thumbnails.ts"]);
  // It would take anything, and stands where the service stands.
  await startPod(SERVICES, "others", [
    "/bin/node",
    "-e",
    'require("http").createServer((_, a) => a.end()).listen(3000)',
  ]);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await billing?.end();
  await shop?.stop();
});

const WAITS = ["/bin/node", "-e", "setInterval(() => {}, 1000)"];

/** A pod that is labelled by its name, and a Service of that name which leads port 80 to its port 3000. */
async function startPod(namespace: string, name: string, command: readonly string[]): Promise<void> {
  const { client } = shop.node;
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const metadata = { name, namespace, labels: { app: name } };
  const env = [{ name: "FIVEFOLD_SIGNING_SECRET_THUMBNAILS", value: signingSecret }];
  const container = { name, image: "localhost/thumbnails:1", imagePullPolicy: "Never", command, env };
  const pod = { containers: [container], terminationGracePeriodSeconds: 1, automountServiceAccountToken: false };
  await client.apply({ apiVersion: "v1", kind: "Pod", metadata, spec: pod });
  const ports = [{ port: 80, targetPort: 3_000 }];
  await client.apply({ apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: name }, ports } });
}

const REQUEST = `
const [url, authorization, body] = process.argv.slice(1);
const init = body ? { method: "POST", headers: { authorization, "content-type": "application/json" }, body } : {};
fetch(url, { ...init, signal: AbortSignal.timeout(3000) }).then(
  async (answer) => console.log(answer.status, await answer.text()),
  (error) => console.log(error.name),
).finally(() => process.exit());
`;

/** What a request from within a pod comes to: the answer's status and body, or the error's name. */
function request(namespace: string, pod: string, url: string, body?: object): Promise<string> {
  const args = body ? [url, `Bearer ${token}`, JSON.stringify(body)] : [url];
  return shop.node.kubectl("exec", "-n", namespace, pod, "--", "/bin/node", "-e", REQUEST, "--", ...args);
}

const enqueue = (useCase: string, event: object, namespace = SENDERS) =>
  request(namespace, "sender", `http://fivefold--gateway.${NAMESPACE}/v1/${useCase}`, event);

const handledBy = async (useCase: string) => (await shop.handled(useCase)).map(({ event_id }) => event_id);

test("up makes all of it, and a second up changes nothing", async () => {
  await up(shop.stack);
  const deployments = await shop.node.client.list("apps/v1", "Deployment", NAMESPACE);
  expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
    "books-closed",
    "fivefold--capture",
    "fivefold--gateway",
    "invoice-changed",
    "make-thumbnail",
  ]);
  expect(await up(shop.stack)).toEqual([]);
});

test("a pod that may connect enqueues through the gateway's Service, and another one can't", async () => {
  await expect.poll(() => enqueue("invoice-changed", { id: "b", state: "sent" }), WITHIN).toMatch(/^202 /);
  await expect.poll(() => handledBy("invoice-changed"), WITHIN).toContain("b sent");
  expect(await enqueue("invoice-changed", { id: "c", state: "sent" }, "elsewhere")).toBe("TimeoutError\n");
  expect(await enqueue("invoice-changed", { id: 5 })).toMatch(/^400 .*invalid-event/);
});

test("a table's rows and changes become events", async () => {
  await expect.poll(() => handledBy("invoice-changed"), WITHIN).toContain("a open");
  await billing.query("UPDATE invoices SET state = 'paid'");
  await expect.poll(() => handledBy("invoice-changed"), WITHIN).toContain("a paid");
});

test("schedules tick, each tick once", async () => {
  await expect.poll(async () => (await handledBy("books-closed")).length, WITHIN).toBeGreaterThan(3);
  const ticks = await handledBy("books-closed");
  expect(new Set(ticks).size).toBe(ticks.length);
});

test("a task reaches its service, and its outcome the worker that waits for it", async () => {
  await enqueue("make-thumbnail", { fileId: "now", later: false });
  await enqueue("make-thumbnail", { fileId: "deferred", later: true });
  const log = () => shop.node.kubectl("logs", "-n", SERVICES, "thumbnails");
  await expect.poll(log, WITHIN).toContain("received now");
  await expect.poll(log, WITHIN).toContain("told of deferred");
  // A callback that had not arrived would be a retry after 20 s.
  expect((await log()).match(/received deferred/g)).toHaveLength(1);
});

test("the executor reaches nothing besides, which others reach", async () => {
  const others = `http://others.${SERVICES}.svc`;
  const gateway = `http://fivefold--gateway.${NAMESPACE}`;
  const from = (url: string) => request(NAMESPACE, "deployment/make-thumbnail", url);
  expect(await request(SENDERS, "sender", others)).toMatch(/^200 /);
  expect(await request(SENDERS, "sender", `${gateway}/v1`)).toMatch(/^4\d\d /);
  // Its service, asked without a signature: reached, and refused by it.
  expect(await from(`http://thumbnails.${SERVICES}.svc`)).toMatch(/^4\d\d /);
  expect(await from(others)).toBe("TimeoutError\n");
  expect(await from(gateway)).toBe("TimeoutError\n");
  // The metrics of another executor, which only the namespace of monitoring may collect.
  const { status } = (await shop.node.client.list("v1", "Pod", NAMESPACE)).find(
    ({ metadata }) => (metadata.labels as Record<string, string>)["app.kubernetes.io/name"] === "books-closed",
  ) as unknown as { status: { podIP: string } };
  expect(await from(`http://${status.podIP}:9464/metrics`)).toBe("TimeoutError\n");
  expect(await request(SENDERS, "sender", `http://${status.podIP}:9464/metrics`)).toBe("TimeoutError\n");
  // By its policy alone: with another one it is answered.
  const anywhere = JSON.stringify([{ op: "add", path: "/spec/egress/-", value: {} }]);
  await shop.node.kubectl("patch", "networkpolicy", "make-thumbnail", "-n", NAMESPACE, "--type=json", "-p", anywhere);
  await expect.poll(() => from(others), WITHIN).toMatch(/^200 /);
});

test("destroy leaves nothing behind", async () => {
  await destroy(shop.stack);
  const namespaces = await shop.node.client.list("v1", "Namespace");
  expect(namespaces.map(({ metadata }) => metadata.name)).not.toContain(NAMESPACE);
});
