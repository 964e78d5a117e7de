import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile } from "../../compiler/build/compile.ts";
import type { Event, Type, UseCase } from "../../compiler/model/model.ts";
import { rootOf } from "../../compiler/model/root.ts";
import { valuesOf } from "./emit/arbitrary-values.ts";
import { type Emitted, load } from "./emit/load.ts";
import { isKeptInJson, loadJson } from "./emit/load-json.ts";
import { moduleOf, moduleOfPortable } from "./published-module.ts";
import { read, readEvent, readUseCase, useCaseText, writeProject } from "./read/scratch-project.ts";

/** The event that `Portable` makes of the last of these declarations, as its fields' types by their names. */
function portable(name: string, declarations: string) {
  const event = readEvent(name, `import type { Json, Portable } from "fivefold";\n${declarations}`, "Portable<Event>");
  const fieldsOf = (message: string) =>
    Object.fromEntries(event.messages.find((one) => one.name === message)!.fields.map((one) => [one.name, one.type]));
  return { event, fields: fieldsOf("Event"), fieldsOf };
}

const JSON_TYPE = { kind: "json" };
const TEXT = { kind: "text" };

describe("Portable", () => {
  test.each([
    ["any", "any"],
    ["unknown", "unknown"],
    ["object", "object"],
    ["an empty type", "{}"],
    ["a Map", "Map<string, number>"],
    ["a Set", "ReadonlySet<string>"],
    ["a promise", "Promise<string>"],
    ["other bytes", "Float32Array"],
    ["what is written as JSON, and has methods only", "{ toJSON(): string; plus(): void }"],
    ["something beside what may be anything", "string | object"],
    ["a record beside an object", "{ a: string } | Record<string, unknown>"],
    ["Json", "Json"],
  ])("takes %s as Json", (name, type) => {
    const { fields } = portable(
      `portable-${name}`.replaceAll(/\W/g, "-"),
      `interface Event { id: string; it: ${type} }`,
    );
    expect(fields).toEqual({ id: TEXT, it: JSON_TYPE });
  });

  test("leaves out what can't leave a process, and what no value has", () => {
    const { fields } = portable(
      "portable-left-out",
      `declare const brand: unique symbol;
interface Logger { log(text: string): void; child(): Logger }
interface Event { id: string; method(): void; fn?: () => string; key: symbol; logger: Logger; nothing?: void; never?: never;
  [brand]: "Event"; [Symbol.iterator]?: () => void; hooks: (() => void)[]; either: string | (() => string); maybe: Logger | null; ctor: new () => Logger }`,
    );
    expect(fields).toEqual({ id: TEXT, either: TEXT, maybe: { kind: "null" } });
  });

  test("keeps what can be sent, by its name", () => {
    const { event, fields, fieldsOf } = portable(
      "portable-kept",
      `enum Colour { Red = "red", Blue = "blue" }
interface Part { name: string; parts: Part[]; next?: Part; any: any }
interface Event { id: string & { readonly __brand: "Id" }; colour: Colour; at: Date; bytes: Buffer; part: Part; list: readonly Part[];
  pair: [string, Part?]; kind: { type: "a"; part: Part } | { type: "b"; any: unknown }; big: bigint; flag?: boolean | null }`,
    );
    expect(event.messages.map(({ name }) => name)).toContain("Part");
    expect(Object.keys(fieldsOf("Part"))).toEqual(["name", "parts", "next", "any"]);
    expect(fieldsOf("Part").parts).toEqual({ kind: "array", items: { kind: "message", name: "Part" } });
    expect(fields).toMatchObject({
      id: TEXT,
      at: { kind: "timestamp" },
      bytes: { kind: "bytes" },
      big: { kind: "bigint" },
    });
    expect(fields.list).toEqual({ kind: "array", items: { kind: "message", name: "Part" }, readonly: true });
    expect(event.enums.map(({ name }) => name)).toContain("Colour");
    expect(fields.kind!.kind).toBe("union");
  });

  test("takes instances of classes as their public properties", () => {
    const { fieldsOf } = portable(
      "portable-class",
      `declare class Money { readonly amount: number; private secret: string; protected more: string; get cents(): number; format(): string; static zero: Money }
interface Event { price: Money }`,
    );
    expect(Object.keys(fieldsOf("Money"))).toEqual(["amount", "cents"]);
  });

  test("takes index signatures, named fields beside them or not, as records", () => {
    const { fields } = portable(
      "portable-index",
      `interface Part { name: string }
interface Event { texts: { id: string; [key: string]: string }; mixed: { id: Part; [key: string]: unknown }; numbered: { [n: number]: Part };
  counted: Record<Int<{ min: 0; max: 9 }>, Part>;
  x: { [key: \`x-\${string}\`]: string; y: string }; anything: Record<string, any>; lists: string[] | number[]; gaps: (string | undefined)[] | number[] }`,
    );
    const record = (values: object) => ({ kind: "record", values });
    expect(fields).toMatchObject({
      texts: record(TEXT),
      mixed: record(JSON_TYPE),
      numbered: record({ kind: "message", name: "Part" }),
      counted: { ...record({ kind: "message", name: "Part" }), keys: { kind: "int", min: 0, max: 9 } },
      x: record(TEXT),
      anything: record(JSON_TYPE),
      lists: { kind: "array" },
      gaps: { kind: "array", items: { kind: "nullable", of: { kind: "union" } } },
    });
  });

  test("a mix of named fields and an index signature comes back exactly, whatever its keys", async () => {
    const before =
      "interface Event { bag: { id: string; count?: number; [key: string]: string | number | undefined } }";
    const root = writeProject("portable-mix", { "usecases/mix.ts": useCaseOf(before) });
    const { useCases, diagnostics } = await compile({ root, types: false });
    expect(diagnostics).toEqual([]);
    const code = load(useCases[0]!);
    const { fromJson, toJson } = loadJson(useCases[0]!, code);
    const bag = JSON.parse('{"id":"a","count":0,"":"","bag":"b","__proto__":"p","toString":1,"id ":"c"}');
    expect(code.validate({ bag })).toBeUndefined();
    expect(isDeepStrictEqual(code.decode(code.encode({ bag })), { bag })).toBe(true);
    expect(isDeepStrictEqual(fromJson(JSON.parse(JSON.stringify(toJson({ bag })))), { bag })).toBe(true);
  });
});

test("a field that is Portable is read with all that is declared globally, as the event is", () => {
  const before = "interface Part { name: string; log(): void; later: Promise<string> }";
  const event = readEvent(
    "portable-field",
    `import type { Portable } from "fivefold";\n${before}`,
    "{ id: string; part: Portable<Part> }",
  );
  expect(event.messages.find(({ name }) => name === "Part")?.fields.map(({ name, type }) => [name, type])).toEqual([
    ["name", TEXT],
    ["later", JSON_TYPE],
  ]);
});

test("a type that Portable does not see to is not told to be written so, and what is left of it is told", () => {
  const { diagnostics } = read("portable-no-way-out", {
    "usecases/subject.ts": moduleOf("TopLevel", "../lib/node_modules/vocabulary/index.js"),
    "lib/node_modules/vocabulary/index.d.ts": `export interface A { id: string; any?: any }
export interface B { id: string; more?: string }
export interface TopLevel { id: string; any: any; both: A | B; thing: Map<string, string> }
`,
    "lib/node_modules/vocabulary/package.json": '{ "name": "vocabulary", "type": "module" }',
  });
  expect(diagnostics).toMatchObject([
    {
      code: "unsupported-type-of-package",
      message:
        "`TopLevel` of vocabulary has what can't be sent, not even as `Portable<TopLevel>`: TopLevel.both is `A | B`, and no " +
        "field tells 'A' and 'B' apart.",
      fix:
        "Leave out all of them but one, as with `Exclude<…>`. Or declare an interface with the fields that are needed, and " +
        "`Json` for these.",
    },
  ]);
});

/** Types as the compiler reads them as `Portable`, and as the checker works them out. */
describe.each([
  [
    "everything",
    `import type { Int } from "fivefold";
declare class Money { readonly amount: number; private secret: string; get cents(): number; format(): string }
declare const brand: unique symbol;
interface Logger { log(text: string): void }
interface Part { name: string; parts: Part[]; next?: Part; any: any; up: Whole }
interface Whole { id: string & { readonly [brand]: "Id" }; part: Part | null; money: Money; maybe: Logger | null; fn?: () => void }
type AnyJson = string | number | boolean | null | AnyJson[] | { [key: string]: AnyJson };
interface Event { id: string; whole: Whole; at?: Date | null; bytes: Buffer; map: Map<string, Part>; pair: [string, Part?, ...unknown[]];
  either: string | (() => void) | symbol; items: (string | undefined | (() => void))[]; lists: string[] | [number, ...any[]] | null;
  texts: { id: string; [key: string]: string | undefined }; mixed: { id: Part; [key: \`x-\${string}\`]: unknown }; numbered: Record<number, Part>;
  counted: Record<Int<{ min: 0; max: 9 }>, Part>; json: AnyJson; maybeJson?: AnyJson; nothing: void; empty: {}; object: object;
  tagged: { type: "a"; part: Part } | { type: "b"; any: unknown } | Logger; record: Record<string, any> | Record<string, unknown>;
  beside: Part | Record<string, string>; values: Record<string, string | symbol | undefined>; toJSON: { toJSON(): string }; big: bigint }`,
  ],
  [
    "packages",
    'import type { Log } from "sarif";\nimport type { JSONSchema7 } from "json-schema";\nimport type { QueryResult } from "pg";\nimport type { PackageEvent } from "@octokit/webhooks-types";\ninterface Event { log: Log; schema: JSONSchema7; result: QueryResult; event: PackageEvent }',
  ],
])("what the compiler reads as Portable is what the checker makes of it: %s", (name, before) => {
  test("all fields are of the same types", () => {
    const of = (from: string) =>
      readUseCase(
        `portable-alike-${name}`,
        useCaseText(
          `import type { Portable } from "${from}";\n${before}`,
          "Portable<Event>",
          'owner: "team", handler: () => {}',
        ),
        { "copy.ts": PORTABLE },
      ).event;
    expect(unfolded(of("fivefold"))).toEqual(unfolded(of("../copy.ts")));
  });
});

/** The declarations of Portable, which the compiler does not know when they are somebody else's. */
const PORTABLE = readFileSync(resolve(import.meta.dirname, "../../runtime/authoring/portable.ts"), "utf8").replace(
  "./types.ts",
  "fivefold",
);

/** What an event holds, whatever its types are called. */
function unfolded(event: Event, type: Type = rootOf(event), depth = 0): unknown {
  const inside = (part: Type) => (depth > 6 ? "…" : unfolded(event, part, depth + 1));
  switch (type.kind) {
    case "message": {
      const { fields, tuple } = event.messages.find(({ name }) => name === type.name)!;
      return { tuple, fields: new Map(fields.map((field) => [field.name, [field.optional, inside(field.type)]])) };
    }
    case "union":
      return new Set(event.unions.find(({ name }) => name === type.name)!.variants.map((one) => inside(one.type)));
    case "enum":
      return new Set(event.enums.find(({ name }) => name === type.name)!.members.map(({ value }) => value));
    case "array":
      return { ...type, items: inside(type.items) };
    case "record":
      return { ...type, values: inside(type.values) };
    case "nullable":
      return { nullable: inside(type.of) };
    default:
      return type;
  }
}

function useCaseOf(before: string): string {
  return `import { type Int, type Portable, useCase } from "fivefold";
${before}
export default useCase<Portable<Event>>({ owner: "team", handler: () => {} });
`;
}

/** Types of packages that nobody here wrote, and whether they are taken as they are, as `Portable`, or not at all. */
const PACKAGES: Readonly<Record<string, Readonly<Record<string, "as it is" | "Portable" | "refused">>>> = {
  "@octokit/webhooks-types": {
    PushEvent: "as it is",
    PackageEvent: "Portable",
    WorkflowDispatchEvent: "Portable",
    WebhookEvent: "refused",
  },
  "aws-lambda": {
    S3Event: "as it is",
    APIGatewayProxyEvent: "Portable",
    DynamoDBStreamEvent: "Portable",
    CloudFormationCustomResourceEvent: "Portable",
  },
  pg: { FieldDef: "as it is", Notification: "as it is", QueryResult: "Portable" },
  sarif: { Result: "Portable", Log: "Portable" },
  "json-schema": { JSONSchema7: "Portable" },
};

describe.each(Object.entries(PACKAGES))("%s", (from, types) => {
  test.each(Object.entries(types))(
    "%s is taken: %s",
    async (type, expected) => {
      const plain = await taken(from, type, moduleOf(type, from));
      const other = plain ? undefined : await taken(from, type, moduleOfPortable(type, from));
      expect(plain ? "as it is" : other ? "Portable" : "refused").toBe(expected);
      const useCase = plain ?? other;
      if (useCase) expect(faultOf(useCase)).toBeUndefined();
    },
    60_000,
  );
});

async function taken(from: string, type: string, text: string): Promise<UseCase | undefined> {
  const name = `portable-${from}-${type}`.replaceAll(/\W/g, "-");
  const { diagnostics, useCases } = await compile({
    root: writeProject(name, { "usecases/a.ts": text }),
    types: false,
  });
  // One error a type, however many of its parts are at fault.
  expect(diagnostics.length).toBeLessThanOrEqual(1);
  return diagnostics.length === 0 ? useCases[0] : undefined;
}

/** What is wrong with how sample values come back. */
function faultOf(useCase: UseCase): string | undefined {
  const code: Emitted = load(useCase);
  const { fromJson, toJson } = loadJson(useCase, code);
  for (const value of fc.sample(valuesOf(useCase), { numRuns: 10, seed: 7 }).map(withoutAbsent)) {
    const violations = code.validate(value);
    if (violations) return JSON.stringify(violations);
    if (!isDeepStrictEqual(code.decode(code.encode(value)), value)) return "it comes back as another by bytes";
    // Cloned, since JSON's text has no minus zero.
    if (!isKeptInJson(useCase.event) || isDeepStrictEqual(fromJson(structuredClone(toJson(value))), value)) continue;
    return "it comes back as another by JSON";
  }
  return undefined;
}

/** The value without properties that are undefined. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  const present = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(present.map(([key, part]) => [key, withoutAbsent(part)]));
}
