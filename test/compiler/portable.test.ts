import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile } from "../../compiler/compile.ts";
import type { UseCase } from "../../compiler/model/model.ts";
import { valuesOf } from "./emit/arbitrary-values.ts";
import { type Emitted, load } from "./emit/load.ts";
import { isKeptInJson, loadJson } from "./emit/load-json.ts";
import { moduleOf, moduleOfPortable } from "./published-module.ts";
import { readEvent, writeProject } from "./read/scratch-project.ts";

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
