import { expect, test } from "vitest";
import { enumsOf, fieldsOf } from "./event-parts.ts";
import { read, readEvent, useCaseText } from "./scratch-project.ts";

test("scalars, constraints and collections", () => {
  const event = readEvent(
    "scalars",
    `interface Event {
      text: string; number: number; big: bigint; yes: boolean; at: Date; raw: Uint8Array;
      short: Text<{ minLength: 1; maxLength: 64; pattern: "^a"; format: "uuid" }>; anyText: Text;
      both: Text<{ maxLength: 8 }> & Text<{ minLength: 2 }>;
      count: Int; small: Int<{ min: -5; max: 5 }>; long: Int<{ min: 0 }>;
      natural: Uint; port: Uint<{ max: 65535 }>; ratio: Float<{ min: 0; max: 1 }>;
      hash: Bytes<{ minLength: 32; maxLength: 32 }>;
      list: string[]; readonlyList: readonly number[]; generic: Array<bigint>; bounded: List<Date, { maxItems: 3 }>;
      grid: number[][]; record: Record<string, boolean>; index: { [name: string]: string[] };
    }`,
  );
  expect(fieldsOf(event, "Event")).toEqual({
    text: { kind: "text" },
    number: { kind: "float" },
    big: { kind: "bigint" },
    yes: { kind: "boolean" },
    at: { kind: "timestamp" },
    raw: { kind: "bytes" },
    short: { kind: "text", minLength: 1, maxLength: 64, pattern: "^a", format: "uuid" },
    anyText: { kind: "text" },
    both: { kind: "text", minLength: 2, maxLength: 8 },
    count: { kind: "int", wire: "int64", min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
    small: { kind: "int", wire: "int32", min: -5, max: 5 },
    long: { kind: "int", wire: "int64", min: 0, max: Number.MAX_SAFE_INTEGER },
    natural: { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER },
    port: { kind: "int", wire: "uint32", min: 0, max: 65_535 },
    ratio: { kind: "float", min: 0, max: 1 },
    hash: { kind: "bytes", minLength: 32, maxLength: 32 },
    list: { kind: "array", items: { kind: "text" } },
    readonlyList: { kind: "array", items: { kind: "float" }, readonly: true },
    generic: { kind: "array", items: { kind: "bigint" } },
    bounded: { kind: "array", items: { kind: "timestamp" }, maxItems: 3 },
    grid: { kind: "array", items: { kind: "array", items: { kind: "float" } } },
    record: { kind: "record", values: { kind: "boolean" } },
    index: { kind: "record", values: { kind: "array", items: { kind: "text" } } },
  });
});

test("a field is optional by its mark or by undefined, and keeps its type's name", () => {
  const event = readEvent(
    "optional",
    `type Kind = "b" | "a";
    interface Event { marked?: Kind; union: Kind | undefined; both?: Kind | undefined; yes?: boolean; count?: Int<{ min: 1 }> }`,
  );
  expect(fieldsOf(event, "Event")).toMatchObject({
    "marked?": { kind: "enum", name: "Kind" },
    "union?": { kind: "enum", name: "Kind" },
    "both?": { kind: "enum", name: "Kind" },
    "yes?": { kind: "boolean" },
    "count?": { kind: "int", min: 1 },
  });
  expect(event.enums).toHaveLength(1);
});

test("numbers of other encodings, and records by integers", () => {
  const event = readEvent(
    "encodings",
    `interface Event {
      single: Float<{ wire: "float"; min: 0.1 }>; zigzag: Int<{ wire: "sint32" }>; narrow: Int<{ wire: "sfixed64"; max: 5 }>;
      fixed: Uint<{ wire: "fixed32" }>; big: Bigint; unsigned: Bigint<{ wire: "uint64" }>; id: Bigint<{ wire: "sfixed64" }> & { __brand: "Id" };
      byInt: Record<Int, string>; byPort: Record<Uint<{ max: 65535 }>, boolean>; written: { [key: Int<{ wire: "sint64" }>]: string[] };
      sparse: Partial<Record<Int<{ min: 0; max: 9 }>, Date>>;
    }`,
  );
  const SAFE = Number.MAX_SAFE_INTEGER;
  const int = (wire: string, min: number, max: number) => ({ kind: "int", wire, min, max });
  expect(fieldsOf(event, "Event")).toEqual({
    single: { kind: "float", wire: "float", min: 0.1 },
    zigzag: int("sint32", -(2 ** 31), 2 ** 31 - 1),
    narrow: int("sfixed64", -SAFE, 5),
    fixed: int("fixed32", 0, 2 ** 32 - 1),
    big: { kind: "bigint" },
    unsigned: { kind: "bigint", wire: "uint64" },
    id: { kind: "bigint", wire: "sfixed64" },
    byInt: { kind: "record", keys: int("int64", -SAFE, SAFE), values: { kind: "text" } },
    byPort: { kind: "record", keys: int("uint32", 0, 65_535), values: { kind: "boolean" } },
    written: { kind: "record", keys: int("sint64", -SAFE, SAFE), values: { kind: "array", items: { kind: "text" } } },
    sparse: { kind: "record", keys: int("int32", 0, 9), values: { kind: "timestamp" }, sparse: true },
  });
});

test.each<[string, RegExp]>([
  ['Int<{ wire: "fixed32" }>', /'fixed32' is no encoding that it can have/],
  ['Uint<{ wire: "sint32" }>', /'sint32' is no encoding/],
  ['Int<{ wire: "sint32"; max: 4000000000 }>', /4000000000 is not an integer from -2147483648 to 2147483647/],
  ['Float<{ wire: "float"; max: 1e300 }>', /beyond the numbers of 32 bits/],
  ['Bigint<{ wire: "int64" }>', /'int64' is no encoding/],
  ["Record<number, string>", /whose keys are any numbers/],
  ["Record<Float, string>", /whose keys are any numbers/],
  ['Record<number & { __brand: "Id" }, string>', /whose keys are any numbers/],
])("%s is refused", (type, message) => {
  const { diagnostics } = read("wrong-encodings", {
    "usecases/wrong.ts": useCaseText(`interface Event { field: ${type} }`, "Event", 'owner: "team", handler: () => {}'),
  });
  expect(diagnostics.map(({ message }) => message).join("\n")).toMatch(message);
});

test.each<[string, string]>([
  ["interface Page<R> { rows: R[][] } interface Event { page: Page<symbol> }", "'rows' is `symbol`"],
  ["interface Box<V> { value?: Set<V> } interface Event { box: Box<string> }", "`Set<string>`"],
])("a refusal names what a generic type's parameter stands for: %s", (before, expected) => {
  const { diagnostics } = read("parameters", {
    "usecases/wrong.ts": useCaseText(before, "Event", 'owner: "team", handler: () => {}'),
  });
  expect(diagnostics.map(({ message }) => message).join()).toContain(expected);
});

test("enums: their order is that of the source, and only declared ones are shared", () => {
  const event = readEvent(
    "enums",
    `enum Color { Red = "red", Green = "green", Blue = "blue" }
    type Size = "small" | "medium" | ("large");
    type Wide = Size | "huge";
    const NAMES = ["zoe", "adam"] as const;
    interface Event {
      color: Color; size: Size; sizes: Size[]; wide: Wide; here: "z" | "y"; there: "z" | "y"; one: "only";
      part: Exclude<Size, "medium">; name: (typeof NAMES)[number]; key: keyof { q: 1; p: 1 };
    }`,
  );
  expect(enumsOf(event)).toEqual({
    Color: ["red", "green", "blue"],
    Size: ["small", "medium", "large"],
    Wide: ["small", "medium", "large", "huge"],
    EventHere: ["z", "y"],
    EventThere: ["z", "y"],
    EventOne: ["only"],
    EventPart: ["large", "small"],
    EventName: ["adam", "zoe"],
    EventKey: ["p", "q"],
  });
});

test("messages: generics, utility types, intersections, inheritance and recursion", () => {
  const event = readEvent(
    "messages",
    `interface Base { id: string }
    interface User extends Base { friends: User[]; address?: Address }
    interface Address { street: string; city: string; zip: string }
    interface Page<T> { items: T[]; next?: Page<T> }
    type Audit<T> = T & { by: string };
    type Patch = Partial<Address>;
    type Tree = { value: string; children: Tree[] };
    interface Event {
      users: Page<User>; texts: Page<string>; lists: Page<number[]>; literals: Page<{ x: string }>;
      patch: Patch; some: Pick<Address, "zip" | "city">; rest: Omit<Address, "zip">; flags: Record<"on" | "off", boolean>;
      audited: Audit<Address>; tree: Tree; inline: { deep: { deeper: string }[] };
    }`,
  );
  expect(event.messages.map(({ name, fields }) => `${name}(${fields.map((field) => field.name)})`)).toEqual([
    "Event(users,texts,lists,literals,patch,some,rest,flags,audited,tree,inline)",
    "PageOfUser(items,next)",
    "PageOfString(items,next)",
    "PageOfNumberList(items,next)",
    "EventLiterals(items,next)",
    "Patch(street,city,zip)",
    "EventSome(city,zip)",
    "EventRest(street,city)",
    "EventFlags(off,on)",
    "AuditOfAddress(street,city,zip,by)",
    "Tree(value,children)",
    "EventInline(deep)",
    "User(friends,address,id)",
    "EventLiteralsItems(x)",
    "EventInlineDeep(deeper)",
    "Address(street,city,zip)",
  ]);
  expect(fieldsOf(event, "Patch")).toMatchObject({ "street?": { kind: "text" }, "zip?": { kind: "text" } });
  expect(fieldsOf(event, "Tree")).toMatchObject({ children: { items: { kind: "message", name: "Tree" } } });
});

test("one name, several declarations: the path tells them apart, then a number", () => {
  const event = readEvent(
    "names",
    `namespace a { export interface Item { a: string } }
    namespace b { export interface Item { b: string } }
    interface Record { own: string }
    interface user_data { x: string }
    interface Événement { x: string }
    interface EventSecond { taken: string }
    interface Event { first: a.Item; second: b.Item; third: EventSecond; record: Record; user: user_data; non: Événement }`,
  );
  expect(fieldsOf(event, "Event")).toEqual({
    first: { kind: "message", name: "Item" },
    second: { kind: "message", name: "EventSecond" },
    third: { kind: "message", name: "EventThird" },
    record: { kind: "message", name: "EventRecord" },
    user: { kind: "message", name: "UserData" },
    non: { kind: "message", name: "Événement" },
  });
});

test("an event written in place is named after its use case", () => {
  expect(readEvent("in-place", "", "{ id: string }").name).toBe("SubjectEvent");
});

test("comments become documentation", () => {
  const event = readEvent(
    "comments",
    `/** A file came.\n * Its second line. */
    interface Event {
      /** Who sent it. */
      from: string;
      // No documentation.
      to: string;
      kind: Kind;
    }
    /** What it is. */
    type Kind = "a" | "b";`,
  );
  expect(event.messages[0]).toMatchObject({
    doc: "A file came.\nIts second line.",
    fields: [{ doc: "Who sent it." }, { doc: "" }, { doc: "" }],
  });
  expect(event.enums[0]?.doc).toBe("What it is.");
});

test("32 levels are accepted, one more is refused where it begins", () => {
  const levels = (count: number) => `${"{ a: ".repeat(count)}string${" }".repeat(count)}`;
  expect(readEvent("deep", "", levels(32)).messages).toHaveLength(32);
  const { diagnostics } = read("too-deep", {
    "usecases/deep.ts": useCaseText("", levels(33), 'owner: "team", handler: () => {}'),
  });
  expect(diagnostics.map(({ code }) => code)).toEqual(["nesting-too-deep"]);
});

test("types that grow without end are refused, whichever way they grow", () => {
  const events = {
    list: "type Event = { list: Endless }; type Endless = Endless[];",
    record: "type Event = { record: Endless }; type Endless = { [key: string]: Endless };",
    object: "interface Event extends Endless<string> {} interface Endless<T> { next: Endless<T[]> }",
    bush: "interface Event extends Bush<string> {} interface Bush<T> { a: Bush<T[]>; b: Bush<Record<string, T>>; c: Bush<Set<T>> }",
  };
  const files = Object.entries(events).map(([name, text]) => {
    return [`usecases/${name}.ts`, useCaseText(text, "Event", 'owner: "team", handler: () => {}')] as const;
  });
  const { useCases, diagnostics } = read("endless", Object.fromEntries(files));
  expect(useCases).toEqual([]);
  expect([...new Set(diagnostics.map(({ span }) => span.file))].sort()).toEqual(files.map(([path]) => path).sort());
});

test("an event does not depend on what other modules mention", () => {
  const subject = useCaseText(
    `interface Parts { alpha: string; beta: string; gamma: string }
    interface Event { kind: "one" | "two" | "three"; some: Pick<Parts, "gamma" | "alpha">; key: keyof Parts; which: Record<"two" | "one", string> }`,
    "Event",
    'owner: "team", handler: () => {}',
  );
  const other = useCaseText(
    `interface Event { kind: "three" | "two" | "one"; key: "gamma" | "beta" | "alpha" }`,
    "Event",
    'owner: "team", handler: () => {}',
  );
  const alone = read("alone", { "usecases/subject.ts": subject }).useCases;
  const beside = read("beside", { "usecases/before.ts": other, "usecases/subject.ts": subject }).useCases;
  expect(beside.find(({ name }) => name === "subject")).toEqual(alone[0]);
});

test("Node's types are resolved where an event mentions them", () => {
  const { diagnostics } = read("ambient", {
    "usecases/a.ts": useCaseText("", "{ raw: Buffer }", 'owner: "team", handler: () => {}'),
  });
  expect(diagnostics).toMatchObject([{ code: "unsupported-type", fix: "Write `Uint8Array`." }]);
});

test("what is wrong with a package's type is told at the use of it, with the place in the package", () => {
  const text = useCaseText("", "{ id: string; colors: Colors }", 'owner: "team", handler: () => {}');
  const { diagnostics } = read("package-type", {
    "usecases/a.ts": `import type { Colors } from "picocolors/types.js";\n${text}`,
  });
  expect(diagnostics).toHaveLength(1);
  const [first] = diagnostics;
  expect(first).toMatchObject({ code: "unsupported-type-of-package", span: { file: "usecases/a.ts", line: 4 } });
  expect(first!.message).toMatch(
    /^`Colors` of picocolors has what can't be sent: event\.colors\.reset is `Formatter`, and/,
  );
  expect(first!.message).toMatch(/; and \d+ more like these\.$/);
  expect(first!.related![0]!.message).toBe("event.colors.reset is declared here.");
  expect(first!.related![0]!.span.file).toContain("node_modules/picocolors/types.d.ts");
});
