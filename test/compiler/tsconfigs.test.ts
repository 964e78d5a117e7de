import { symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { analyse, createCompileMemory } from "../../compiler/build/compile.ts";
import { useCaseText, writeProject } from "./read/scratch-project.ts";
import { CONFIGS } from "./tsconfigs/configs.ts";
import { SUPPORT } from "./tsconfigs/probes.ts";
import { differences } from "./tsconfigs/verdicts.ts";

/* What a project's own `tsc` takes, a build takes. All settings and versions: test/e2e/tsconfigs.test.ts, and torture. */

const REPOSITORY = resolve(import.meta.dirname, "../..");
const FEW = ["@tsconfig/node24", "backstage/backstage, packages/cli/config/tsconfig.json"];

test.each(CONFIGS.filter(({ source }) => FEW.includes(source)))(
  "a build and tsc agree under the settings of $source",
  async (config) => {
    const root = resolve(REPOSITORY, ".fivefold/test-tsconfigs", config.source.replaceAll(/\W+/g, "-"));
    const typescript = resolve(REPOSITORY, "node_modules/typescript");
    expect(await differences(root, config, { fivefold: REPOSITORY, typescript, version: 7 })).toEqual([]);
  },
  60_000,
);

test("what a module that tsconfig.json includes imports for its declarations is seen, and is missed once it is gone", async () => {
  const root = writeProject("declared-by-import", {
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        types: ["node"],
        strict: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        noEmit: true,
      },
      include: ["src", "usecases"],
    }),
    "src/setup.ts": 'import "far-globals";\nexport {};\n',
    "node_modules/far-globals/package.json": '{ "name": "far-globals", "types": "index.d.ts" }',
    "node_modules/far-globals/index.d.ts": "declare global { const FAR: string }\nexport {};\n",
    "usecases/far.ts": useCaseText("", "{ id: string }", 'owner: "team", handler: () => void FAR.length'),
    "usecases/wrong.ts": useCaseText("", "{ id: string }", 'owner: "team", handler: () => void NEAR.length'),
  });
  const memory = createCompileMemory();
  const faults = async () =>
    (await analyse({ root, memory })).diagnostics.map(({ code, span }) => `${code} ${span.file}:${span.line}`);
  const wrong = "type-error usecases/wrong.ts:3";
  expect(await faults()).toEqual([wrong]);
  expect(memory.reading.modules.get("usecases/far.ts")).toMatchObject({ typed: true });
  writeFileSync(join(root, "src/setup.ts"), "export {};\n");
  expect(await faults()).toEqual(["type-error usecases/far.ts:3", wrong]);
}, 60_000);

test.each<[string, object, object, readonly string[]]>([
  ["that nobody knows", { fooBar: true }, {}, ["tsconfig.json TS5023"]],
  ["in another case", {}, { Strict: true }, ["base.json TS5025"]],
  ["with a value that nobody knows", {}, { target: "es9" }, ["base.json TS6046"]],
  ["with a value of another kind", { strict: "yes" }, {}, ["tsconfig.json TS5024"]],
  ["that this TypeScript has no more", { module: "esnext", moduleResolution: "node" }, {}, ["tsconfig.json TS5108"]],
  ["that it has", { target: "es2025", lib: ["ES2024", "DOM"] }, { noImplicitOverride: true }, []],
])(
  "a setting %s is judged as by the project's TypeScript",
  async (_, own, base, expected) => {
    const root = writeProject("settings", {
      "tsconfig.json": JSON.stringify({
        extends: "./base.json",
        compilerOptions: {
          module: "nodenext",
          types: ["node"],
          skipLibCheck: true,
          noEmit: true,
          allowImportingTsExtensions: true,
          ...own,
        },
      }),
      "base.json": JSON.stringify({ compilerOptions: base }),
      "usecases/a.ts": useCaseText("", "{ id: string }", 'owner: "team", handler: () => {}'),
    });
    const { diagnostics } = await analyse({ root });
    expect(diagnostics.map(({ span, message }) => `${span.file} ${/TS\d+/.exec(message)?.[0]}`)).toEqual(expected);
  },
  60_000,
);

test("without esModuleInterop, which TypeScript 7 has no more, a CommonJS module has no default, however one asks", async () => {
  const ways: readonly (readonly [before: string, body: string, error: string])[] = [
    ['import shout from "shout";', "shout(event.id)", "TS1259 :2"],
    ['import { default as shout } from "shout";', "shout(event.id)", "TS1259 :2"],
    ['import path from "node:path";', "path.basename(event.id)", "TS1259 :2"],
    ['import tools from "named-tools";', "tools.hammer", "TS1192 :2"],
    ['import { default as tools } from "named-tools";', "tools.hammer", "TS2305 :2"],
    ['import * as tools from "named-tools";', "tools.default.hammer", "TS2339 :4"],
    ["", '(await import("shout")).default(event.id)', "TS2339 :4"],
  ];
  const modules = ways.map(([before, body], i) => [
    `usecases/way-${i}.ts`,
    useCaseText(before, "{ id: string }", `owner: "team",\nhandler: async (event) => void ${body}`),
  ]);
  const faultsIn = async (version: string) => {
    const root = writeProject("without-interop", {
      ...Object.fromEntries(modules),
      "package.json": '{ "type": "commonjs" }',
      "tsconfig.json": JSON.stringify({
        compilerOptions: {
          module: "nodenext",
          allowImportingTsExtensions: true,
          noEmit: true,
          esModuleInterop: false,
          ...(version.startsWith("6") && { ignoreDeprecations: "6.0" }),
          strict: true,
          skipLibCheck: true,
          types: ["node"],
        },
      }),
      // Which one a project has, is told by its package.
      "node_modules/typescript/package.json": `{ "name": "typescript", "version": "${version}" }`,
      ...Object.fromEntries(Object.entries(SUPPORT).filter(([path]) => /\/(shout|named-tools)\//.test(path))),
    });
    symlinkSync(REPOSITORY, join(root, "node_modules/fivefold"));
    const { diagnostics } = await analyse({ root });
    return diagnostics.map(
      ({ code, message, span }) => `${span.file} ${/TS\d+(?=\)$)/.exec(message)?.[0] ?? code} :${span.line}`,
    );
  };
  expect(await faultsIn("5.9.3")).toEqual(ways.map(([, , error], i) => `usecases/way-${i}.ts ${error}`));
  // It takes them by `allowSyntheticDefaultImports`, which is on unless it is turned off.
  expect(await faultsIn("6.0.3")).toEqual(["usecases/way-5.ts TS2339 :4"]);
}, 60_000);
