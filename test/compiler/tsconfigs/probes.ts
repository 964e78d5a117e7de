/*
 * Use cases that are right under some settings of TypeScript, and wrong under others.
 */

/** A module with a use case; `before` stands above it, `body` in its handler. */
function useCaseModule(before: string, body = ""): string {
  return `import { useCase } from "fivefold";
${before}
export interface Asked { id: string }
export default useCase<Asked>({ owner: "team-a", handler: async (event) => {
  ${body}
  return void event.id;
} });
`;
}

/** By file below `usecases/`. `alias` is a prefix that the config's `paths` have for `lib/`. */
export function probes(alias: string | undefined): Record<string, string> {
  const modules: Record<string, readonly [before: string, body?: string]> = {
    right: ["", "const upper: string = event.id.toUpperCase(); void upper;"],
    wrong: ["", "const size: number = event.id; void size;"],
    "possibly-null": ["", 'const found: string = ["a"].find((one) => one === event.id); void found;'],
    "null-assigned": ["", "const nothing: string = null; void nothing;"],
    "implicit-any": ["export function twice(value) { return value + value; }"],
    "implicit-this": ["export function self() { return this.id; }"],
    "catch-variable": ["", "try { JSON.parse(event.id); } catch (error) { void error.message; }"],
    "not-initialized": ["export class Box { content: string; }"],
    "function-types": ["", "const take: (value: string | number) => void = (value: string) => void value; void take;"],
    "bind-call": ["", "void ((count: number) => count).call(undefined, event.id);"],
    "unused-local": ["", "const unused = 1;"],
    "unused-parameter": ["export function first(one: string, other: string) { return one; }"],
    "unused-import": ['import { basename } from "node:path";'],
    "implicit-return": ["export function sign(value: number): string | undefined { if (value > 0) return '+'; }"],
    "fall-through": ["", "switch (event.id) { case 'a': event.id.trim(); case 'b': return; }"],
    override: ["class Base { name() { return ''; } }\nexport class Derived extends Base { name() { return 'd'; } }"],
    "index-access": ["", "const all: Record<string, string> = {}; void all.first;"],
    "unchecked-index": ["", "const letters: string[] = []; const one: string = letters[0]; void one;"],
    "exact-optional": ["", "const options: { size?: number } = { size: undefined }; void options;"],
    unreachable: ["", "if (event.id) { return; void event; }"],
    "unused-label": ["", "here: void event.id;"],
    enum: ["export enum Colour { Red }"],
    "parameter-property": ["export class Counter { constructor(readonly start: number) {} }"],
    "type-imported-as-value": [
      'import { Order } from "../lib/order.js";',
      "const order: Order = { id: event.id }; void order;",
    ],
    "type-exported-as-value": ['import type { Order } from "../lib/order.js";\nexport { type Order };'],
    "type-exported-plainly": ['export { Order } from "../lib/order.js";'],
    "no-extension": ['import { order } from "../lib/order";', "void order;"],
    "ts-extension": ['import { order } from "../lib/order.ts";', "void order;"],
    "a-folder": ['import { indexed } from "../lib";', "void indexed;"],
    "no-such-export": ['import { missing } from "../lib/order.js";', "void missing;"],
    "a-json-file": ['import data from "../lib/data.json";', "const size: string = data.size; void size;"],
    "javascript-of-the-project": ['import { old } from "../lib/old.js";', "const size: string = old(1); void size;"],
    "javascript-of-a-package": ['import { untyped } from "untyped";', "void untyped;"],
    "default-of-commonjs": ['import shout from "shout";', "void shout(event.id);"],
    "default-of-commonjs-by-name": ['import { default as shout } from "shout";', "void shout(event.id);"],
    "default-of-commonjs-re-exported": ['export { default as shout } from "shout";'],
    "default-of-commonjs-and-more": [
      'import shout, { type Loud } from "shout";',
      "const loud: Loud = shout; void loud;",
    ],
    "default-of-commonjs-when-it-runs": ["", 'void (await import("shout")).default(event.id);'],
    "default-of-named-exports": ['import tools from "named-tools";', "void tools.hammer;"],
    "default-of-named-exports-by-name": ['import { default as tools } from "named-tools";', "void tools.hammer;"],
    "default-of-a-namespace": ['import * as all from "named-tools";', "void all.default.hammer;"],
    "default-taken-apart": ["", 'const { default: shout } = await import("shout"); void shout(event.id);'],
    "default-of-node": ['import path from "node:path";', "void path.basename(event.id);"],
    "namespace-of-commonjs": ['import * as shout from "shout";', "void shout(event.id);"],
    "equals-import": ['import shout = require("shout");', "void shout(event.id);"],
    "exports-of-a-package": ['import { inner } from "with-exports/inner";', "const one: number = inner; void one;"],
    "behind-exports": ['import { hidden } from "with-exports/dist/hidden.js";', "void hidden;"],
    "a-condition": ['import { condition } from "with-exports";', 'const source: "source" = condition; void source;'],
    dom: ["", "void document.title;"],
    "node-global": ["", "void process.env.HOME; void Buffer.from(event.id);"],
    "test-global": ["", "describe(event.id, () => {});"],
    timer: ["", "const timer: number = setTimeout(() => {}, 1); void timer;"],
    es2017: ["", "void Object.entries({ a: 1 }); void event.id.padEnd(3);"],
    es2020: ["", "const big = 10n; void big; void event.id.matchAll(/a/g);"],
    es2021: ["", 'void event.id.replaceAll("a", "b");'],
    es2022: ["", 'void [1].at(0); void new Error("a", { cause: event });'],
    es2023: ["", "void [1].toSorted();"],
    es2024: ["", "void Object.groupBy([1], String); void Promise.withResolvers();"],
    esnext: ["", "void [1].values().map(String);"],
    "private-name": ["export class Vault { #secret = 1; open() { return this.#secret; } }"],
    "top-level-await": ["const ready = await Promise.resolve(1);\nexport const later = ready;"],
    "import-meta": ["", "void import.meta.url;"],
    "vite-import-meta": ["", "void import.meta.env.MODE;"],
    decorators: [
      `export class Service { @logged run() { return 1; } }
function logged(_target: object, _key: string, _descriptor: PropertyDescriptor) {}`,
    ],
    "new-decorators": [
      `export class Service { @traced run() { return 1; } }
function traced<T>(value: T, _context: ClassMethodDecoratorContext): T { return value; }`,
    ],
    iteration: ["", "for (const one of new Set([1])) void one; void [...event.id];"],
    "async-generator": ["export async function* all() { yield 1; }"],
    spread: ["", "const { id, ...others } = event; void id; void { ...others };"],
    "a-shim": ['import logo from "../lib/logo.svg?url";', "const text: string = logo; void text;"],
    "a-global": ["", "const version: string = RELEASE; void version;"],
    "a-global-in-a-module": ["", "const stage: string = STAGE; void stage;"],
    "a-global-of-a-script": ["", "const built: string = BUILT; void built;"],
    "a-global-by-import": ["", "const far: string = FAR; void far;"],
    "an-augmented-package": [
      'import type { Shouting } from "shout-types";',
      'const one: Shouting = { loud: true, extra: "" }; void one;',
    ],
    "an-augmented-global": ["", "void event.id.shout();"],
    "a-side-effect": ['import "../lib/missing-styles.css";'],
    "var-before": ["", "void later; let later = 1; void later;"],
    "isolated-const-enum": ['import { Level } from "const-enums";', "void Level.High;"],
    "json-require": ["", 'void require("../lib/data.json");'],
    "namespace-merged": ["export namespace tools { export const one = 1; }"],
    "unknown-name": ["", "void missing;"],
    "array-element-types": ["", "const mixed = [1, 'a', undefined]; const one: number = mixed[0]!; void one;"],
    "import-attributes": ['import data from "../lib/data.json" with { type: "json" };', "void data.size;"],
    using: ["export function open() { using file = { [Symbol.dispose]() {} }; return file; }"],
    "class-fields": ["class Base { value: unknown = 1; }\nexport class Sub extends Base { declare value: number; }"],
    "emitted-metadata": [
      `import { Order } from "../lib/order.js";
export class Shop { @note order(one: Order): void { void one; } }
function note(_target: object, _key: string, _descriptor: PropertyDescriptor) {}`,
    ],
  };
  if (alias) {
    modules.alias = [`import { order } from "${alias}order";`, "const id: number = order.id; void id;"];
    modules["alias-with-ending"] = [`import { order } from "${alias}order.js";`, "void order;"];
  }
  return {
    ...Object.fromEntries(
      Object.entries(modules).map(([name, [before, body]]) => [`usecases/${name}.ts`, useCaseModule(before, body)]),
    ),
    "usecases/view.tsx": useCaseModule('export const view = <div title="a">b</div>;'),
    "usecases/fragment.tsx": useCaseModule("export const views = <><b>{1}</b></>;"),
    "usecases/generic.tsx": useCaseModule("export const same = <T,>(value: T): T => value;"),
    "usecases/module.mts": useCaseModule('import { order } from "../lib/order.js";', "void order;"),
  };
}

/** Modules of which declarations can't be written, or can't be without knowing others. */
export const DECLARED: Readonly<Record<string, string>> = {
  "usecases/right.ts": useCaseModule(""),
  "lib/nameless.ts":
    "class Hidden { private own = 1; read() { return this.own; } }\nexport const hidden = () => new Hidden();\n",
  "usecases/private-in-public.ts": useCaseModule(
    "export function make() { return class { private secret = 1; read() { return this.secret; } }; }",
  ),
  "usecases/not-nameable.ts": useCaseModule(
    'import { hidden } from "../lib/nameless.js";\nexport const kept = hidden();',
  ),
  "usecases/no-type-written.ts": useCaseModule(
    'import { order } from "../lib/order.js";\nexport const id = order.id.trim();',
  ),
  "usecases/unique.ts": useCaseModule("export const keys = { [Symbol.iterator]: 1, sum: 1 + 1 };"),
};

/** What the modules import, and what a project declares beside them. */
export const SUPPORT: Readonly<Record<string, string>> = {
  "lib/order.ts": 'export interface Order { id: string }\nexport const order: Order = { id: "o" };\n',
  "lib/index.ts": "export const indexed = 1;\n",
  "lib/data.json": '{ "size": 1 }\n',
  "lib/old.js": "/** @param {number} size */\nexport function old(size) { return size; }\n",
  "types/shims.d.ts": 'declare module "*.svg?url" { const url: string; export default url; }\n',
  "types/globals.d.ts": "declare const RELEASE: string;\ninterface String { shout(): string }\n",
  "src/stage.ts": "declare global { var STAGE: string }\nexport const stage = 1;\n",
  "src/script.ts": 'var BUILT = "now";\n',
  // Declares nothing by itself.
  "src/setup.ts": 'import "far-globals";\nimport "shout-types/extra.js";\nexport const set = 1;\n',
  "node_modules/untyped/package.json": '{ "name": "untyped", "version": "1.0.0", "main": "index.js" }',
  "node_modules/untyped/index.js": "exports.untyped = 1;\n",
  "node_modules/shout/package.json":
    '{ "name": "shout", "version": "1.0.0", "main": "index.js", "types": "index.d.ts" }',
  "node_modules/shout/index.js": "module.exports = (text) => text.toUpperCase();\n",
  "node_modules/shout/index.d.ts":
    "declare function shout(text: string): string;\ndeclare namespace shout { type Loud = (text: string) => string }\nexport = shout;\n",
  "node_modules/named-tools/package.json":
    '{ "name": "named-tools", "version": "1.0.0", "main": "index.js", "types": "index.d.ts" }',
  "node_modules/named-tools/index.js": "exports.hammer = 1;\n",
  "node_modules/named-tools/index.d.ts": "export declare const hammer: number;\n",
  "node_modules/with-exports/package.json": JSON.stringify({
    name: "with-exports",
    version: "1.0.0",
    type: "module",
    exports: {
      ".": {
        "babel-src": { types: "./source.d.ts", default: "./index.js" },
        source: { types: "./source.d.ts", default: "./index.js" },
        types: "./index.d.ts",
        default: "./index.js",
      },
      "./inner": { types: "./dist/inner.d.ts", default: "./dist/inner.js" },
    },
  }),
  "node_modules/with-exports/index.js": 'export const condition = "built";\n',
  "node_modules/with-exports/index.d.ts": 'export declare const condition: "built";\n',
  "node_modules/with-exports/source.d.ts": 'export declare const condition: "source";\n',
  "node_modules/with-exports/dist/inner.js": "export const inner = 1;\n",
  "node_modules/with-exports/dist/inner.d.ts": "export declare const inner: number;\n",
  "node_modules/with-exports/dist/hidden.js": "export const hidden = 1;\n",
  "node_modules/with-exports/dist/hidden.d.ts": "export declare const hidden: number;\n",
  "node_modules/far-globals/package.json": '{ "name": "far-globals", "version": "1.0.0", "types": "index.d.ts" }',
  "node_modules/far-globals/index.d.ts": "declare global { const FAR: string }\nexport {};\n",
  "node_modules/shout-types/package.json": '{ "name": "shout-types", "version": "1.0.0", "types": "index.d.ts" }',
  "node_modules/shout-types/index.d.ts": "export interface Shouting { loud: boolean }\n",
  "node_modules/far-globals/index.js": "",
  "node_modules/shout-types/extra.js": "",
  "node_modules/shout-types/extra.d.ts":
    'declare module "shout-types" { interface Shouting { extra: string } }\nexport {};\n',
  "node_modules/const-enums/package.json":
    '{ "name": "const-enums", "version": "1.0.0", "types": "index.d.ts", "main": "index.js" }',
  "node_modules/const-enums/index.js": "exports.Level = { High: 1 };\n",
  "node_modules/const-enums/index.d.ts": "export declare const enum Level { High = 1 }\n",
};

const JSX =
  "export namespace JSX { interface IntrinsicElements { div: { title?: string; children?: unknown }; b: { children?: unknown } } }";

/** Packages that configs name in `types` or `jsxImportSource`, in short. */
export const TYPE_PACKAGES: Readonly<Record<string, string>> = {
  "node_modules/@types/jest/index.d.ts": "declare function describe(name: string, body: () => void): void;\n",
  "node_modules/vite/package.json": '{ "name": "vite", "exports": { "./client": { "types": "./client.d.ts" } } }',
  "node_modules/vite/client.d.ts": `declare module "*.svg?url" { const url: string; export default url; }
interface ImportMeta { readonly env: Record<string, string> }
`,
  "node_modules/vitest/package.json": '{ "name": "vitest", "exports": { "./globals": { "types": "./globals.d.ts" } } }',
  "node_modules/vitest/globals.d.ts": "declare function describe(name: string, body: () => void): void;\n",
  "node_modules/@types/react/index.d.ts": `export = React;
export as namespace React;
declare namespace React {
  function createElement(...all: unknown[]): unknown;
  const Fragment: unknown;
  ${JSX.replace("export ", "")}
}
declare global { ${JSX.replace("export ", "")} }
`,
  "node_modules/@types/react/package.json": '{ "name": "@types/react", "version": "18.0.0", "types": "index.d.ts" }',
  "node_modules/@types/react/jsx-runtime.d.ts": `${JSX}\nexport const jsx: unknown;\nexport const jsxs: unknown;\nexport const Fragment: unknown;\n`,
  "node_modules/vue/package.json": '{ "name": "vue", "version": "3.0.0" }',
  "node_modules/vue/jsx-runtime.d.ts": `${JSX}\nexport const jsx: unknown;\nexport const jsxs: unknown;\nexport const Fragment: unknown;\n`,
};
