import { describe, expect, test } from "vitest";
import { read, readEvent, readUseCase, useCaseText } from "./scratch-project.ts";

const fieldsOf = (name: string, before: string, event = "Event") =>
  readEvent(name, before, event).messages.map((message) => [message.name, message.fields.map((field) => field.name)]);

const ORDER = "interface Order { id: string; total: number }";

describe("a brand is TypeScript's alone, on an object too", () => {
  test.each([
    ["a literal", 'type Event = { order: Order & { readonly __brand: "Valid" } };'],
    ["one underscore", 'type Event = { order: Order & { _brand: "Valid" } };'],
    ["optional", 'type Event = { order: Order & { readonly __brand?: "Valid" } };'],
    [
      "a unique symbol's key",
      "declare const brand: unique symbol;\ntype Event = { order: Order & { [brand]: true } };",
    ],
    ["a unique symbol's value", "type Event = { order: Order & { readonly brand: unique symbol } };"],
    [
      "generics in each other",
      "declare const tag: unique symbol;\ntype Tagged<T, K extends string> = T & { readonly [tag]: { [P in K]: true } };\ntype Branded<T, B> = T & { __type: B };\ntype Event = { order: Tagged<Branded<Order, 'a'>, 'b'> };",
    ],
    ["an object of brands", "type Event = { order: Order & { readonly __brand: { readonly Valid: true } } };"],
  ])("%s", (_, event) => {
    expect(fieldsOf("brand", `${ORDER}\n${event}`)).toEqual([
      ["Event", ["order"]],
      ["Order", ["id", "total"]],
    ]);
  });

  test("beside several parts, and in an interface", () => {
    const before = `${ORDER}
type Valid = Order & { note: string } & { readonly __brand: "Valid" };
interface Checked extends Order { readonly __brand: "Checked" }
interface Event { valid: Valid; checked: Checked }`;
    expect(fieldsOf("brands", before)).toEqual([
      ["Event", ["valid", "checked"]],
      ["Valid", ["id", "total", "note"]],
      ["Checked", ["id", "total"]],
    ]);
  });

  test("on the event itself, and what only looks like one is a field", () => {
    expect(fieldsOf("brand-root", `${ORDER}\ntype Event = Order & { readonly __brand: "Valid" };`)).toEqual([
      ["Order", ["id", "total"]],
    ]);
    const data = `${ORDER}\ntype Event = Order & { brand: "Tesla" } & { __typename: "Order" };`;
    expect(fieldsOf("brand-none", data)).toEqual([["Event", ["id", "total", "brand", "__typename"]]]);
  });
});

test("a field that can only be undefined is none", () => {
  const before =
    "interface Event { id: string; gone: undefined; nothing: void; never?: undefined; both?: never | undefined; nil: null }";
  expect(fieldsOf("undefined", before)).toEqual([["Event", ["id", "nil"]]]);
});

test("interfaces of Node's, the DOM's and JavaScript's own that are plain data are plain data", () => {
  const before = `import type { CpuInfo } from "node:os";
interface Event { memory: NodeJS.MemoryUsage; cpu: CpuInfo }`;
  expect(fieldsOf("builtin-data", before).map(([name]) => name)).toEqual([
    "Event",
    "EventMemory",
    "EventCpu",
    "EventCpuTimes",
  ]);
  const tsconfig = { compilerOptions: { lib: ["es2024", "dom"], types: [], module: "nodenext", noEmit: true } };
  const text = useCaseText("interface Event { at: DOMPointInit; options?: PositionOptions }", "Event", SETTINGS);
  const { event } = readUseCase("dom-data", text, { "tsconfig.json": JSON.stringify(tsconfig) });
  expect(event.messages.map(({ fields }) => fields.map(({ name }) => name))).toEqual([
    ["at", "options"],
    ["w", "x", "y", "z"],
    ["enableHighAccuracy", "maximumAge", "timeout"],
  ]);
  const refused =
    "interface Event { map: Map<string, string>; iterable: Iterable<string>; stats: import('node:fs').Stats }";
  const { diagnostics } = read("builtin-objects", { "usecases/subject.ts": useCaseText(refused, "Event", SETTINGS) });
  expect(diagnostics.map(({ code }) => code)).toEqual(["unsupported-type", "unsupported-type", "unsupported-type"]);
});

test.each<readonly [string, string, reason: string, fix: string]>([
  [
    "a field of an interface that extends a list",
    "interface Many extends Array<string> {} interface Event { it: Many }",
    "extends `Array`",
    "Write a list in its place",
  ],
  [
    "one in a union",
    "interface Many extends ReadonlyArray<string> { more: string } interface Event { it?: Many | string }",
    "extends `Array`",
    "Write a list in its place",
  ],
  [
    "keys that are numbers",
    "interface Event { it: { [id: number]: string } }",
    "whose keys are any numbers, and a record's are strings or integers",
    "Write `Record<Int, T>`, with fivefold's `Int`, or `Record<string, T>`",
  ],
  [
    "an event that is a socket",
    "type Event = import('node:net').Socket;",
    "objects have no wire form",
    "Declare an interface with the fields that are needed",
  ],
  [
    "an event that is a map",
    "type Event = Map<string, string>;",
    "objects have no wire form",
    "Declare an interface with the fields that are needed",
  ],
])("%s: the fix is one that compiles", (_, before, reason, fix) => {
  const { diagnostics } = read("refused-objects", { "usecases/subject.ts": useCaseText(before, "Event", SETTINGS) });
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]!.message).toContain(reason);
  expect(diagnostics[0]!.fix).toContain(fix);
});

const SETTINGS = 'owner: "team", handler: () => {}';
