import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Compilation, compile } from "../../compiler/build/compile.ts";
import type { Output } from "../../compiler/model/output.ts";
import { tscScript } from "../../compiler/read/typescript-package.ts";
import type { JsonEvent } from "../../runtime/codec/json.ts";
import type { Violation } from "../../runtime/contract/errors.ts";
import { runs } from "../property-runs.ts";
import { valuesOf } from "./emit/arbitrary-values.ts";
import { useCaseText, writeProject } from "./read/scratch-project.ts";

/*
 * Files as people have them, however long, wide, deep or entangled: they are compiled, what is generated compiles too,
 * and it does its work.
 */

const SETTINGS = 'owner: "team", handler: () => {}';

const WIDE = Array.from({ length: 1_000 }, (_, i) => {
  const types = [
    "string",
    "Int<{ min: -5 }>",
    "boolean | null",
    "Date",
    '"a" | "b"',
    "bigint[]",
    "{ x: number } | null",
    "Uint8Array",
    "string[] | null",
    "Record<string, number>",
    "boolean",
  ];
  return `  field${i}${i % 3 > 0 ? "?" : ""}: ${types[i % types.length]};`;
});

const DEEP = `${"{ inner: ".repeat(31)}{ text: string; at?: Date }${" }".repeat(31)}`;

const LONG = Array.from({ length: 5_000 }, (_, i) =>
  i % 10 === 0 ? `/** Step ${i}. */` : `const step${i} = ${i}; // ${i}`,
);

const FOREIGN = `/* /* "no end" ' \` // */
// use case: \${nothing}
/** Größe, 大小: \`größe\`. */
export interface Größe大小 {
  /** 高さ
   * @deprecated since \u{1f9ed}
   */
  高さ: number; // number?: string
  /* größe: Map<string, string> */ "größe": Einheit; länge?: /* was: any */ string;
  $ñ_1: { ключ: string /** trailing */ };
}
/** Was es ist. */
enum Einheit { Meter = "m", Zoll = "″", Emoji = "\u{1f4cf}" }
const größte = 7;`;

const FOREIGN_SETTINGS = `owner: "team-größe", flowControl: { maxInFlight: größte /* ! */ }, handler: () => {}`;

const FILES = {
  "usecases/wide.ts": useCaseText(`export interface Wide {\n${WIDE.join("\n")}\n}`, "Wide", SETTINGS),
  "usecases/deep.ts": useCaseText(`export type Deep = ${DEEP};`, "Deep", SETTINGS),
  "usecases/long.ts": useCaseText(
    `${LONG.join("\n")}\nexport interface Long { text: Text<{ maxLength: 5 }> }`,
    "Long",
    SETTINGS,
  ),
  "usecases/foreign.ts": useCaseText(FOREIGN, "Größe大小", FOREIGN_SETTINGS),
  // Each module needs the other, for types and for values.
  "usecases/round.ts": `import { useCase } from "fivefold";
import { type Round, LIMIT } from "../shapes/round.ts";
export const OWNER = "team-round";
export default useCase<Round>({ owner: OWNER, flowControl: { maxInFlight: LIMIT }, handler: () => {} });
`,
  "shapes/round.ts": `import type { Square } from "./square.ts";
import { OWNER } from "../usecases/round.ts";
export interface Round { radius: number; within?: Square }
export const LIMIT = OWNER.length > 0 ? 12 : 0;
`,
  "shapes/square.ts": `import type { Round } from "./round.ts";
export interface Square { side: number; within?: Round; around: Square[] }
`,
};

interface Generated extends JsonEvent<unknown> {
  readonly encode: (event: unknown) => Uint8Array;
  readonly decode: (payload: Uint8Array) => unknown;
  readonly validate: (value: unknown) => readonly Violation[] | undefined;
}

const root = writeProject("ordinary", FILES);
let compilation: Compilation;

beforeAll(async () => {
  compilation = await compile({ root });
  write(compilation.outputs);
}, 60_000);

function write(outputs: readonly Output[]): void {
  for (const { path, text } of outputs) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function outputOf(path: string): string {
  return compilation.outputs.find((output) => output.path === path)!.text;
}

async function generated(name: string): Promise<Generated> {
  const modules = ["codec", "validate", "json"].map((part) => import(join(root, `generated/${name}/${part}.ts`)));
  return Object.assign({}, ...(await Promise.all(modules))) as Generated;
}

test("all are compiled, and what is generated is as strict TypeScript as this repository", () => {
  expect(compilation.diagnostics).toEqual([]);
  expect(compilation.useCases.map(({ name }) => name)).toEqual(["deep", "foreign", "long", "round", "wide"]);
  const config = {
    extends: "../../../tsconfig.json",
    // Of the use cases above: one has an enum, and all import more than they use.
    compilerOptions: { erasableSyntaxOnly: false, noUnusedLocals: false },
    include: ["generated"],
    exclude: [],
  };
  write([{ path: "tsconfig.json", text: JSON.stringify(config) }]);
  const { stdout, status } = spawnSync(process.execPath, [tscScript(), "--pretty", "false", "-p", root], {
    encoding: "utf8",
  });
  expect([stdout, status]).toEqual(["", 0]);
});

describe("what is generated keeps every event", () => {
  test.each(["wide", "deep", "long", "foreign", "round"])("%s", async (name) => {
    const useCase = compilation.useCases.find((one) => one.name === name)!;
    const { encode, decode, validate, toJson, fromJson } = await generated(name);
    for (const value of fc.sample(valuesOf(useCase), { numRuns: 5, seed: 20_261_124 })) {
      expect(validate(value)).toBeUndefined();
      expect(decode(encode(value))).toEqual(value);
      expect(fromJson(toJson(value))).toEqual(value);
    }
  });

  test("and tells what is wrong in a field of a thousand, and on the 32nd level", async () => {
    const wide = compilation.useCases.find(({ name }) => name === "wide")!;
    const [value] = fc.sample(valuesOf(wide), { numRuns: 1, seed: 1 }) as [object];
    const { validate } = await generated("wide");
    expect(validate({ ...value, field999: 5 })).toMatchObject([{ path: "field999" }]);
    expect(validate({})).toHaveLength(100);
    let deep: object = { text: 5 };
    for (let level = 1; level < 32; level++) deep = { inner: deep };
    expect((await generated("deep")).validate(deep)).toMatchObject([{ path: `${"inner.".repeat(31)}text` }]);
  });
});

test("a thousand fields are read from bytes that anybody may have written, or refused in plain words", async () => {
  const wide = compilation.useCases.find(({ name }) => name === "wide")!;
  const { encode, decode } = await generated("wide");
  const [value] = fc.sample(valuesOf(wide), { numRuns: 1, seed: 2 });
  const bytes = encode(value);
  // The parts of a field that comes twice are one; of a scalar the last counts.
  expect(decode(Buffer.concat([bytes, encode(value)]))).toHaveProperty("field999");
  const edit = fc.record({ at: fc.nat(bytes.length), remove: fc.nat(3), add: fc.uint8Array({ maxLength: 3 }) });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let edited = [...bytes];
      for (const { at, remove, add } of edits) edited = edited.toSpliced(at, remove, ...add);
      try {
        expect(decode(Uint8Array.from(edited))).toHaveProperty("field0");
      } catch (error) {
        expect((error as Error).message).toMatch(/^The payload can't be decoded: /);
      }
    }),
    runs(40),
  );
});

test("comments are kept where they document, and names as they are", () => {
  const event = outputOf("generated/foreign/event.ts");
  expect(event).toContain("/** Größe, 大小: `größe`. */\nexport interface Größe大小 {");
  expect(event).toContain("  /** 高さ */\n  高さ: number;\n  größe: Einheit;\n  länge?: string | undefined;");
  expect(event).not.toMatch(/was: any|number\?|Map</);
  expect(outputOf("generated/contracts/foreign.proto")).toMatch(/^message \w+ \{$/m);
  expect(outputOf("generated/contracts/foreign.proto")).toContain('json_name = "高さ"');
});

test("line ends and a byte order mark change nothing of what is generated", async () => {
  const files = Object.entries(FILES).map(([path, text]) => [path, `\ufeff${text.replaceAll("\n", "\r\n")}`] as const);
  const again = await compile({ root: writeProject("ordinary-crlf", Object.fromEntries(files)) });
  expect(again.diagnostics).toEqual([]);
  expect(again.outputs).toEqual(compilation.outputs);
});

test("one level more than 32 is refused where it begins, and leaves the others alone", async () => {
  const files = { ...FILES, "usecases/deeper.ts": useCaseText("", `{ inner: ${DEEP} }`, SETTINGS) };
  const { diagnostics, useCases } = await compile({ root: writeProject("ordinary-deeper", files), types: false });
  expect(diagnostics.map(({ code, span }) => [code, span.file])).toEqual([["nesting-too-deep", "usecases/deeper.ts"]]);
  expect(useCases).toHaveLength(5);
});
