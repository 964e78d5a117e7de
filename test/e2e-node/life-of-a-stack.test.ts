import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { destroy, refusalOf, up } from "../e2e/stacks/changes.ts";
import type { KubernetesObject } from "../parts/kubernetes-client.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type DeployedShop, NAMESPACE, startShop } from "./deployed-shop.ts";
import { MAX_IN_FLIGHT, SHOP_FILES } from "./shop-files.ts";

/*
 * A stack's life on a real node: kubelet, containerd, KEDA and Prometheus, deployed by the real CLI with the real
 * provider. What is not real: Prometheus is told by its own settings what the PodMonitor says, and the image is made
 * without a registry.
 */

let shop: DeployedShop;
let startedAt: number;

beforeAll(async () => {
  startedAt = performance.now();
  shop = await startShop({
    files: SHOP_FILES,
    settings: () => ({
      useCases: { burst: { minReplicas: 0, maxReplicas: 5, tasksPerReplica: 4 }, steady: { maxReplicas: 3 } },
    }),
  });
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await shop?.stop();
  process.stderr.write(`the node's suite took ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
});

const deployment = (name: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: NAMESPACE },
});

async function podsOf(useCase: string, component = "executor"): Promise<KubernetesObject[]> {
  const pods = await shop.node.client.list("v1", "Pod", NAMESPACE);
  return pods.filter(({ metadata }) => {
    const labels = metadata.labels as Record<string, string>;
    return labels["app.kubernetes.io/name"] === useCase && labels["app.kubernetes.io/component"] === component;
  });
}

const readyPods = async (useCase: string) =>
  (await podsOf(useCase)).filter(({ status, metadata }) => {
    const { conditions = [] } = status as { conditions?: { type: string; status: string }[] };
    return !metadata.deletionTimestamp && conditions.some(({ type, status }) => type === "Ready" && status === "True");
  });

const pathOf = ({ metadata }: KubernetesObject) => `/api/v1/namespaces/${NAMESPACE}/pods/${metadata.name}`;

/** Every accepted event is handled, at least once. */
async function expectHandled(useCase: string, accepted: readonly string[]): Promise<void> {
  const missing = async () => {
    const handled = new Set((await shop.handled(useCase)).map(({ event_id }) => event_id));
    return accepted.filter((id) => !handled.has(id));
  };
  await expect.poll(missing, { timeout: 120_000, interval: 500 }).toEqual([]);
}

// The tests tell the life of one stack, each beginning where the one before has ended.

test("the way by the docs, from an empty folder to pods that work; a second up changes nothing", async () => {
  await shop.node.importImage(await shop.project.image("localhost/shop:1"));
  const created = await up(shop.stack);
  expect(created.every((change) => change.startsWith("create "))).toBe(true);
  expect(await readyPods("steady")).toHaveLength(1);
  expect(await up(shop.stack)).toEqual([]);
  const accepted = await shop.enqueue("steady", 20, 1).done();
  await expectHandled("steady", accepted);
});

test("what a handler throws stands in the pod's log, as the alert says", async () => {
  await shop.enqueue("steady", 1, 13).done();
  const log = () => shop.node.kubectl("logs", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=steady", "--tail=-1");
  await expect.poll(log, { timeout: 60_000 }).toContain('"event":"task-failed"');
});

test("KEDA starts replicas for a backlog, and ends them when it is gone", async () => {
  // As somebody would who can't wait five minutes; `up` sets it back below.
  const quick = JSON.stringify({ spec: { pollingInterval: 2, cooldownPeriod: 10 } });
  await shop.node.kubectl("patch", "scaledobject", "burst", "-n", NAMESPACE, "--type=merge", "-p", quick);
  await expect.poll(() => podsOf("burst"), { timeout: 120_000, interval: 500 }).toHaveLength(0);
  const accepted = await shop.enqueue("burst", 60, 2_000).done();
  await expect.poll(async () => (await readyPods("burst")).length, { timeout: 120_000, interval: 200 }).toBe(5);
  await expectHandled("burst", accepted);
  await expect.poll(() => podsOf("burst"), { timeout: 180_000, interval: 500 }).toHaveLength(0);
});

test("while Prometheus is away, no busy replica is taken", async () => {
  const accepted = shop.enqueue("burst", 150, 3_000);
  await expect.poll(async () => (await readyPods("burst")).length, { timeout: 120_000, interval: 200 }).toBe(5);
  await shop.prometheus.kill();
  // KEDA falls back after four questions that nobody answers.
  const until = Date.now() + 30_000;
  while (Date.now() < until) expect((await podsOf("burst")).length).toBe(5);
  await shop.prometheus.restart();
  await expectHandled("burst", await accepted.done());
});

test("a rolling update under load loses nothing", async () => {
  const load = shop.enqueue("steady", 100_000, 20, 10);
  const config = { defaults: { env: { VERSION: "2" }, cpu: "10m", memory: "256Mi" } };
  await shop.configure(config);
  const changes = await up(shop.stack);
  expect(changes).toContain("update Deployment steady");
  const accepted = await load.end();
  expect(accepted.length).toBeGreaterThan(10);
  await expectHandled("steady", accepted);
  const handled = (await shop.handled("steady")).filter(({ event_id }) => accepted.includes(event_id));
  expect(new Set(handled.map(({ version }) => version))).toEqual(new Set(["1", "2"]));
  // Drained: what ran in the old pod ended there, and nothing was handled twice.
  expect(handled).toHaveLength(accepted.length);
});

test("a pod that is evicted under load drains, and one that is killed loses nothing", async () => {
  const load = shop.enqueue("steady", 100_000, 20, 10);
  const [evicted] = await readyPods("steady");
  const eviction = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name: evicted!.metadata.name, namespace: NAMESPACE },
  };
  // As `kubectl drain` does it: while the disruption budget does not know the pods of the last update, it refuses.
  await expect
    .poll(() => shop.node.client.request("POST", `${pathOf(evicted!)}/eviction`, eviction), { timeout: 30_000 })
    .toMatchObject({ status: "Success" });
  const isGone =
    ({ metadata }: KubernetesObject) =>
    async () =>
      (await readyPods("steady")).every(({ metadata: { uid } }) => uid !== metadata.uid);
  await expect.poll(isGone(evicted!), { timeout: 60_000 }).toBe(true);
  await expect.poll(async () => (await readyPods("steady")).length, { timeout: 60_000 }).toBe(1);
  const drained = await shop.handled("steady");
  const [killed] = await readyPods("steady");
  await shop.node.client.request("DELETE", pathOf(killed!), { gracePeriodSeconds: 0 });
  await expect.poll(isGone(killed!), { timeout: 60_000 }).toBe(true);
  await expect.poll(async () => (await readyPods("steady")).length, { timeout: 60_000 }).toBe(1);
  const accepted = await load.end();
  await expectHandled("steady", accepted);
  const repeated = (rows: readonly { event_id: string }[]) => {
    const ids = rows.map(({ event_id }) => event_id).filter((id) => accepted.includes(id));
    return ids.length - new Set(ids).size;
  };
  expect(repeated(drained)).toBe(0);
  // What was in flight when it was killed, and no more.
  expect(repeated(await shop.handled("steady"))).toBeLessThanOrEqual(MAX_IN_FLIGHT);
});

test("the revision before comes back with the settings that it had", async () => {
  await shop.node.kubectl("rollout", "undo", "deployment/steady", "-n", NAMESPACE);
  await shop.node.kubectl("rollout", "status", "deployment/steady", "-n", NAMESPACE, "--timeout=60s");
  const accepted = await shop.enqueue("steady", 5, 1).done();
  await expectHandled("steady", accepted);
  const handled = (await shop.handled("steady")).filter(({ event_id }) => accepted.includes(event_id));
  expect(new Set(handled.map(({ version }) => version))).toEqual(new Set(["1"]));
});

test("what was changed by hand is set back", async () => {
  await shop.node.kubectl("set", "image", "deployment/steady", "executor=localhost/other:1", "-n", NAMESPACE);
  await shop.node.kubectl("set", "env", "deployment/steady", "BY_HAND=1", "-n", NAMESPACE);
  await shop.stack.up({ refresh: true });
  const { spec } = (await shop.node.client.read(deployment("steady"))) as unknown as {
    spec: { template: { spec: { containers: { image: string; env: { name: string }[] }[] } } };
  };
  const [container] = spec.template.spec.containers;
  expect(container?.image).toBe("localhost/shop:1");
  expect(container?.env.map(({ name }) => name)).not.toContain("BY_HAND");
  const scaled = {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "burst", namespace: NAMESPACE },
  };
  expect(await shop.node.client.read(scaled)).toMatchObject({ spec: { pollingInterval: 15, cooldownPeriod: 300 } });
});

test("a broken image ends the update, also of what has no replica, and the old pods go on", async () => {
  const broken = await shop.project.image("localhost/shop:broken", (executor) => {
    rmSync(join(executor, "generated", "burst", "executor.ts"));
    rmSync(join(executor, "generated", "steady", "executor.ts"));
  });
  await shop.node.importImage(broken);
  await shop.configure({ image: "localhost/shop:broken" });
  // Without going on, Pulumi begins nothing more once the first has failed, whichever that is.
  const said = await refusalOf((watched) => shop.stack.up({ ...watched, continueOnError: true }));
  expect(said).toMatch(/burst-start-check/);
  expect(said).toMatch(/steady/);
  const { spec } = (await shop.node.client.read(deployment("burst"))) as unknown as {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  expect(spec.template.spec.containers[0]?.image).toBe("localhost/shop:1");
  const accepted = await shop.enqueue("steady", 20, 1).done();
  await expectHandled("steady", accepted);

  await shop.configure({ image: "localhost/shop:1" });
  await up(shop.stack);
  expect(await readyPods("steady")).toHaveLength(1);
});

test("destroy is held up by a dead letter until its loss is allowed, and leaves nothing behind", async () => {
  // What threw above, once all of its tries were through.
  const said = await refusalOf((watched) => shop.stack.destroy(watched));
  expect(said).toContain("Deleting topic 'steady-default-DLQ' would lose messages");
  await shop.configure({ allowDataLoss: ["topic:steady-default-DLQ"] });
  await up(shop.stack);
  await destroy(shop.stack);
  const namespaces = await shop.node.client.list("v1", "Namespace");
  expect(namespaces.map(({ metadata }) => metadata.name)).not.toContain(NAMESPACE);
  expect(await shop.broker.admin("GET", "/admin/v2/tenants")).toEqual(["public", "pulsar"]);
});
