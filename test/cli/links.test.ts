import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compile } from "../../compiler/build/compile.ts";
import { formatPretty } from "../../compiler/diagnostics/format/pretty.ts";
import { createProject as createEmptyProject, type Project } from "./project.ts";

/*
 * A project may come from anybody: its links must lead neither what a build prints nor what it writes to anything beside it.
 */

const SECRET = "TOKEN=hunter2secret\nnothing: here { is TypeScript\n";

const GREET = `import { useCase } from "fivefold";
export default useCase<{ who: string }>({ owner: "team", handler: () => {} });
`;

function createProject(files: Readonly<Record<string, string>>): Promise<Project> {
  return createEmptyProject({ "package.json": '{ "type": "module" }', ...files });
}

const sharing = (from: string) => `import { useCase } from "fivefold";
import type { Shared } from "${from}";
export default useCase<{ shared: Shared }>({ owner: "team", handler: () => {} });
`;

/** A folder beside the project, with something in it that nobody may see. */
function elsewhere(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-elsewhere-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ "secret.txt": SECRET, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function link(project: Project, path: string, target: string): void {
  mkdirSync(dirname(join(project.root, path)), { recursive: true });
  symlinkSync(target, join(project.root, path));
}

/** Files below a folder and their texts. */
function textsIn(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "utf8")]),
  );
}

async function expectRefused(project: Project, args: readonly string[], link: string): Promise<void> {
  const { code, stdout, stderr } = await project.fivefold(...args);
  expect(stdout + stderr).not.toMatch(/hunter2|TOKEN/);
  expect(stdout + stderr).toContain(link);
  expect(stdout + stderr).toContain("a link to");
  expect(code).toBe(1);
}

/** What the compiler says of a project, as it is printed and as data. */
async function sayingOf({ root }: Project): Promise<string> {
  const { diagnostics, sources, outputs } = await compile({ root });
  expect(outputs).toEqual([]);
  return `${formatPretty(diagnostics, sources)}\n${JSON.stringify(diagnostics)}`;
}

test.each([
  ["a use case", "usecases/linked.ts", "secret.txt"],
  ["a use case of another project", "usecases/linked.ts", "greet.ts"],
  ["a folder of use cases", "usecases/linked", "."],
  ["all use cases", "usecases", "."],
  ["the settings", "tsconfig.json", "secret.txt"],
  ["the lock", "contracts.lock.json", "secret.txt"],
])("%s that is a link is refused, and nothing of what it leads to is shown", async (_, path, target) => {
  const project = await createProject(path === "usecases" ? {} : { "usecases/greet.ts": GREET });
  link(project, path, join(elsewhere({ "greet.ts": GREET }), target));
  const said = await sayingOf(project);
  expect(said).toContain(`${path}:1:1 error linked-file`);
  expect(said).not.toMatch(/hunter2|TOKEN/);
});

test("the environment, which a link names, is not shown", async () => {
  const project = await createProject({ "usecases/greet.ts": GREET });
  link(project, "usecases/linked.ts", "/proc/self/environ");
  const { code, stdout, stderr } = await project.fivefold("build");
  expect(code).toBe(1);
  expect(stderr).toContain("usecases/linked.ts:1:1 error linked-file");
  expect(stdout + stderr).not.toContain("PATH=");
});

test.each([
  ["that leads out of the project", "lib/shared.ts", "shared.ts", "../lib/shared.ts"],
  ["to what is no module", "lib/shared.ts", "secret.txt", "../lib/shared.ts"],
  ["in a folder that is one", "lib", ".", "../lib/shared.ts"],
  ["of a package, to what is no module", "node_modules/shared/index.d.ts", "secret.txt", "shared"],
])("an imported module behind a link %s is not read", async (_, path, target, specifier) => {
  const project = await createProject({ "usecases/greet.ts": sharing(specifier) });
  link(project, path, join(elsewhere({ "shared.ts": "export type Shared = string; hunter2hunter2 +" }), target));
  const said = await sayingOf(project);
  expect(said).toContain(specifier === "shared" ? "error unresolved-type" : "error linked-file");
  expect(said).not.toMatch(/hunter2|TOKEN/);
});

test("settings that extend what is no file of settings are refused", async () => {
  const project = await createProject({ "usecases/greet.ts": GREET, "tsconfig.json": '{ "extends": "./base.json" }' });
  link(project, "base.json", join(elsewhere(), "secret.txt"));
  const said = await sayingOf(project);
  expect(said).toContain("base.json:1:1 error linked-file");
  expect(said).not.toMatch(/hunter2|TOKEN/);
});

test("a link within the project, to another source of it, is followed where a module imports it", async () => {
  const project = await createProject({
    "usecases/greet.ts": sharing("../lib/alias.ts"),
    "lib/shared.ts": "export type Shared = string;\n",
  });
  link(project, "lib/alias.ts", "shared.ts");
  expect((await compile({ root: project.root })).diagnostics).toEqual([]);
});

test("a workspace's package that node_modules links is read, and so are its mistakes", async () => {
  const packages = elsewhere({
    "shared/package.json":
      '{ "name": "shared", "type": "module", "exports": { ".": "./index.ts", "./bad": "./bad.ts" } }',
    "shared/index.ts": "export interface Shared { id: string }\n",
    "shared/bad.ts": "export interface Shared { id: symbol }\n",
  });
  const project = await createProject({ "usecases/greet.ts": sharing("shared") });
  link(project, "node_modules/shared", join(packages, "shared"));
  const { outputs } = await compile({ root: project.root });
  expect(outputs.find(({ path }) => path === "generated/greet/event.ts")?.text).toContain("interface Shared");

  await project.write("usecases/greet.ts", sharing("shared/bad"));
  expect(await sayingOf(project)).toContain("unsupported-type");
});

test.each([
  ["generated", "."],
  ["generated/greet", "."],
  ["generated/contracts", "missing"],
])("%s that is a link is not written through", async (path, target) => {
  const project = await createProject({ "usecases/greet.ts": GREET });
  const folder = elsewhere({ "client.ts": "// Generated by fivefold, but in another project.\n" });
  link(project, path, join(folder, target));
  const before = textsIn(folder);
  await expectRefused(project, path === "generated" ? ["build", "--check"] : ["build"], path);
  expect(textsIn(folder)).toEqual(before);
});

test.each(["secret.txt", "missing.txt"])("a generated file that links to %s gives way to a file", async (target) => {
  const project = await createProject({ "usecases/greet.ts": GREET });
  const folder = elsewhere();
  link(project, "generated/greet/client.ts", join(folder, target));
  const check = await project.fivefold("build", "--check");
  expect(check.code).toBe(1);
  const { code } = await project.fivefold("build");
  expect(code).toBe(0);
  expect(lstatSync(join(project.root, "generated/greet/client.ts")).isFile()).toBe(true);
  expect(textsIn(folder)).toEqual({ [join(folder, "secret.txt")]: SECRET });
  expect((await project.fivefold("build", "--check")).code).toBe(0);
});

test("a generated file that is a pipe keeps nobody waiting", async () => {
  const project = await createProject({ "usecases/greet.ts": GREET, "generated/greet/notes.md": "mine" });
  execFileSync("mkfifo", [join(project.root, "generated/greet/client.ts")]);
  expect((await project.fivefold("build", "--check")).code).toBe(1);
});

test.each([".fivefold", ".fivefold/cache", ".fivefold/typecheck"])("%s that is a link gets nothing", async (path) => {
  const project = await createProject({ "usecases/greet.ts": GREET });
  const folder = elsewhere();
  link(project, path, folder);
  await project.fivefold("build");
  await project.fivefold("build");
  expect(readdirSync(folder)).toEqual(["secret.txt"]);
});

test.each(["package.json", ".gitignore", "usecases/other"])(
  "`new` and `import` neither read nor write what %s links to",
  async (path) => {
    const project = await createEmptyProject({ "usecases/greet.ts": GREET, "a.avsc": record("OtherDone") });
    const folder = elsewhere();
    link(project, path, path.includes("usecases") ? folder : join(folder, "secret.txt"));
    const before = textsIn(folder);
    await expectRefused(project, ["new", "other/one"], path);
    await expectRefused(project, ["import", "a.avsc", "--name", "other/two"], path);
    expect(textsIn(folder)).toEqual(before);
  },
);

const record = (name: string) => JSON.stringify({ type: "record", name, fields: [{ name: "id", type: "string" }] });

const schema = (ref: string) =>
  JSON.stringify({ type: "object", properties: { id: { $ref: ref } }, required: ["id"], additionalProperties: false });

test("a contract leads to no file outside of its project, by a path or a link, unless a folder is named", async () => {
  const folder = elsewhere({ "id.json": '{ "enum": ["hunter2"] }' });
  const project = await createProject({
    "absolute.json": schema(`${folder}/id.json`),
    "upwards.json": schema(`../${folder.split("/").at(-1)}/id.json`),
    "linked.json": schema("link.json"),
    "folder.json": schema("folder/id.json"),
    "named.json": schema("id.json"),
    "root.json": schema(join(folder, "id.json").slice(1)),
  });
  link(project, "link.json", join(folder, "id.json"));
  link(project, "folder", folder);
  for (const file of ["absolute.json", "upwards.json", "linked.json", "folder.json", "root.json", "named.json"]) {
    const { code, stdout, stderr } = await project.fivefold("import", file);
    expect(stdout + stderr).not.toContain("hunter2");
    expect(stderr).toContain(`${file}:1:`);
    expect(stderr).toContain("--include");
    expect(code).toBe(1);
  }
  const { code, stderr } = await project.fivefold("import", "named.json", "--include", folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(await project.read("usecases/named.ts")).toContain("hunter2");
});

test("a proto's imports are held to the same", async () => {
  const proto = (path: string) => `syntax = "proto3"; import "${path}"; message Order { Id id = 1; }`;
  const folder = elsewhere({ "secret.proto": 'syntax = "proto3"; message Id { string hunter2 = 1; }' });
  const name = folder.split("/").at(-1);
  const project = await createProject({
    "absolute.proto": proto(`${folder}/secret.proto`),
    "upwards.proto": proto(`../${name}/secret.proto`),
    "found/above.proto": proto(`${name}/secret.proto`),
    "named.proto": proto("secret.proto"),
  });
  for (const file of ["absolute.proto", "upwards.proto", "found/above.proto", "named.proto"]) {
    const { code, stdout, stderr } = await project.fivefold("import", file);
    expect(stdout + stderr).not.toContain("hunter2");
    expect(stderr).toContain("--include");
    expect(code).toBe(1);
  }
  expect((await project.fivefold("import", "named.proto", "--include", folder)).code).toBe(0);
});
