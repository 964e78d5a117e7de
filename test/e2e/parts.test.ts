import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as kube from "@pulumi/kubernetes";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import * as output from "@pulumi/pulumi/output.js";
import { Client } from "pg";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { installParts } from "../parts/install.ts";
import { startKubernetesApi } from "../parts/kubernetes-api.ts";
import type { KubernetesObject } from "../parts/kubernetes-client.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { startPostgres } from "../parts/postgres.ts";
import { startPulsarBroker } from "../parts/pulsar-broker.ts";
import { createPulumiCli } from "../parts/pulumi-cli.ts";

beforeAll(async () => {
  await installParts([]);
}, INSTALL_TIMEOUT_MS);

test("a Pulsar broker keeps what it confirmed, though it is killed", async () => {
  const broker = await startPulsarBroker();
  onTestFinished(() => broker.stop());
  const topic = "persistent/public/default/parts";
  await broker.admin("PUT", `/admin/v2/${topic}/subscription/reader`, {});
  const receipt = await exchange(`${broker.webSocketUrl}/ws/v2/producer/${topic}`, {
    payload: base64("kept"),
    key: "k",
  });
  expect(receipt).toMatchObject({ result: "ok" });

  const first = broker.pid();
  await broker.kill();
  await expect(broker.admin("GET", "/admin/v2/clusters")).rejects.toThrow("fetch failed");
  await broker.restart();
  expect(broker.pid()).not.toBe(first);

  const message = await exchange(`${broker.webSocketUrl}/ws/v2/consumer/${topic}/reader`);
  expect(message).toMatchObject({ payload: base64("kept"), key: "k" });
});

test("a Pulsar broker with tokens serves a role what it was permitted", async () => {
  const broker = await startPulsarBroker({ auth: "token" });
  onTestFinished(() => broker.stop());
  const partitions = `${broker.adminUrl}/admin/v2/persistent/public/default/orders/partitions`;
  const statusFor = async (token?: string) =>
    (await fetch(partitions, { headers: token ? { authorization: `Bearer ${token}` } : {} })).status;
  await broker.admin("PUT", "/admin/v2/persistent/public/default/orders/partitions", 2);

  expect(await statusFor()).toBe(401);
  expect(await statusFor(broker.tokenFor("producer"))).toBe(401);
  await broker.admin("POST", "/admin/v2/persistent/public/default/orders/permissions/producer", ["produce"]);
  expect(await statusFor(broker.tokenFor("producer"))).toBe(200);
  expect(await statusFor(broker.tokenFor("producer", -60))).toBe(401);
  expect(await statusFor(`${broker.tokenFor("producer")}x`)).toBe(401);
});

test("a broker that can't start is an error that shows why", async () => {
  await expect(startPulsarBroker({ config: { brokerServicePort: "no port" } })).rejects.toThrow(
    /'standalone' ended with exit code 1 before it served[\s\S]*no port/,
  );
});

test("PostgreSQL keeps what it committed, though it is killed among clients", async () => {
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  const client = await connected(postgres.connectionString);
  expect((await client.query("show wal_level")).rows).toEqual([{ wal_level: "logical" }]);
  await client.query("create table kept (id bigint)");
  await client.query("insert into kept select generate_series(1, 1000)");

  const first = postgres.pid();
  await postgres.kill();
  await expect(client.query("select 1")).rejects.toThrow();
  await postgres.restart();
  expect(postgres.pid()).not.toBe(first);
  const next = await connected(postgres.connectionString);
  expect((await next.query("select count(*) from kept")).rows).toEqual([{ count: "1000" }]);
  await next.query("insert into kept values (1001)");

  // With a client that stays.
  await postgres.restart();
  const last = await connected(postgres.connectionString);
  expect((await last.query("select max(id) from kept")).rows).toEqual([{ max: "1001" }]);
});

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  // A server that is killed is an error of every connection, idle ones included.
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  return client;
}

describe("a Kubernetes API server", () => {
  test("takes a Deployment, whose Pods the controllers make, and refuses wrong ones", async () => {
    const { client, stop } = await startKubernetesApi();
    onTestFinished(stop);
    await client.apply(deployment("app"));
    await vi.waitFor(async () => expect(await client.list("v1", "Pod", "default")).toHaveLength(2), 30_000);

    await expect(client.apply(deployment("typo", { replica: 2 }))).rejects.toThrow(
      /\.spec\.replica: field not declared/,
    );
    await expect(client.apply(deployment("none", { selector: { matchLabels: { app: "other" } } }))).rejects.toThrow(
      /`selector` does not match template `labels`/,
    );
    expect(await client.read(deployment("none"))).toBeUndefined();

    await client.delete(deployment("app"));
    await vi.waitFor(async () => expect(await client.list("v1", "Pod", "default")).toHaveLength(0), 30_000);
  });

  test("enforces the restricted standard, and warns of it where only a Pod would be refused", async () => {
    const { client, stop } = await startKubernetesApi();
    onTestFinished(stop);
    const labels = Object.fromEntries(
      ["enforce", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
    );
    await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "strict", labels } });
    const { warnings } = await client.apply(deployment("app", {}, "strict"));
    expect(warnings.join()).toContain('would violate PodSecurity "restricted:latest"');
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "app", namespace: "strict" }, spec: POD };
    await expect(client.apply(pod)).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });

  test("knows KEDA's kinds", async () => {
    const { client, stop } = await startKubernetesApi();
    onTestFinished(stop);
    await client.apply(scaledObject({ scaleTargetRef: { name: "app" }, triggers: [{ type: "cron", metadata: {} }] }));
    await expect(client.apply(scaledObject({ triggers: [] }))).rejects.toThrow(/spec\.scaleTargetRef: Required value/);
  });
});

test("Pulumi's CLI keeps a stack's objects on a Kubernetes API server as its program says", async () => {
  const kubernetes = await startKubernetesApi();
  onTestFinished(kubernetes.stop);
  const pulumi = await createPulumiCli({ kubeconfig: kubernetes.kubeconfig });
  onTestFinished(pulumi.remove);
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "default" } };
  const secret = { ...map, kind: "Secret", metadata: { ...map.metadata, name: "password" } };
  let app = deployment("app");
  const program = async () => {
    const metadata = { ...map.metadata, annotations: { "pulumi.com/patchForce": "true" } };
    const settings = new kube.core.v1.ConfigMap("settings", { metadata, data: { level: "info" } });
    new kube.core.v1.Secret("password", { metadata: secret.metadata, stringData: { word: output.secret("hidden") } });
    new kube.apps.v1.Deployment("app", app, { dependsOn: settings });
  };
  const stack = await LocalWorkspace.createStack(
    { stackName: "test", projectName: "parts", program },
    { envVars: pulumi.env, pulumiCommand: await PulumiCommand.get({ root: pulumi.root }) },
  );

  expect((await stack.up()).summary.resourceChanges).toEqual({ create: 4 });
  expect((await stack.up()).summary.resourceChanges).toEqual({ same: 4 });
  expect(await kubernetes.client.read(secret)).toMatchObject({ data: { word: base64("hidden") } });
  const state = await readFile(fileURLToPath(`${pulumi.backendUrl}/.pulumi/stacks/parts/test.json`), "utf8");
  expect(state).toContain("parts::kubernetes:core/v1:Secret::password");
  expect(state).not.toContain(base64("hidden"));

  await kubernetes.client.apply({ ...map, data: { level: "debug" } });
  expect((await stack.refresh()).summary.resourceChanges).toEqual({ same: 3, update: 1 });
  expect((await stack.up()).summary.resourceChanges).toEqual({ same: 3, update: 1 });
  expect(await kubernetes.client.read(map)).toMatchObject({ data: { level: "info" } });

  app = deployment("app", { replica: 3 });
  await expect(stack.preview()).rejects.toThrow(/'app' has a problem: .*\.spec\.replica: field not declared in schema/);

  expect((await stack.destroy()).summary.resourceChanges).toEqual({ delete: 4 });
  for (const object of [map, secret, deployment("app")]) expect(await kubernetes.client.read(object)).toBeUndefined();
});

const POD = { containers: [{ name: "app", image: "example/app:1" }] };

function deployment(name: string, spec: object = {}, namespace = "default") {
  return {
    apiVersion: "apps/v1" as const,
    kind: "Deployment" as const,
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: POD },
      ...spec,
    },
  };
}

function scaledObject(spec: object): KubernetesObject {
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "app", namespace: "default" },
    spec,
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Sends one message over a WebSocket, where there is one, and resolves with the first that comes. */
async function exchange(url: string, message?: unknown): Promise<unknown> {
  const socket = new WebSocket(url);
  try {
    await once(socket, "open");
    const answer = once(socket, "message");
    if (message !== undefined) socket.send(JSON.stringify(message));
    const [event] = (await answer) as [MessageEvent];
    return JSON.parse(event.data as string);
  } finally {
    socket.close();
  }
}
