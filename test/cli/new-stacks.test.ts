import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { documentedFile } from "../stacks/documented-file.ts";
import { createProject, startCommand } from "./project.ts";

const FILES = ["stacks/Pulumi.yaml", "stacks/index.ts", "Dockerfile", ".dockerignore", ".github/workflows/deploy.yml"];

test("writes the files that docs/deploy.md shows, for the project and stacks that it is told", async () => {
  const project = await createProject({ "package.json": '{ "name": "@acme/shop" }', "usecases/a.ts": "" });
  const ended = await project.fivefold("new-stacks", "production-eu");
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  for (const path of FILES) {
    expect(ended.stdout).toContain(`✓ ${path}`);
    expect(await project.read(path)).toBe(documentedFile(path));
  }
  expect(ended.stdout).toContain("pulumi stack init production-eu");
});

test("a step of the workflow whose command fails in front of a pipe fails", async () => {
  const workflow = documentedFile(".github/workflows/deploy.yml");
  // As GitHub runs `shell: bash`; without it, pipefail is missing.
  expect(workflow).toMatch(/^defaults:\n {2}run:\n( {4}#.*\n)* {4}shell: bash$/m);
  expect(workflow).not.toMatch(/^ *shell: (?!bash$)/m);
  const piped = Array.from(workflow.matchAll(/run: (npx fivefold .* \| .*)$/gm), ([, command]) => command!);
  expect(piped.length).toBeGreaterThan(0);
  for (const command of piped) {
    const bash = ["--noprofile", "--norc", "-eo", "pipefail", "-c", `npx() { return 1; }\n${command}`];
    const env = { ...process.env, GITHUB_STEP_SUMMARY: "/dev/null" };
    expect(spawnSync("bash", bash, { env }).status).toBe(1);
  }
});

test("names several stacks in the workflow, and leaves what is there as it is", async () => {
  const project = await createProject({ Dockerfile: "FROM scratch\n", "usecases/a.ts": "" });
  const { code, stdout } = await project.fivefold("new-stacks", "production-eu", "production-us");
  expect(code).toBe(0);
  expect(stdout).toContain("Dockerfile exists already, and is left as it is");
  expect(await project.read("Dockerfile")).toBe("FROM scratch\n");
  const workflow = await project.read(".github/workflows/deploy.yml");
  expect(workflow.match(/^ +stack: .*$/gm)).toEqual([
    "        stack: [production-eu, production-us]",
    "        stack: [production-eu, production-us]",
  ]);
  // Without a name, the package goes by its folder's.
  expect(await project.read("stacks/Pulumi.yaml")).toMatch(/^name: fivefold-cli-\w+$/m);
  const again = await project.fivefold("new-stacks", "production-eu");
  expect(again.stdout).not.toContain("✓");
});

test.each(["a b", "", "$(rm)", "acme/shop"])("the stack name '%s' is refused, and nothing is written", async (name) => {
  const project = await createProject({ "usecases/a.ts": "" });
  const { code, stderr } = await project.fivefold("new-stacks", name);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`'${name}' is no name of a stack`),
  });
  await expect(project.read("Dockerfile")).rejects.toThrow("ENOENT");
});

test("without a project there is nothing to deploy", async () => {
  const { root } = await createProject();
  const main = new URL("../../cli/main.js", import.meta.url).pathname;
  const ended = await startCommand(process.execPath, [main, "new-stacks", "test"], root).ended();
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("No folder usecases/") });
});
