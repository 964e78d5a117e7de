import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { deadFiles, forbiddenImports, importCycles, spreadVendors } from "./architecture/imports.ts";
import { parseSource, readSources, type Source } from "./architecture/sources.ts";
import { badNames, impureRuntime, longFiles, loudCode, undocumentedExports } from "./architecture/style.ts";

const ROOT = resolve(import.meta.dirname, "..");

interface Manifest {
  readonly exports: Record<string, string>;
  readonly bin: Record<string, string>;
  readonly scripts: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const sources = readSources(ROOT, manifest.exports);

const pulumiProject = readFileSync(join(ROOT, "stacks", "Pulumi.yaml"), "utf8");

/**
 * What somebody starts or imports by name: npm, Node, Pulumi, the tools (Changesets among them), for use cases and their executors the compiler,
 * and the published package what it has in the place of ts-morph.
 */
const entries = [
  `stacks/${/^main: (.+)$/m.exec(pulumiProject)?.[1]}`,
  ...[...Object.values(manifest.exports), ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, "")),
  ...Object.values(manifest.scripts).flatMap((script) => script.match(/[\w./-]+\.ts\b/g) ?? []),
  "cli/typescript-api.ts",
  // What scripts/build-console.ts bundles.
  "console/main.tsx",
  "loader/transpile.ts",
  "scripts/changelog-lines.ts",
  ...sources.map(({ path }) => path).filter((path) => /(^|\/)usecases\/|^generated\/|^[^/]+\.config\.ts$/.test(path)),
];

describe("this repository", () => {
  test("imports only what the table in docs/architecture.md allows", () =>
    expect(forbiddenImports(sources)).toEqual([]));
  test("has no import cycle", () => expect(importCycles(sources)).toEqual([]));
  test("names a vendor library in one file a port", () => expect(spreadVendors(sources)).toEqual([]));
  test("has no dead file", () => expect(deadFiles(sources, entries)).toEqual([]));
  test("has no file above 300 lines", () => expect(longFiles(sources)).toEqual([]));
  test("has file names that say something", () => expect(badNames(sources)).toEqual([]));
  test("takes time and randomness from the clock", () => expect(impureRuntime(sources)).toEqual([]));
  test("prints and exits in the CLI alone", () => expect(loudCode(sources)).toEqual([]));
  test("documents its public API", () =>
    expect(undocumentedExports(sources, "runtime/authoring/index.ts")).toEqual([]));
});

/** A small repository: texts by path. */
function repository(files: Record<string, string>): Source[] {
  return Object.entries(files).map(([path, text]) => parseSource(path, text, manifest.exports));
}

describe("the rules can fail", () => {
  test.each([
    [
      "a layer imports another",
      "runtime/delivery/a.ts",
      'import type { X } from "../scheduler/b.ts";',
      "runtime/scheduler/b.ts",
    ],
    [
      "a layer imports the pipeline, at run time",
      "runtime/delivery/a.ts",
      'await import("../pipeline/pipeline.ts");',
      "runtime/pipeline/pipeline.ts",
    ],
    ["an emitter reads the disk", "compiler/emit/a.ts", 'import { readFileSync } from "node:fs";', "node:fs"],
    ["a check imports the reader", "compiler/check/a.ts", 'export { x } from "../read/b.ts";', "compiler/read/b.ts"],
    [
      "the model imports the compiler",
      "compiler/model/a.ts",
      'import { x } from "../build/compile.ts";',
      "compiler/build/compile.ts",
    ],
    [
      "a client loads handlers",
      "generated/greet/client.ts",
      'import u from "../../usecases/greet.ts";',
      "usecases/greet.ts",
    ],
    [
      "a client loads the executor",
      "generated/greet/client.ts",
      'import "./executor.ts";',
      "generated/greet/executor.ts",
    ],
    ["a use case imports the runtime", "usecases/a.ts", 'import { x } from "fivefold/runtime";', "runtime/runtime.ts"],
    [
      "the authoring API imports a layer",
      "runtime/authoring/index.ts",
      'export { x } from "../delivery/a.ts";',
      "runtime/delivery/a.ts",
    ],
    [
      "the compiler imports the CLI",
      "compiler/build/compile.ts",
      'import type { X } from "../../cli/main.ts";',
      "cli/main.ts",
    ],
    ["an export that is not there", "cli/a.ts", 'import "fivefold/secret";', "no export fivefold/secret"],
  ])("%s", (_, path, text, target) => {
    const [fault, ...more] = forbiddenImports(repository({ [path]: text }));
    expect(fault).toContain(`${path} imports ${target}, which `);
    expect(more).toEqual([]);
  });

  test("a folder that the table does not know", () => {
    expect(forbiddenImports(repository({ "core/a.ts": "" }))).toEqual([expect.stringContaining("core/a.ts: no rule")]);
  });

  test("what the table allows", () => {
    const files = {
      "usecases/a.ts": 'import { useCase } from "fivefold"; import { readFile } from "node:fs/promises";',
      "generated/a/executor.ts":
        'import u from "../../usecases/a.ts"; import { x } from "fivefold/runtime"; import "./codec.ts";',
      "runtime/scheduler/delay-store.ts":
        'import { open } from "lmdb"; import { x } from "../contract/clock.ts"; import "./wheel.ts";',
      "runtime/pipeline/pipeline.ts": 'import "../scheduler/wheel.ts"; import "../delivery/retry.ts";',
      "test/a.test.ts": 'import "../runtime/scheduler/wheel.ts"; import { test } from "vitest";',
    };
    expect(forbiddenImports(repository(files))).toEqual([]);
  });

  test("cycles, type imports included", () => {
    const files = {
      "cli/a.ts": 'import "./b.ts";',
      "cli/b.ts": 'import type { C } from "./c.ts"; import "./d.ts";',
      "cli/c.ts": 'export const a = import("./a.ts");',
      "cli/d.ts": "",
    };
    expect(importCycles(repository(files))).toEqual(["cli/a.ts → cli/b.ts → cli/c.ts → cli/a.ts"]);
  });

  test("a vendor library in a second file of its port, and outside the ports", () => {
    const lmdb = 'import { open } from "lmdb";';
    expect(spreadVendors(repository({ "runtime/scheduler/a.ts": lmdb, "runtime/transport/b.ts": lmdb }))).toEqual([]);
    expect(spreadVendors(repository({ "runtime/scheduler/a.ts": lmdb, "runtime/scheduler/b.ts": lmdb }))).toEqual([
      "lmdb is named by more than one file of runtime/scheduler/: runtime/scheduler/a.ts, runtime/scheduler/b.ts",
    ]);
    expect(spreadVendors(repository({ "cli/a.ts": lmdb }))).toEqual([
      "lmdb is named outside the ports of runtime/: cli/a.ts",
    ]);
  });

  test("dead files, and files that only a test keeps alive", () => {
    const files = {
      "cli/main.ts": 'fork(join(import.meta.dirname, "worker.ts")); import "./jobs.ts";',
      "cli/jobs.ts": `fork(join(import.meta.dirname, \`\${name}-job.ts\`));`,
      "cli/nightly-job.ts": "",
      "cli/worker.ts": 'import "./tool.ts";',
      "cli/tool.ts": "",
      "cli/tested.ts": "",
      "cli/dead.ts": 'import "./worker.ts";',
      "test/a.test.ts": 'import "../cli/tested.ts"; import "./support.ts";',
      "test/support.ts": "",
      "test/forgotten.ts": "",
    };
    expect(deadFiles(repository(files), ["cli/main.ts"])).toEqual([
      "cli/tested.ts is reached from no entry but a test",
      "cli/dead.ts is reached from no entry",
      "test/forgotten.ts is reached from no entry",
    ]);
  });

  test("long files, but not generated ones", () => {
    const text = "x;\n".repeat(300);
    const files = { "cli/a.ts": text, "cli/b.ts": `${text}x;`, "generated/a/codec.ts": `${text}x;\n` };
    expect(longFiles(repository(files))).toEqual(["cli/b.ts has 301 lines, the most is 300: split it by purpose"]);
  });

  test.each([
    "cli/utils.ts",
    "cli/string-helpers.ts",
    "runtime/common/a.ts",
    "compiler/TypeReader.ts",
    "cli/task_manager.ts",
  ])("the name %s", (path) => expect(badNames(repository({ [path]: "" }))).toEqual([expect.stringContaining(path)]));

  test.each([
    ["Date.now()", "Date.now"],
    ["const now = globalThis.Date.now;", "Date.now"],
    ["new Date()", "new Date()"],
    ["performance.now()", "performance.now"],
    ["setTimeout(run, 5)", "setTimeout"],
    ["const later = { set: setInterval };", "setInterval"],
    ["setImmediate(run)", "setImmediate"],
    ["Math.random()", "Math.random"],
    ["crypto.randomUUID()", "crypto.randomUUID"],
    ["AbortSignal.timeout(5)", "AbortSignal.timeout"],
    ["process.hrtime.bigint()", "process.hrtime.bigint"],
    ['import { randomBytes as bytes } from "node:crypto";', "import of randomBytes from node:crypto"],
    ['import * as crypto from "node:crypto";', "import of all of node:crypto"],
    ['import { setTimeout as sleep } from "node:timers/promises";', "import of node:timers/promises"],
  ])("time or randomness in a layer: %s", (text, what) => {
    expect(impureRuntime(repository({ "runtime/delivery/a.ts": `\n${text}` }))[0]).toContain(`:2: ${what}`);
    expect(impureRuntime(repository({ "runtime/contract/clock.ts": text, "cli/a.ts": text }))).toEqual([]);
  });

  test("no time: dates of a given moment, hashes, and mere mentions", () => {
    const text = `import { createHash } from "node:crypto"; // setTimeout(Date.now())
      const at = new Date(clock.now()); const options = { setTimeout: 1 }; const name = "Math.random";`;
    expect(impureRuntime(repository({ "runtime/delivery/a.ts": text }))).toEqual([]);
  });

  test.each(["console.log(1)", "process.exit(1)", "process.exitCode = 1", 'process.stdout.write("")'])(
    "printing: %s",
    (text) => {
      expect(loudCode(repository({ "compiler/a.ts": text }))).toHaveLength(1);
      expect(loudCode(repository({ "cli/a.ts": text }))).toEqual([]);
    },
  );

  test("public names without a doc comment", () => {
    const files = {
      "runtime/authoring/index.ts": 'export { a, b, type C } from "./x.ts"; export * from "./y.ts";',
      "runtime/authoring/x.ts":
        "/** Does a. */ export function a() {} \n export const b = 1; \n // No doc.\n export interface C {}",
    };
    expect(undocumentedExports(repository(files), "runtime/authoring/index.ts")).toEqual([
      "b of runtime/authoring/x.ts is public and has no doc comment",
      "C of runtime/authoring/x.ts is public and has no doc comment",
      "runtime/authoring/index.ts exports with a star",
    ]);
  });
});
