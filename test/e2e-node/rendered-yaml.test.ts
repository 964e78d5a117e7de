import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { Executor } from "../../stacks/components/executor.ts";
import { USE_CASE_DEFAULTS } from "../../stacks/use-case-config.ts";
import { installKubernetesProvider } from "../parts/kubernetes-provider-install.ts";
import { createPulumiCli } from "../parts/pulumi-cli.ts";
import { GREET, HOME } from "../stacks/greet.ts";

test("files for GitOps hold an executor's objects, with names that stay", async () => {
  const pulumi = await createPulumiCli({ kubernetesProvider: await installKubernetesProvider() });
  onTestFinished(pulumi.remove);
  const config = { ...USE_CASE_DEFAULTS, minReplicas: 0 };
  const program = async () => {
    new Executor("greet", { useCase: GREET, config, home: HOME, image: "localhost/shop:1" });
  };
  const stack = await LocalWorkspace.createStack(
    { stackName: "rendered", projectName: "shop", program },
    { envVars: pulumi.env, pulumiCommand: await PulumiCommand.get({ root: pulumi.root }) },
  );
  const folder = join(pulumi.root, "rendered");
  await stack.setConfig("kubernetes:renderYamlToDirectory", { value: folder });
  await stack.up();

  const manifests = join(folder, "1-manifest");
  const objects = await Promise.all(
    (await readdir(manifests)).map(async (file) => parse(await readFile(join(manifests, file), "utf8")) as Rendered),
  );
  const kinds = objects.map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(
    ["ConfigMap", "Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget", "Secret", "ServiceAccount"].sort(),
  );
  for (const { kind, metadata } of objects) {
    expect(metadata.name, kind).toMatch(/^greet/);
    // Nobody knows an owner's id yet.
    expect(metadata, kind).not.toHaveProperty("ownerReferences");
  }
  await stack.up();
  expect((await readdir(manifests)).length).toBe(objects.length);
});

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}
