import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type ConfigMap, LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";
import { compile } from "../../../compiler/build/compile.ts";
import type { PulumiCli } from "../../parts/pulumi-cli.ts";
import { documentedFile } from "../../stacks/documented-file.ts";

/** Below the repository, so that programs find the package as a user's project does. */
const PROJECTS = resolve(import.meta.dirname, "../../../.fivefold/stack-projects");

/** A user's project with use cases and a Pulumi program. */
export interface StackProject {
  readonly root: string;
  /** Writes use case modules, by name; `undefined` removes one. Then builds. */
  build(useCases: Readonly<Record<string, string | undefined>>): Promise<void>;
  /** A stack of its program, run by the real CLI. */
  stack(name: string, config: ConfigMap): Promise<Stack>;
  remove(): Promise<void>;
}

/** Makes a project whose program is the one that docs/deploy.md shows. */
export async function createStackProject(name: string, pulumi: PulumiCli): Promise<StackProject> {
  const root = join(PROJECTS, name);
  await rm(root, { recursive: true, force: true });
  const program = join(root, "stacks");
  await mkdir(program, { recursive: true });
  await mkdir(join(root, "usecases"), { recursive: true });
  for (const file of ["Pulumi.yaml", "index.ts"])
    await writeFile(join(program, file), documentedFile(`stacks/${file}`));
  return {
    root,
    async build(useCases) {
      for (const [name, text] of Object.entries(useCases)) {
        const path = join(root, "usecases", `${name}.ts`);
        if (text === undefined) await rm(path);
        else await writeFile(path, text);
      }
      await compileInto(root);
    },
    async stack(name, config) {
      const workspace = await LocalWorkspace.createOrSelectStack(
        { stackName: name, workDir: program },
        { envVars: pulumi.env, pulumiCommand: await PulumiCommand.get({ root: pulumi.root }) },
      );
      await workspace.setAllConfig(config);
      return workspace;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function compileInto(root: string): Promise<void> {
  const { outputs, diagnostics } = await compile({ root, types: false });
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  await rm(join(root, "generated"), { recursive: true, force: true });
  for (const { path, text } of outputs) {
    await mkdir(resolve(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), text);
  }
}
