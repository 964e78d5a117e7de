import { spawnSync } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { packPackage } from "../cli/packed.ts";
import { createProject as createPlainProject, type Project, startCommand } from "../cli/project.ts";

/** What a build accepts is what a worker loads, in projects that Node alone would not run. */

/** To pack takes seconds; on a machine with much to do, longer. */
const PACKING_MS = 60_000;
let packed: string;

beforeAll(async () => {
  packed = await packPackage();
}, PACKING_MS);

/** A project with the package as npm installs it: sources of a checkout would be compiled as the project's own are. */
async function createProject(files: Record<string, string>): Promise<Project> {
  const project = await createPlainProject(files, { fivefold: packed });
  const start: Project["start"] = (args, options) =>
    startCommand(process.execPath, [join(packed, "dist/cli/main.js"), ...args], options?.cwd ?? project.root);
  return { ...project, start, fivefold: (...args) => start(args).ended() };
}

const TSC = resolve(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
/** Loads a project's executors as a worker does, and hands an event to each. */
const LOAD = `const [, packed, root, event] = process.argv;
await import(packed + "/dist/loader/register.js");
const { readFileSync } = await import("node:fs");
for (const { executor: path } of JSON.parse(readFileSync(root + "/generated/manifest.json")).useCases) {
  const { executor } = await import(root + "/" + path);
  await executor.subscribers.default.handler(JSON.parse(event), {});
}`;
const EVENT = JSON.stringify({ id: "e1" });

/** What the handlers print when a worker has loaded them. */
function handled(project: Project): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", LOAD, packed, project.root, EVENT],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Builds; the project's own `tsc` takes all that is there, what was generated included. */
async function build(project: Project): Promise<void> {
  const built = await project.fivefold("build");
  expect(built).toMatchObject({ code: 0, stderr: "" });
  expect(await project.fivefold("build", "--check")).toMatchObject({ code: 0 });
  const { stdout } = spawnSync(process.execPath, [TSC, "-p", ".", "--noEmit"], { cwd: project.root, encoding: "utf8" });
  expect(stdout).toBe("");
}

const json = (value: object) => JSON.stringify(value);

const HANDLE = (imports: string, expression: string, before = "") => `import { useCase } from "fivefold";
${imports}
${before}
export interface Asked { id: string }
export default useCase<Asked>({ owner: "team-a", handler: async (event) => { console.log(${expression}); } });
`;

describe("what a build accepts, a worker loads:", () => {
  test("syntax that has to be written anew, and names without extensions, in a bundler's project", async () => {
    const project = await createProject({
      "package.json": json({ private: true }),
      "tsconfig.json": json({
        compilerOptions: {
          target: "es2022",
          module: "esnext",
          moduleResolution: "bundler",
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          jsx: "preserve",
          resolveJsonModule: true,
          experimentalDecorators: true,
          types: ["node"],
          paths: { "@/*": ["./src/*"] },
        },
      }),
      "usecases/ask.ts": HANDLE(
        `import { Colour, Counter, Order, shapes } from "@/index";
import data, { size } from "@/data.json";
import { view } from "@/view";`,
        "event.id, Colour.Red, new Counter(2).next(), shapes.square, data.size, size, view(), order.id",
        `const order: Order = { id: "o" };`,
      ),
      "src/index.ts": `export { Colour, Counter, Order, shapes } from "./parts"; export * from "./unrelated";`,
      "src/unrelated/index.ts": "export type Unrelated = 1;",
      "src/parts.ts": `function logged(_target: unknown, _name: string): void {}
export interface Order { id: string }
export enum Colour { Red = "red" }
export class Counter {
  constructor(private readonly start: number) {}
  @logged next() { return this.start + 1; }
}
export namespace shapes { export const square = 4; }
`,
      "src/data.json": json({ size: 3 }),
      "src/view.tsx":
        "export function view(): string { return identity<string>('view'); }\nconst identity = <T,>(value: T) => value;",
    });
    await build(project);
    expect(handled(project)).toBe("e1 red 3 4 3 3 view o");
  });

  test("CommonJS, by package.json and by tsconfig.json", async () => {
    const project = await createProject({
      "package.json": json({ private: true, type: "commonjs" }),
      "tsconfig.json": json({
        compilerOptions: {
          target: "es2022",
          module: "nodenext",
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          types: ["node"],
        },
      }),
      "usecases/ask.ts": HANDLE(
        `import { basename } from "node:path";
import fs = require("node:fs");
import { helper } from "../src/helper";`,
        "event.id, basename(__filename), typeof fs.readFileSync, helper()",
      ),
      "usecases/more/other.mts": HANDLE("", "import.meta.url.split('/').at(-1)"),
      "src/helper.ts": "export const helper = () => typeof require;",
    });
    await build(project);
    expect(handled(project).split("\n").sort()).toEqual(["e1 ask.ts function function", "other.mts"]);
  });

  test("a solution of referenced projects, one of which has the use cases", async () => {
    const project = await createProject({
      "package.json": json({ private: true, type: "module" }),
      "tsconfig.json": json({
        files: [],
        references: [{ path: "./tsconfig.web.json" }, { path: "./tsconfig.jobs.json" }],
      }),
      "tsconfig.web.json": json({ compilerOptions: { composite: true, strict: true }, include: ["web"] }),
      "configs/base.json": json({
        compilerOptions: {
          strict: true,
          skipLibCheck: true,
          types: ["node"],
          paths: { "#lib/*": [`\${configDir}/lib/*`] },
        },
      }),
      "tsconfig.jobs.json": json({
        extends: "./configs/base.json",
        compilerOptions: {
          composite: true,
          declarationMap: true,
          module: "esnext",
          moduleResolution: "bundler",
          jsx: "react-jsx",
          outDir: "dist",
          lib: ["es2024", "esnext.decorators"],
        },
        include: ["usecases", "lib", "generated"],
      }),
      "web/index.ts": "export const web = 1;",
      "lib/thing.ts": "export enum Thing { A = 'a' }",
      "usecases/ask.tsx": HANDLE(
        'import { Thing } from "#lib/thing";',
        "event.id, Thing.A, decorated(1)",
        `
function twice(value: (n: number) => number, _context: ClassMethodDecoratorContext) { return (n: number) => 2 * value(n); }
class Box { @twice double(n: number) { return n; } }
const decorated = (n: number) => new Box().double(n);`,
      ),
    });
    const built = await project.fivefold("build");
    expect(built).toMatchObject({ code: 0, stderr: "" });
    const { stdout } = spawnSync(process.execPath, [TSC, "-b"], { cwd: project.root, encoding: "utf8" });
    expect(stdout).toBe("");
    expect(handled(project)).toBe("e1 a 2");
  });

  test("packages of a workspace that are sources, found by name, by alias and under a condition of their own", async () => {
    const project = await createProject({
      "package.json": json({ private: true, workspaces: ["packages/*", "apps/*"] }),
      "packages/money/package.json": json({ name: "@shop/money", type: "module", exports: "./src/index.ts" }),
      "packages/money/tsconfig.json": json({ compilerOptions: { module: "nodenext", strict: true } }),
      "packages/money/src/index.ts": 'export { Currency } from "./currency.js";',
      "packages/money/src/currency.ts": "export enum Currency { EUR = 'eur' }",
      "packages/tax/package.json": json({
        name: "@shop/tax",
        type: "module",
        exports: { ".": { "@shop/source": "./src/index.ts", default: "./dist/index.js" } },
      }),
      "packages/tax/src/index.ts": "export const rate: number = 0.2;",
      // As it is where packages are copied rather than linked.
      "node_modules/@shop/copied/package.json": json({ name: "@shop/copied", type: "module", exports: "./index.ts" }),
      "node_modules/@shop/copied/index.ts": "export const copied: string = 'copied';",
    });
    await mkdir(join(project.root, "apps"));
    for (const name of ["money", "tax"]) {
      await symlink(join(project.root, "packages", name), join(project.root, "node_modules", "@shop", name));
    }
    await project.write("apps/jobs/package.json", json({ name: "jobs", private: true, type: "module" }));
    await project.write(
      "apps/jobs/tsconfig.json",
      json({
        compilerOptions: {
          module: "nodenext",
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          types: ["node"],
          customConditions: ["@shop/source"],
        },
      }),
    );
    await project.write(
      "apps/jobs/usecases/ask.ts",
      HANDLE(
        `import { Currency } from "@shop/money";
import { rate } from "@shop/tax";
import { copied } from "@shop/copied";
import { local } from "./parts/local.js";`,
        "event.id, Currency.EUR, rate, copied, local",
      ),
    );
    await project.write("apps/jobs/usecases/parts/local.ts", "export const local = 'local';");
    const app = { ...project, root: join(project.root, "apps/jobs") };
    app.fivefold = (...args) => project.start(args, { cwd: app.root }).ended();
    await build(app);
    expect(handled(app)).toBe("e1 eur 0.2 copied local");
  });

  test("what can't run is an error at its line, and what is not taken is said", async () => {
    const project = await createProject({
      "package.json": json({ private: true, type: "module" }),
      "tsconfig.json": json({
        compilerOptions: {
          module: "esnext",
          moduleResolution: "bundler",
          strict: true,
          skipLibCheck: true,
          types: ["node"],
        },
      }),
      "shims.d.ts":
        'declare module "*.html" { const text: string; export default text; }\ndeclare module "ghost" { export const ghost: string; }\n',
      "src/mail.html": "<p>",
      "src/mail.ts": 'import text from "./mail.html";\nexport const mail = text;',
      "src/types.d.ts": "export interface Kind { kind: string }",
      "usecases/ask.ts": HANDLE(
        'import { mail } from "../src/mail";\nimport { ghost } from "ghost";\nimport { Kind } from "../src/types";',
        "mail, ghost, null as unknown as Kind",
      ),
      "usecases/old.js":
        'import { useCase } from "fivefold"; export default useCase({ owner: "a", handler: async () => {} });',
      "usecases/plain.js": "export const plain = 1;",
    });
    const { code, stderr } = await project.fivefold("build");
    expect(code).toBe(1);
    expect(stderr).toContain("src/mail.ts:1:18 error unloadable-import");
    expect(stderr).toContain("usecases/ask.ts:3:23 error unloadable-import");
    expect(stderr).toContain("usecases/old.js:1:1 warning file-not-taken");
    expect(stderr.match(/^\S+:\d+:\d+ (error|warning) /gm)).toHaveLength(3);
  });
});
