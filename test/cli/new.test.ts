import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject, startCommand } from "./project.ts";

test("writes a use case and all that an empty folder lacks, and says how to go on", async () => {
  const project = await createProject();
  const { code, stdout, stderr } = await project.fivefold("new", "greet");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const path of ["usecases/greet.ts", "package.json", "tsconfig.json", ".gitignore", ".gitattributes"]) {
    expect(stdout).toContain(`✓ ${path}`);
  }
  expect(stdout).toContain('import { greet } from "./generated/greet/client.ts";');
  expect(JSON.parse(await project.read("package.json"))).toEqual({ private: true, type: "module" });
  expect(await project.read(".gitignore")).toBe(".fivefold/\n");
  expect(await project.read(".gitattributes")).toBe(
    "generated/** text eol=lf\ncontracts.lock.json text eol=lf merge=fivefold\n",
  );
});

test("what it writes passes TypeScript's strict check", async () => {
  const project = await createProject();
  await project.fivefold("new", "billing/charge-card");
  const tsc = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
  const { code, stdout } = await startCommand(process.execPath, [tsc, "-p", "."], project.root).ended();
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
});

test("a second use case changes nothing else", async () => {
  const project = await createProject();
  await project.fivefold("new", "greet");
  const { code, stdout } = await project.fivefold("new", "billing/charge-card");
  expect(code).toBe(0);
  expect(stdout.match(/^✓.*$/gm)).toEqual([expect.stringContaining("usecases/billing/charge-card.ts")]);
  expect(stdout).toContain('import { billingChargeCard } from "./generated/billing-charge-card/client.ts";');
});

test.each([
  ["GreetUser.ts", "Try 'greet-user'."],
  ["../secrets", "Try 'secrets'."],
  ["usecases/greet", "Try 'greet'."],
  ["billing//charge", "Try 'billing/charge'."],
  ["größe", "is no use case name"],
  ["9lives", "Try 'lives'."],
  ["-", "is no use case name"],
])("refuses the name %s and writes nothing", async (name, message) => {
  const project = await createProject();
  const { code, stdout, stderr } = await project.fivefold("new", "--", name);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(existsSync(join(project.root, "usecases"))).toBe(false);
});

test("an existing use case is left as it is", async () => {
  const project = await createProject({ "usecases/greet.ts": "// mine\n" });
  const { code, stderr } = await project.fivefold("new", "greet");
  expect(code).toBe(1);
  expect(stderr).toContain("usecases/greet.ts exists already");
  expect(await project.read("usecases/greet.ts")).toBe("// mine\n");
});

test("package.json keeps its content and form when it becomes a package of ES modules", async () => {
  const project = await createProject({
    "package.json": '{\n    "name": "shop",\n    "dependencies": {\n        "zod": "1"\n    }\n}',
    ".gitignore": "node_modules",
  });
  const { stdout } = await project.fivefold("new", "greet");
  expect(stdout).toContain('"type": "module" was set');
  const expected = '{\n    "name": "shop",\n    "dependencies": {\n        "zod": "1"\n    },\n    "type": "module"\n}';
  expect(await project.read("package.json")).toBe(expected);
  expect(await project.read(".gitignore")).toBe("node_modules\n.fivefold/\n");
});

test("a fresh `npm init` package becomes one of ES modules", async () => {
  const project = await createProject({ "package.json": '{\n  "name": "shop",\n  "type": "commonjs"\n}\n' });
  expect((await project.fivefold("new", "greet")).code).toBe(0);
  expect(JSON.parse(await project.read("package.json"))).toEqual({ name: "shop", type: "module" });
});

test.each(['{ "name": "shop", "type": "commonjs" }', '{ "name": "shop" }'])(
  "a package with files that are CommonJS by %s stays one, and its use cases are CommonJS too",
  async (manifest) => {
    const project = await createProject({ "package.json": manifest, "src/server.js": "module.exports = 1;" });
    expect(await project.fivefold("new", "greet")).toMatchObject({ code: 0, stderr: "" });
    expect(await project.read("package.json")).toBe(manifest);
    const { compilerOptions } = JSON.parse(await project.read("tsconfig.json"));
    expect(compilerOptions).not.toHaveProperty("verbatimModuleSyntax");
  },
);

test.each([
  [{ module: "nodenext" }, "client.js"],
  [{ module: "esnext", moduleResolution: "bundler" }, "client"],
] as const)("under %o the client is imported as the project's tsc takes it", async (compilerOptions, client) => {
  const project = await createProject({
    "package.json": '{ "type": "module" }',
    "tsconfig.json": JSON.stringify({ compilerOptions }),
  });
  expect((await project.fivefold("new", "greet")).stdout).toContain(`"./generated/greet/${client}"`);
});

test.each([["{ not json"], ["[]"], [""]])(
  "a package.json that holds %s is refused, and nothing is written",
  async (text) => {
    const project = await createProject({ "package.json": text });
    const { code, stderr } = await project.fivefold("new", "greet");
    expect(code).toBe(1);
    expect(stderr).toContain("package.json is no valid JSON");
    expect(existsSync(join(project.root, "usecases"))).toBe(false);
  },
);

test("from a folder of the project it writes to the project", async () => {
  const project = await createProject({
    "usecases/a.ts": "",
    "package.json": '{ "type": "module" }',
    "tsconfig.json": "{}",
  });
  await mkdir(join(project.root, "src", "deep"), { recursive: true });
  const { code, stdout } = await project.start(["new", "greet"], { cwd: join(project.root, "src", "deep") }).ended();
  expect(code).toBe(0);
  expect(stdout).toContain("✓ ../../usecases/greet.ts");
  expect(existsSync(join(project.root, "usecases", "greet.ts"))).toBe(true);
});

test("a file where a folder must be is an environment failure, in words", async () => {
  const project = await createProject({ usecases: "a file", "package.json": '{ "type": "module" }' });
  const { code, stderr } = await project.fivefold("new", "greet");
  expect(code).toBe(3);
  expect(stderr).toMatch(/^error: .*a file stands where a folder should be/);
  expect(stderr).not.toContain("    at ");
});
