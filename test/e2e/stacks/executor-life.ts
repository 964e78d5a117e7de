import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Executor } from "../../../stacks/components/executor.ts";
import { StackClaim } from "../../../stacks/components/stack-claim.ts";
import { USE_CASE_DEFAULTS, type UseCaseConfig } from "../../../stacks/use-case-config.ts";
import { type KubernetesApi, startKubernetesApi } from "../../parts/kubernetes-api.ts";
import type { KubernetesObject } from "../../parts/kubernetes-client.ts";
import { INSTALL_TIMEOUT_MS } from "../../parts/part-cache.ts";
import { createPulumiCli, type PulumiCli } from "../../parts/pulumi-cli.ts";
import { pretendReadyPods } from "../../parts/ready-pods.ts";
import { GREET, HOME } from "../../stacks/greet.ts";
import { refusalOf, up } from "./changes.ts";

const NAMESPACE = "shop";

/**
 * What a provider makes of an executor's objects: how it compares, replaces and refuses, on an API server without a node,
 * where that pods are ready is said by the test. `installProvider` resolves with the program of Pulumi's own Kubernetes
 * provider; absent, the stand-in is asked.
 */
export function describeExecutorLife(installProvider?: () => Promise<string>): void {
  let api: KubernetesApi;
  let pulumi: PulumiCli;
  let stopPretending: () => Promise<void>;

  beforeAll(async () => {
    const kubernetesProvider = await installProvider?.();
    api = await startKubernetesApi();
    pulumi = await createPulumiCli({ kubeconfig: api.kubeconfig, ...(kubernetesProvider && { kubernetesProvider }) });
    await api.client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    stopPretending = pretendReadyPods(api.client, NAMESPACE);
  }, INSTALL_TIMEOUT_MS);

  afterAll(async () => {
    await stopPretending?.();
    await pulumi?.remove();
    await api?.stop();
  });

  /** What the program says of the executor; tests change it. */
  let config: UseCaseConfig = { ...USE_CASE_DEFAULTS, env: { LEVEL: "info" } };

  async function createStack(stackName: string): Promise<Stack> {
    const program = async () => {
      const claim = new StackClaim("one-stack-per-namespace", { namespace: NAMESPACE });
      const home = { ...HOME, rolloutSeconds: 60 };
      new Executor("greet", { useCase: GREET, config, home, image: "localhost/shop:1" }, { dependsOn: claim });
    };
    return LocalWorkspace.createStack(
      { stackName, projectName: "shop", program },
      { envVars: pulumi.env, pulumiCommand: await PulumiCommand.get({ root: pulumi.root }) },
    );
  }

  const named = (kind: string, name: string, apiVersion = "v1") => ({
    apiVersion,
    kind,
    metadata: { name, namespace: NAMESPACE },
  });
  const configMaps = async () =>
    (await api.client.list("v1", "ConfigMap", NAMESPACE))
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.startsWith("greet"));

  interface LiveDeployment {
    readonly spec: {
      readonly template: {
        readonly spec: { readonly containers: readonly { image: string; env: { name: string }[] }[] };
      };
    };
  }
  const container = async () => {
    const live = (await api.client.read(named("Deployment", "greet", "apps/v1"))) as unknown as LiveDeployment;
    return live.spec.template.spec.containers[0]!;
  };

  /** As kubectl changes an object: as itself, and not by server-side apply. */
  async function changeByHand(change: (container: { image: string; env: object[] }) => void): Promise<void> {
    const live = structuredClone(await api.client.read(named("Deployment", "greet", "apps/v1")));
    const { containers } = (live as unknown as LiveDeployment).spec.template.spec;
    change(containers[0] as unknown as { image: string; env: object[] });
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/greet?fieldManager=kubectl-set`;
    await api.client.request("PUT", path, live);
  }

  let stack: Stack;

  // The tests tell the life of one stack, each beginning where the one before has ended.

  test("a second up changes nothing", async () => {
    stack = await createStack("first");
    const created = await up(stack);
    expect(created).toContain("create Deployment greet");
    expect(await up(stack)).toEqual([]);
  });

  test("settings are made anew beside the old ones, which stay for the pods of before", async () => {
    const before = await configMaps();
    expect(before).toHaveLength(1);
    config = { ...config, env: { LEVEL: "debug" } };
    expect(await up(stack)).toContain("update Deployment greet");
    const after = await configMaps();
    expect(after).toHaveLength(2);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  test("an image that was set by hand beside an added variable is set back, and blocks no later up", async () => {
    await changeByHand((one) => {
      one.image = "localhost/other:1";
      one.env.push({ name: "BY_HAND", value: "1" });
    });
    expect((await container()).image).toBe("localhost/other:1");
    await stack.up({ refresh: true });
    expect((await container()).image).toBe("localhost/shop:1");
    // The real provider takes the variable away as well, once a refresh has seen it; the stand-in leaves it.
    await stack.up({ refresh: true });
    expect((await container()).image).toBe("localhost/shop:1");
  });

  test("a second stack in the namespace is refused before it touches anything", async () => {
    const before = await container();
    config = { ...config, env: { LEVEL: "second" } };
    const second = await createStack("second");
    const said = await refusalOf((watched) => second.up(watched));
    expect(said).toMatch(/fivefold-one-stack-per-namespace|one-stack-per-namespace/);
    expect(said).toMatch(/conflict/i);
    expect(await container()).toEqual(before);
    await second.destroy();
    expect(await api.client.read(named("ConfigMap", "fivefold-one-stack-per-namespace"))).toMatchObject({
      data: { stack: "shop/first" },
    });
    config = { ...config, env: { LEVEL: "debug" } };
  });

  test("what starts with the first task is started once before its Deployment changes", async () => {
    config = { ...config, minReplicas: 0 };
    expect(await up(stack)).toEqual(["create Job greet-start-check", "update Deployment greet"]);
    expect(await up(stack)).toEqual([]);
    config = { ...config, env: { LEVEL: "warn" } };
    expect(await up(stack)).toContain("update Deployment greet");
  });

  test("destroy takes what old pods were made for with it", async () => {
    await stack.destroy();
    await expect.poll(configMaps, { timeout: 60_000 }).toEqual([]);
    const secrets = await api.client.list("v1", "Secret", NAMESPACE);
    expect(
      secrets.map(({ metadata }: KubernetesObject) => metadata.name).filter((name) => name.startsWith("greet")),
    ).toEqual([]);
  });
}
