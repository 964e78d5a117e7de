import fc from "fast-check";
import { expect, test } from "vitest";
import { read, readEvent, useCaseText } from "./scratch-project.ts";

const rules = (names: readonly string[], values: fc.Arbitrary<number | string>) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), values), { selector: ([name]) => name, maxLength: 2 })
    .map((pairs) => pairs.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join("; "));
const counts = fc.integer({ min: -1, max: 9 });
const numbers = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noNaN: true, min: -1e20, max: 1e20 }));

const ruled = fc.oneof(
  fc.tuple(fc.constantFrom("Int", "Uint", "Float"), rules(["min", "max", "mni"], numbers)),
  fc.tuple(fc.constantFrom("Text", "Bytes"), rules(["minLength", "maxLength"], counts)),
  fc.tuple(fc.constant("Text"), rules(["pattern", "format"], fc.constantFrom("uuid", "[a-z]", "[", 'quote"'))),
);

const simple = fc.oneof(
  fc.constantFrom("string", "number", "bigint", "boolean", "Date", "Uint8Array", "Text", "Int", "Bytes", "true"),
  ruled.map(([name, inside]) => `${name}<{ ${inside} }>`),
  fc
    .array(fc.constantFrom('"a"', '"b"', '"ü"', '"1"', "1", "null"), { minLength: 1, maxLength: 4 })
    .map((all) => all.join(" | ")),
);

/** Types of most forms, on the way to which parentheses, lists and records may lie. */
const types = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { depthSize: "small" },
    simple,
    tie("type").map((item) => `(${item})[]`),
    tie("type").map((item) => `readonly (${item})[]`),
    tie("type").map((value) => `Record<string, ${value}>`),
    tie("type").map((type) => `(${type}) | null`),
  ),
})).type;

/**
 * What is read of an event, or said of it, apart from places. Of an instance of a generic type, the checker is asked for
 * each field's type.
 */
function outcome(fields: readonly (readonly [type: string, optional: boolean])[], isGeneric: boolean) {
  const members = fields.map(([type, optional], i) => `f${i}${optional ? "?" : ""}: ${type};`);
  const before = `interface Event${isGeneric ? "<T>" : ""} { id: string; ${members.join(" ")} }`;
  const text = useCaseText(before, isGeneric ? 'Event<"t">' : "Event", 'owner: "team", handler: () => {}');
  const { useCases, diagnostics } = read("written-type", { "usecases/subject.ts": text });
  const codes = diagnostics.map(({ code, message }) => `${code} ${message}`);
  const found = JSON.stringify(useCases[0]?.event ?? codes, (key, value) => (key === "span" ? undefined : value));
  return JSON.parse(found.replaceAll("EventOfT", "Event"));
}

test("what is told by a type's form is what the checker says of it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(types, fc.boolean()), { minLength: 1, maxLength: 6 }), (fields) => {
      expect(outcome(fields, false)).toEqual(outcome(fields, true));
    }),
    { numRuns: 150 },
  );
});

const typeOf = (before: string, event = "Event") => {
  const { messages, enums } = readEvent("written-names", before, event);
  return [messages[0]?.fields[0]?.type, ...enums.map(({ members }) => members.map(({ value }) => value))];
};

test.each([
  [
    "an interface of the module",
    "interface Date { day: string }\ninterface Event { a: Date }",
    { kind: "message", name: "EventA" },
  ],
  [
    "a type of the module",
    'type Uint8Array = "x";\ninterface Event { a: Uint8Array }',
    { kind: "enum", name: "EventA" },
  ],
  ["a type parameter", "interface Of<Date> { a: Date }\ntype Event = Of<boolean>", { kind: "boolean" }],
  [
    "a namespace's own",
    "namespace n { type Date = bigint; export interface E { a: Date } }\ntype Event = n.E",
    { kind: "bigint" },
  ],
  [
    "another export of the package",
    'import { type Int as Float2 } from "fivefold";\ninterface Event { a: Float2<{ max: 5 }> }',
    { kind: "int" },
  ],
  [
    "a mapped type's property",
    "interface Of { a: string }\ntype Event = { [K in keyof Of]: number }",
    { kind: "float" },
  ],
  [
    "an instance of a generic type",
    'interface Of<T> { a: "x" | "y"; b: T }\ntype Event = Of<number>',
    { kind: "enum" },
  ],
])("names stand for what is declared closest: %s", (_, before, expected) => {
  expect(typeOf(before)[0]).toMatchObject(expected);
});
