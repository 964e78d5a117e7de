import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** Modules are loaded in one process, since each takes a fifth of a second to start: each in a package of its own. */

const REGISTER = resolve(import.meta.dirname, "../../loader/register.ts");

interface Module {
  readonly text: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly packageJson?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  /** What its export `value` is. */
  readonly value: unknown;
}

const VERBATIM = { module: "esnext", moduleResolution: "bundler", verbatimModuleSyntax: true };
const BUNDLER = { module: "esnext", moduleResolution: "bundler" };
const NODE = { module: "nodenext" };
const DECORATOR = "function mark(..._: unknown[]): void {}";

/** By what is special about them. */
const MODULES: Readonly<Record<string, Module>> = {
  "a parameter property behind a default that calls": {
    options: VERBATIM,
    text: "const f = () => 1;\nclass P { constructor(a = f(), readonly b = a + 1) {} }\nexport const value = new P().b;",
    value: 2,
  },
  "a parameter property behind a default with braces": {
    options: VERBATIM,
    text: "class P { constructor(_a = { x: ')' },\n  protected b = 3) {} get it() { return this.b } }\nexport const value = new P().it;",
    value: 3,
  },
  "an enum with a name beyond ASCII": {
    options: VERBATIM,
    text: "enum Änderung { Neu = 'neu' }\nexport const value = Änderung.Neu;",
    value: "neu",
  },
  "an enum with a comment before its name": {
    options: VERBATIM,
    text: "enum /* of kinds */ Kind { A = 'a' }\nexport const value = Kind.A;",
    value: "a",
  },
  "a decorator behind `export`": {
    options: VERBATIM,
    text: `${DECORATOR}\nexport @mark class C { x = 4 }\nexport const value = new C().x;`,
    value: 4,
  },
  "a decorator behind a comment, with erasable syntax only": {
    options: { ...VERBATIM, erasableSyntaxOnly: true },
    text: `${DECORATOR}\n/** Marked. */ @mark class C { x = 5 }\nexport const value = new C().x;`,
    value: 5,
  },
  "an accessor, with erasable syntax only": {
    options: { ...VERBATIM, erasableSyntaxOnly: true },
    text: "class C { static accessor x = 6 }\nexport const value = C.x;",
    value: 6,
  },
  "a cast in angle brackets": {
    options: VERBATIM,
    text: "const give = () => { return <number>(7 as unknown) };\nexport const value = [<number>give()];",
    value: [7],
  },
  "a namespace of types, exported again": {
    options: BUNDLER,
    files: {
      "parts.ts": "export namespace Types { export type A = 8 }\nexport namespace Deep.Types { export interface B {} }",
    },
    text: "export { Types, Deep } from './parts';\nexport const value = 8;",
    value: 8,
  },
  "types in a decorated signature, with metadata": {
    options: { ...BUNDLER, experimentalDecorators: true, emitDecoratorMetadata: true },
    files: { "parts.ts": "export interface Dep {}\nexport type Alias = string;\nexport class Cls { n = 9 }" },
    text: `import { Alias, Cls, Dep as Needed } from './parts';\n${DECORATOR}
class S { constructor(@mark private dep: Needed, @mark private cls: Cls) {} @mark n(_a: Alias): number { return this.cls.n } }
export const value = new S({}, new Cls()).n("");`,
    value: 9,
  },
  "a file with a suffix": {
    options: { ...BUNDLER, moduleSuffixes: [".node", ""] },
    files: {
      "part.node.ts": "export const part = 'node';",
      "part.ts": "export const part = 'plain';",
      "other.ts": "export const other = 1;",
    },
    text: "import { part } from './part';\nimport { other } from './other';\nexport const value = [part, other];",
    value: ["node", 1],
  },
  "names of CommonJS that its text does not show": {
    options: NODE,
    files: {
      "node_modules/fn/package.json": "{}",
      "node_modules/fn/index.js":
        "const all = () => 'all';\nfor (const k of ['a', 'b']) all[k] = k;\nmodule.exports = all;",
    },
    text: "import fn, { a, b as renamed } from 'fn';\nimport * as space from 'fn';\nexport { b } from 'fn';\nexport const value = [fn(), a, renamed, space.a];",
    value: ["all", "a", "b", "a"],
  },
  "the default of what was an ES module, as bundlers and its types have it": {
    options: BUNDLER,
    files: {
      "node_modules/was/package.json": '{ "type": "commonjs" }',
      "node_modules/was/index.js": "exports.__esModule = true; exports.default = () => 10; exports.named = 11;",
    },
    text: "import was, { named } from 'was';\nexport const value = [was(), named];",
    value: [10, 11],
  },
  "the default of what was an ES module, as Node and its types have it": {
    options: NODE,
    files: {
      "node_modules/was/package.json": "{}",
      "node_modules/was/index.js": "exports.__esModule = true; exports.default = () => 12; exports.named = 13;",
    },
    text: "import was, { named } from 'was';\nexport const value = [was.default(), named];",
    value: [12, 13],
  },
  "CommonJS that waits for its turn": {
    options: NODE,
    files: {
      "node_modules/fn/package.json": "{}",
      "node_modules/fn/index.js": "exports.at = globalThis.started;",
      "first.ts": "(globalThis as { started?: number }).started = 14;",
    },
    text: "import './first.js';\nimport { at } from 'fn';\nexport const value = at;",
    value: 14,
  },
  "a package's own name, and a `#name`, that stand for JavaScript": {
    options: NODE,
    packageJson: { name: "shop", exports: { "./part": "./part.js" }, imports: { "#all/*": "./*" } },
    files: { "part.ts": "export enum Part { A = 'a' }" },
    text: "import { Part } from 'shop/part';\nimport { Part as Same } from '#all/part.js';\nexport const value = [Part.A, Part === Same];",
    value: ["a", true],
  },
};

let loaded: Record<string, unknown>;

beforeAll(() => {
  const root = mkdtempSync(join(tmpdir(), "fivefold-loading-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const folders = Object.entries(MODULES).map(([name, { text, options, packageJson, files = {} }], i) => {
    const folder = `m${i}`;
    write(`${folder}/package.json`, JSON.stringify({ type: "module", ...packageJson }));
    write(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions: { target: "es2022", ...options } }));
    for (const [path, content] of Object.entries(files)) write(`${folder}/${path}`, content);
    write(`${folder}/main.ts`, text);
    return [name, `./${folder}/main.ts`] as const;
  });
  write(
    "all.mjs",
    `const all = {};
for (const [name, path] of ${JSON.stringify(folders)}) {
  all[name] = await import(path).then(({ value }) => value, (error) => String(error));
}
console.log(JSON.stringify(all));`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", REGISTER, "all.mjs"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  loaded = JSON.parse(stdout) as Record<string, unknown>;
}, 60_000);

describe("loads as `tsc` takes it:", () => {
  test.each(Object.entries(MODULES))("%s", (name, { value }) => expect(loaded[name]).toEqual(value));
});
