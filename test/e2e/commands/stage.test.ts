import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RUNTIME_PACKAGES } from "../../../cli/stage/stage.ts";
import { layOutPackages } from "../../../cli/stage/stage-packages.ts";
import { readSources } from "../../architecture/sources.ts";
import { createProject, type Project, startCommand } from "../../cli/project.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");

const SHIP = `import { appendFileSync, readFileSync } from "node:fs";
import type { Nothing } from "only-types";
import { useCase } from "fivefold";
import { greeting } from "greeting";
import { shout } from "../src/shout.ts";

export interface ShipRequested { name: string }

export default useCase<ShipRequested>({
  owner: "team-a",
  handler: async ({ name }) => {
    const template = readFileSync(new URL("../templates/mail.txt", import.meta.url), "utf8");
    const { last } = await import("../src/last.ts");
    appendFileSync(process.env.OUT ?? "", shout(template.replace("NAME", greeting(name))) + last);
  },
});
`;

const BILL = `import { useCase } from "fivefold";
import "billing-library";
export interface BillRequested { name: string }
export default useCase<BillRequested>({ owner: "team-b", handler: async () => {} });
`;

const PLAIN = BILL.replace('import "billing-library";\n', "");

const ENQUEUE = `import { connect } from "fivefold/runtime";
import { ship } from "./generated/ship/client.ts";
const connection = await connect();
await ship.enqueue({ name: "Ada" });
await connection.close();
`;

/** A package's files, below `node_modules` of some folder. */
function packageFiles(path: string, manifest: object, index = "export {};"): Record<string, string> {
  const name = path.split("node_modules/").at(-1);
  return {
    [`${path}/package.json`]: JSON.stringify({
      name,
      version: "1.0.0",
      type: "module",
      exports: "./index.js",
      ...manifest,
    }),
    [`${path}/index.js`]: index,
    [`${path}/index.d.ts`]: "export declare function greeting(name: string): string;",
  };
}

async function builtProject(): Promise<Project> {
  const project = await createProject({
    "package.json": '{ "type": "module", "dependencies": { "unused": "1" } }',
    "usecases/ship.ts": SHIP,
    "usecases/bill.ts": BILL,
    "src/shout.ts": "export const shout = (text: string) => text.toUpperCase();",
    "src/last.ts": 'export const last = "!";',
    "src/unused.ts": "export {};",
    "templates/mail.txt": "Dear NAME",
    "enqueue.ts": ENQUEUE,
    ...packageFiles(
      "node_modules/greeting",
      { dependencies: { title: "2" }, optionalDependencies: { absent: "1" }, peerDependencies: { missing: "1" } },
      'import { title } from "title"; export const greeting = (name) => title + name;',
    ),
    // Another version than the one beside it.
    ...packageFiles("node_modules/greeting/node_modules/title", {}, 'export const title = "Dr ";'),
    ...packageFiles("node_modules/title", {}, 'export const title = "wrong";'),
    ...packageFiles("node_modules/unused", {}),
    ...packageFiles("node_modules/billing-library", {}),
    ...packageFiles("node_modules/only-types", {}),
  });
  await project.write("node_modules/only-types/index.d.ts", "export type Nothing = never;");
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  return project;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-staged-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Files of a staged folder, besides those of the runtime's own packages. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  const own =
    /^(linked\/fivefold\/(cli|loader|runtime)\/|node_modules\/(?!greeting|title|unused|billing|only-types|fivefold))/;
  return files
    .map((file) => file.slice(folder.length + 1))
    .filter((file) => !own.test(file))
    .sort();
}

test("what is staged is all that an executor needs, and no more", async () => {
  const project = await builtProject();
  const staged = await emptyFolder();
  const ended = await project.fivefold("stage", staged, "ship", "--include", "templates");
  expect(ended).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^✓ 1 use case → .* MB\n$/) });
  expect(await filesOf(staged)).toEqual([
    // The gateway runs in the same image.
    "generated/contracts/ship.avsc",
    "generated/manifest.json",
    // A handler enqueues by clients, its own use case's too.
    "generated/ship/client.ts",
    "generated/ship/codec.ts",
    "generated/ship/executor.ts",
    "generated/ship/json.ts",
    "generated/ship/settings.ts",
    "generated/ship/validate.ts",
    "linked/fivefold/package.json",
    "linked/fivefold/tsconfig.json",
    "node_modules/fivefold",
    "node_modules/greeting/index.d.ts",
    "node_modules/greeting/index.js",
    "node_modules/greeting/package.json",
    "node_modules/title/index.d.ts",
    "node_modules/title/index.js",
    "node_modules/title/package.json",
    "package.json",
    "src/last.ts",
    "src/shout.ts",
    "templates/mail.txt",
    // Says that there is none.
    "tsconfig.json",
    "usecases/ship.ts",
  ]);
  expect(await readFile(join(staged, "node_modules/title/index.js"), "utf8")).toContain("Dr ");
  // The compiler's: what makes up most of what npm installs.
  const packages = await readdir(join(staged, "node_modules"));
  expect(
    packages.filter((name) => /^(@?typescript|@?ts-morph|prettier|json-schema.*|vscode.*|@types|@pulumi)$/.test(name)),
  ).toEqual([]);

  const [data, out] = [join(await emptyFolder(), "data"), join(staged, "out.txt")];
  const env = { ...process.env, FIVEFOLD_DATA: data, OUT: out };
  const main = join(staged, "node_modules/fivefold/cli/main.js");
  const started = startCommand(process.execPath, [main, "start", "ship", "--metrics-port", "0"], staged, env);
  await started.prints("runs ship; metrics on port ");
  expect(await startCommand(process.execPath, ["enqueue.ts"], project.root, env).ended()).toMatchObject({ code: 0 });
  await expect.poll(() => readFile(out, "utf8").catch(() => ""), { timeout: 15_000 }).toBe("DEAR DR ADA!");
  started.process.kill("SIGTERM");
  expect(await started.ended()).toMatchObject({ code: 0, stderr: "" });
});

test("what can't be staged is told, and nothing is written", async () => {
  const project = await builtProject();
  const staged = await emptyFolder();
  const refused = async (...args: string[]) => {
    const { code, stderr } = await project.fivefold("stage", staged, ...args);
    expect(await readdir(staged)).toEqual([]);
    return `${code} ${stderr}`;
  };
  expect(await refused("sail")).toMatch(/^2 .*There is no use case 'sail'.* There are bill, ship\./);
  expect(await refused("--include", "../secrets")).toMatch(/^1 .*\/secrets is needed, and lies outside of /);
  await rm(join(project.root, "node_modules/billing-library"), { recursive: true });
  expect(await refused("bill")).toMatch(
    /^3 .*usecases\/bill\.ts needs package 'billing-library', which is not installed/,
  );
  await rm(join(project.root, "node_modules/greeting/node_modules"), { recursive: true });
  await rm(join(project.root, "node_modules/title"), { recursive: true });
  expect(await refused("ship")).toMatch(/^3 .*node_modules\/greeting needs package 'title', which is not installed/);
  await rm(join(project.root, "src/last.ts"));
  expect(await refused("ship")).toMatch(
    /^1 .*usecases\/ship\.ts imports '\.\.\/src\/last\.ts', and there is no such file/,
  );
  const { code, stderr } = await project.fivefold("stage", ".");
  expect(`${code} ${stderr}`).toMatch(/^2 .* is not empty, and what is in it would stay/);
});

test("an image whose executors could not load Pulsar's client is not staged as one that can", async () => {
  const project = await createProject({ "package.json": '{ "type": "module" }', "usecases/bill.ts": PLAIN });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  // Whether this machine has the native part: npm installs the package without.
  const loads = spawnSync(process.execPath, ["-e", 'require("pulsar-client")'], { cwd: REPOSITORY }).status === 0;
  const { code, stderr } = await project.fivefold("stage", join(project.root, "image"), "--native-pulsar");
  expect({ code, stderr }).toMatchObject(
    loads
      ? { code: 0 }
      : { code: 3, stderr: expect.stringMatching(/could not load pulsar-client: [\s\S]*npm rebuild/) },
  );
  expect(await project.fivefold("stage", join(project.root, "other"))).toMatchObject({ code: 0, stderr: "" });
});

test("packages keep the versions that they had, wherever those lay", async () => {
  const { root } = await createProject({
    ...packageFiles("node_modules/a", { dependencies: { shared: "1", c: "1" } }),
    ...packageFiles("node_modules/b", { dependencies: { shared: "2" } }),
    ...packageFiles("node_modules/b/node_modules/shared", {}),
    ...packageFiles("node_modules/c", { dependencies: { a: "1", shared: "1" } }),
    ...packageFiles("node_modules/shared", {}),
    // A package of the same workspace, which npm links.
    ...packageFiles("packages/own", { dependencies: { shared: "1" } }),
  });
  await symlink(join(root, "packages/own"), join(root, "node_modules/own"));
  const { copies, missing } = layOutPackages(root, ["b", "a", "own"]);
  expect(missing).toEqual([]);
  expect(Object.fromEntries(copies.map(({ from, to }) => [to, from.split(`${root}/`)[1]]))).toEqual({
    "node_modules/a": "node_modules/a",
    "node_modules/b": "node_modules/b",
    "node_modules/c": "node_modules/c",
    "node_modules/shared": "node_modules/b/node_modules/shared",
    "node_modules/a/node_modules/shared": "node_modules/shared",
    "node_modules/c/node_modules/shared": "node_modules/shared",
    "linked/own": "packages/own",
    "linked/own/node_modules/shared": "node_modules/shared",
  });
  expect(copies.filter(({ link }) => link)).toEqual([
    expect.objectContaining({ name: "own", link: "node_modules/own" }),
  ]);
});

test("the list of packages that the runtime needs is what it imports", async () => {
  const { exports } = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8"));
  const sources = new Map(readSources(REPOSITORY, exports).map((source) => [source.path, source]));
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { specifier, target } of sources.get(path)?.imports ?? []) {
      if (target === null) packages.add(specifier);
      // What it would make is in the image already.
      else if (target === "loader/transpile.ts") continue;
      // Commands are loaded when they run, and only this one does in an image.
      else if (path !== "cli/program.ts" || !/^cli\/(?!terminal|package-version)/.test(target)) visit(target);
    }
  };
  for (const path of ["cli/main.js", "cli/program.ts", "cli/commands/start.ts", "runtime/runtime.ts"]) visit(path);
  expect([...packages].filter((name) => !name.startsWith("node:")).sort()).toEqual(RUNTIME_PACKAGES);
});
