import { expect, test } from "vitest";
import type { Event, Type } from "../../../compiler/model/model.ts";
import { read, readEvent, useCaseText } from "./scratch-project.ts";

/** A union's variants by name, in their order. */
function variants(event: Event, union: string): (readonly [string, Type])[] {
  return event.unions.find(({ name }) => name === union)!.variants.map(({ name, type }) => [name, type] as const);
}

/** What the compiler says of an event, without its place. */
function refusal(name: string, before: string, event = "Event"): string[] {
  const text = useCaseText(before, event, 'owner: "team", handler: () => {}');
  return read(name, { "usecases/a.ts": text }).diagnostics.map(({ message, fix }) => `${message} ${fix}`);
}

const message = (name: string): Type => ({ kind: "message", name });

test("objects by a literal: variants in the order of the source, named after their declarations", () => {
  const event = readEvent(
    "tagged",
    `interface Square { kind: "square"; side: number }
    interface Circle { kind: "circle"; radius: number }
    /** What can be drawn. */
    type Shape = Circle | Square | { kind: "line"; to: { x: number } };
    type More = Shape | { kind: "dot" };
    interface Base { id: string }
    type Based = Base & ({ type: 1; a: string } | { type: 2; b: string });
    interface Event {
      shape: Shape; shapes?: Shape[] | null; by: Record<string, Shape | null>; more: More; based: Based;
      inline: { ok: true; value: string } | { ok: false; error: string };
    }`,
  );
  expect(variants(event, "Shape")).toEqual([
    ["Circle", message("Circle")],
    ["Square", message("Square")],
    ["ShapeLine", message("ShapeLine")],
  ]);
  expect(variants(event, "More").map(([name]) => name)).toEqual(["Circle", "Square", "ShapeLine", "MoreDot"]);
  expect(variants(event, "Based").map(([name]) => name)).toEqual(["Based1", "Based2"]);
  expect(variants(event, "EventInline").map(([name]) => name)).toEqual(["EventInlineTrue", "EventInlineFalse"]);
  expect(event.unions.map(({ name, doc }) => [name, doc])).toEqual([
    ["Shape", "What can be drawn."],
    ["More", ""],
    ["Based", ""],
    ["EventInline", ""],
  ]);
  expect(event.messages.find(({ name }) => name === "Based1")?.fields.map(({ name }) => name)).toEqual([
    "id",
    "type",
    "a",
  ]);
  expect(event.messages.map(({ name }) => name)).toContain("ShapeLineTo");
});

test("values of different kinds, each with its own rules", () => {
  const event = readEvent(
    "kinds",
    `interface Part { id: string }
    interface Event {
      text: string | number; list: string | readonly string[]; all: Text<{ maxLength: 3 }> | Int | bigint | boolean | Date | Uint8Array | Part[] | Part;
      literals: "a" | "b" | number | true; record: Record<string, Date> | string; proposals: 1 | 2 | number | null | string; at?: Date | "now" | null;
    }`,
  );
  expect(variants(event, "EventText")).toEqual([
    ["string", { kind: "text" }],
    ["number", { kind: "float" }],
  ]);
  expect(variants(event, "EventList")[1]).toEqual(["list", { kind: "array", items: { kind: "text" }, readonly: true }]);
  expect(variants(event, "EventAll").map(([name, { kind }]) => [name, kind])).toEqual([
    ["string", "text"],
    ["number", "int"],
    ["bigint", "bigint"],
    ["boolean", "boolean"],
    ["date", "timestamp"],
    ["bytes", "bytes"],
    ["list", "array"],
    ["Part", "message"],
  ]);
  expect(variants(event, "EventLiterals")).toEqual([
    ["string", { kind: "enum", name: "EventLiteralsString" }],
    ["number", { kind: "float" }],
    ["boolean", { kind: "boolean", only: true }],
  ]);
  expect(variants(event, "EventRecord")[0]).toEqual(["record", { kind: "record", values: { kind: "timestamp" } }]);
  expect(variants(event, "EventProposals").map(([, type]) => type)).toEqual([{ kind: "float" }, { kind: "text" }]);
  const types = Object.fromEntries(event.messages[0]!.fields.map(({ name, type }) => [name, type]));
  expect(types.proposals).toEqual({ kind: "nullable", of: { kind: "union", name: "EventProposals" } });
  expect(types.at).toEqual({ kind: "nullable", of: { kind: "union", name: "EventAt" } });
});

test("objects by a field that only some have, by null, and by several fields", () => {
  const event = readEvent(
    "fields",
    `interface User { login: string; id: number }
    interface Team { slug: string; id: number; parent?: Team | null }
    type Only<K extends string> = { [P in K]: string };
    type Value = (Only<"s"> & { n?: never; l?: never }) | (Only<"n"> & { s?: never; l?: never }) | { l: Value[]; s?: undefined; n?: undefined };
    interface Event {
      owner: User | Team; result: { data: string; error: null } | { data: null; error: { code: number } };
      nested: { a: 1; b: "x" } | { a: 1; b: "y" } | { a: 2 }; value: Value;
    }`,
  );
  expect(variants(event, "EventOwner").map(([name]) => name)).toEqual(["User", "Team"]);
  expect(variants(event, "EventResult")).toHaveLength(2);
  expect(variants(event, "EventNested")).toHaveLength(3);
  expect(variants(event, "Value").map(([name]) => name)).toEqual(["ValueS", "ValueN", "ValueL"]);
});

test("lists by an item that only one of them has", () => {
  const event = readEvent(
    "list-items",
    `interface Event {
      all: ("a" | "b")[] | ["*"]; first: string[] | [number, string]; rest: [number, ...string[]] | [number, boolean];
      second: number[] | [number, string];
    }`,
  );
  expect(variants(event, "EventAll").map(([name, { kind }]) => [name, kind])).toEqual([
    ["list", "array"],
    ["EventAllVariant2", "message"],
  ]);
  expect(variants(event, "EventFirst").map(([, { kind }]) => kind)).toEqual(["array", "message"]);
  expect(variants(event, "EventRest").map(([, { kind }]) => kind)).toEqual(["message", "message"]);
  expect(variants(event, "EventSecond").map(([, { kind }]) => kind)).toEqual(["array", "message"]);
  // A rest that has no item is as absent as an item that may be.
  for (const either of ["string[] | [string, number?]", "[string, ...number[]] | [string, boolean?]"]) {
    expect(refusal("list-alike", `interface Event { either: ${either} }`)).toHaveLength(1);
  }
});

test("recursive ones, declared or in place", () => {
  const event = readEvent(
    "recursive",
    `type Tree = string | { left: Tree; right: Tree };
    type List = number | readonly List[];
    interface Box { [key: string]: string | Box | null }
    interface Event { tree: Tree; list: List; box: Box }`,
  );
  expect(variants(event, "Tree").map(([name]) => name)).toEqual(["string", "TreeLeft"]);
  expect(variants(event, "List")[1]?.[1]).toMatchObject({ items: { kind: "union", name: "List" } });
  expect(event.unions.map(({ name }) => name)).toEqual(["Tree", "List", "EventBox"]);
});

test("the event itself may be one, of objects", () => {
  const event = readEvent(
    "root",
    `interface Opened { action: "opened"; id: string }
    interface Closed { action: "closed"; id: string; by?: string }
    export type Event = Opened | Closed;`,
  );
  expect(event.name).toBe("Event");
  expect(variants(event, "Event").map(([name]) => name)).toEqual(["Opened", "Closed"]);
  expect(refusal("root-kinds", "type Event = { a: string } | string;")).toEqual([
    expect.stringContaining("of which not all are objects"),
  ]);
});

test("a key must be in every variant of such an event", () => {
  const before = `type Event = { action: "opened"; id: string; by: string } | { action: "closed"; id: string; by?: string };`;
  const text = (key: string) =>
    useCaseText(before, "Event", `owner: "team", frontend: { dedupeBy: "${key}" }, handler: () => {}`);
  expect(read("root-key", { "usecases/a.ts": text("id") }).diagnostics).toEqual([]);
  expect(read("root-key", { "usecases/a.ts": text("by") }).diagnostics).toMatchObject([
    { code: "bad-key-field", fix: "Choose 'action' or 'id'." },
  ]);
});

test("what nothing tells apart is refused, with what is alike", () => {
  expect(
    refusal(
      "alike",
      "interface A { x: string } interface B { x: string; y?: number } interface Event { either: A | B | { z: 1 } }",
    ),
  ).toEqual([
    "'either' is `A | B | { z: 1 }`, and no field tells 'A' and 'B' apart. " +
      'Give each a required field with a literal of its own, such as `kind: "…"`, or declare an interface with the fields ' +
      "that are needed.",
  ]);
  expect(refusal("lists", "interface Event { either: string[] | number[] }")).toEqual([
    "'either' is `string[] | number[]`, and nothing tells its lists apart. Write one list of a union: `(A | B)[]`.",
  ]);
  expect(refusal("record", "interface Event { either: { a: 1 } | Record<string, string> }")).toHaveLength(1);
  expect(refusal("numbers", "interface Event { either: Int<{ max: 1 }> | Float<{ min: 5 }> | string }")).toHaveLength(
    1,
  );
  expect(refusal("inside", "interface Event { either: string | { a: symbol } | (() => void) }")).toHaveLength(2);
});

test("other modules do not change the order of variants", () => {
  const subject = useCaseText(
    `interface A { kind: "a" } interface B { kind: "b" } interface C { kind: "c" }
    type Rest = Exclude<A | B | C, B>;
    interface Event { all: C | A | B; rest: Rest; text: number | string | Date }`,
    "Event",
    'owner: "team", handler: () => {}',
  );
  const other = useCaseText(
    `interface Event { x: Date | string | number }`,
    "Event",
    'owner: "team", handler: () => {}',
  );
  const alone = read("alone-unions", { "usecases/subject.ts": subject }).useCases;
  const beside = read("beside-unions", { "usecases/before.ts": other, "usecases/subject.ts": subject }).useCases;
  expect(beside.find(({ name }) => name === "subject")).toEqual(alone[0]);
  expect(alone[0]?.event.unions.map(({ variants }) => variants.map(({ name }) => name))).toEqual([
    ["C", "A", "B"],
    ["A", "C"],
    ["number", "string", "date"],
  ]);
});

test("tuples: a list where all elements are of one type, else a message with a field for each", () => {
  const event = readEvent(
    "tuples",
    `type Point = readonly [x: number, y: number, label?: string];
    type Entry = [string, Entry | null, ...Date[]];
    interface Event {
      pair: [number, number]; some: [string, ...string[]]; upTo: [Date, Date?, Date?]; nulls: [number | null, number | null];
      point: Point; path: Point[]; entry: Entry; inPlace?: [{ a: string }, 1]; none: [];
      command: ["move", number] | ["stop"] | string;
    }`,
  );
  const types = Object.fromEntries(event.messages[0]!.fields.map(({ name, type }) => [name, type]));
  expect(types).toMatchObject({
    pair: { kind: "array", items: { kind: "float" }, minItems: 2, maxItems: 2 },
    some: { kind: "array", items: { kind: "text" }, minItems: 1 },
    upTo: { kind: "array", items: { kind: "timestamp" }, minItems: 1, maxItems: 3 },
    nulls: { kind: "array", items: { kind: "nullable", of: { kind: "float" } }, minItems: 2, maxItems: 2 },
    point: message("Point"),
    path: { kind: "array", items: message("Point") },
    inPlace: message("EventInPlace"),
    none: message("EventNone"),
  });
  const tuples = event.messages.filter(({ tuple }) => tuple);
  const texts = tuples.map(({ name, tuple, fields }) => {
    const elements = fields.map(
      ({ name, label, optional, type }) => `${label ?? name}${optional ? "?" : ""} ${type.kind}`,
    );
    return `${name} ${JSON.stringify(tuple)} ${elements}`;
  });
  expect(texts).toEqual([
    'Point {"isOpen":false,"readonly":true} x float,y float,label? text',
    'Entry {"isOpen":true} 0 text,1 nullable,2 array',
    'EventInPlace {"isOpen":false} 0 message,1 enum',
    'EventNone {"isOpen":false} ',
    'EventCommandMove {"isOpen":false} 0 enum,1 float',
    'EventCommandStop {"isOpen":false} 0 enum',
  ]);
  expect(event.messages.map(({ name }) => name)).toContain("EventInPlaceItem1");
  expect(refusal("tuple-root", "type Event = [a: string, b: number];")).toHaveLength(1);
});
