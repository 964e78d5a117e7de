import fc from "fast-check";
import type { Enum, Message, Type, UseCase } from "../../../compiler/model/model.ts";
import { enumOf, enumRef, list, messageOf, messageRef, nullable, record, useCaseOf } from "./models.ts";

/*
 * Random models, and random values of them. Names are chosen to be trouble: JavaScript's own, the generated code's
 * own, no identifiers, no ASCII.
 */

const FIELD_NAMES = (
  "id fileId HTTPServer a_b aB value reader writer tag end record key item found depth objects ABSENT class default " +
  "optional message constructor toString __proto__ größe 日本 a-b line1 empty emptyFields empty_fields undefined Object " +
  "Number describe arguments async nulls null_fields"
)
  .split(" ")
  .concat("a b", "1st", "$", 'say "hi"', "it's", "tab\t");

const MESSAGE_NAMES = "Order Reader Date Record Uint8Array Object Violation OrderItemsItem Array".split(" ");
const ENUM_NAMES = ["Kind", "KindA", "Writer"];
const MEMBERS: readonly (string | number | boolean)[] = [
  0,
  2,
  -2,
  1e21,
  0.5,
  true,
  false,
  "a",
  "b",
  "B",
  "A b",
  "",
  "unspecified",
  "1",
  "é",
  "__proto__",
  "constructor",
  "ABSENT",
  'say "hi"',
  "it's",
];
/** Of records. */
export const KEYS: readonly string[] = ["", "a", "a b", "__proto__", "constructor", "1", "é", "b".repeat(80)];

const SAFE = Number.MAX_SAFE_INTEGER;

const leaf: fc.Arbitrary<Type> = fc.oneof(
  fc.record({ min: fc.nat(3), more: fc.nat(30) }).map(({ min, more }): Type => {
    return { kind: "text", minLength: min, maxLength: min + more };
  }),
  fc.constantFrom<Type>(
    { kind: "text" },
    { kind: "text", format: "uuid" },
    { kind: "text", format: "date" },
    { kind: "text", format: "ipv4" },
    { kind: "text", pattern: "^[a-c/]{1,3}$" },
    { kind: "int", wire: "int32", min: -5, max: 5 },
    { kind: "int", wire: "int32", min: -(2 ** 31), max: 2 ** 31 - 1 },
    { kind: "int", wire: "int64", min: -SAFE, max: SAFE },
    { kind: "int", wire: "uint32", min: 0, max: 2 ** 32 - 1 },
    { kind: "int", wire: "uint64", min: 0, max: SAFE },
    { kind: "float" },
    { kind: "float", min: -1, max: 1 },
    { kind: "bigint" },
    { kind: "boolean" },
    { kind: "boolean", only: true },
    { kind: "boolean", only: false },
    { kind: "null" },
    { kind: "timestamp" },
    { kind: "bytes" },
    { kind: "bytes", minLength: 1, maxLength: 4 },
  ),
);

function typeOf(leaves: fc.Arbitrary<Type>): fc.Arbitrary<Type> {
  return fc.oneof(
    { weight: 6, arbitrary: leaves },
    { weight: 2, arbitrary: leaves.map(list) },
    { weight: 1, arbitrary: leaves.map((items): Type => ({ kind: "array", items, readonly: true })) },
    {
      weight: 1,
      arbitrary: leaves.map((type) => orNull({ kind: "array", items: orNull(list(type)), readonly: true })),
    },
    { weight: 1, arbitrary: leaves.map((items): Type => ({ kind: "array", items, minItems: 1, maxItems: 3 })) },
    { weight: 2, arbitrary: leaves.map(record) },
    { weight: 1, arbitrary: leaves.map((values): Type => ({ kind: "record", values, sparse: true })) },
    { weight: 1, arbitrary: leaves.map((type) => list(list(type))) },
    { weight: 1, arbitrary: leaves.map((type) => record(list(type))) },
    { weight: 1, arbitrary: leaves.map((type) => list(record(list(list(type))))) },
    { weight: 2, arbitrary: leaves.map(orNull) },
    { weight: 1, arbitrary: leaves.map((type) => orNull(list(orNull(type)))) },
    { weight: 1, arbitrary: leaves.map((type) => orNull(record(orNull(list(type))))) },
    { weight: 1, arbitrary: leaves.map((type) => list(orNull(record(orNull(type))))) },
  );
}

/** As reading makes it: nothing is null twice. */
function orNull(type: Type): Type {
  return type.kind === "null" || type.kind === "nullable" ? type : nullable(type);
}

function canHold(type: Type, name: string): boolean {
  if (type.kind === "array") return type.minItems ? canHold(type.items, name) : false;
  return type.kind === "message" && type.name === name;
}

/** The fields of message `at`; only later messages may be required, so that values end. */
function messageAt(at: number, names: readonly string[], enums: readonly string[]): fc.Arbitrary<Message> {
  const refs = [...names.map(messageRef), ...enums.map(enumRef)];
  const leaves =
    refs.length > 0
      ? fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: fc.constantFrom(...refs) })
      : leaf;
  const field = fc.record({ type: typeOf(leaves), optional: fc.boolean(), order: fc.nat(1_000) });
  return fc
    .uniqueArray(fc.constantFrom(...FIELD_NAMES), { maxLength: 6 })
    .chain((fields) =>
      fc.tuple(fc.constant(fields), fc.array(field, { minLength: fields.length, maxLength: fields.length })),
    )
    .map(([fields, details]) => {
      const message = messageOf(
        names[at]!,
        details.map(({ type, optional }, i) => {
          const endless = names.slice(0, at + 1).some((name) => canHold(type, name));
          return [`${fields[i]}${optional || endless ? "?" : ""}`, type] as const;
        }),
      );
      // Numbers in another order than declarations, and with gaps, as a lock has them after some years.
      const ranks = details.map(({ order }, i) => order * 10 + i).toSorted((a, b) => a - b);
      return {
        ...message,
        fields: message.fields.map((field, i) => ({
          ...field,
          number: ranks.indexOf(details[i]!.order * 10 + i) * 3 + 1,
        })),
      };
    });
}

export const model: fc.Arbitrary<UseCase> = fc
  .record({
    messages: fc.uniqueArray(fc.constantFrom(...MESSAGE_NAMES), { minLength: 1, maxLength: 4 }),
    enums: fc.uniqueArray(fc.constantFrom(...ENUM_NAMES), { maxLength: 2 }),
  })
  .chain(({ messages, enums }) =>
    fc.tuple(
      fc.tuple(...messages.map((_, at) => messageAt(at, messages, enums))),
      fc.tuple(
        ...enums.map((name) =>
          fc
            .uniqueArray(fc.constantFrom(...MEMBERS), { minLength: 1, maxLength: 10 })
            .map((values) => enumOf(name, ...values)),
        ),
      ),
    ),
  )
  .map(([messages, enums]) => onlyUsed(useCaseOf("sample", messages as Message[], enums as Enum[])));

/** As reading leaves it: without what the root does not lead to. */
function onlyUsed(useCase: UseCase): UseCase {
  const used = new Set<string>();
  const visit = (type: Type): void => {
    if (type.kind === "array") visit(type.items);
    else if (type.kind === "nullable") visit(type.of);
    else if (type.kind === "record") visit(type.values);
    else if (type.kind === "enum") used.add(type.name);
    else if (type.kind === "message" && !used.has(type.name)) {
      used.add(type.name);
      for (const field of useCase.event.messages.find(({ name }) => name === type.name)!.fields) visit(field.type);
    }
  };
  visit(messageRef(useCase.event.name));
  const { messages, enums } = useCase.event;
  const isUsed = ({ name }: { readonly name: string }) => used.has(name);
  return { ...useCase, event: { ...useCase.event, messages: messages.filter(isUsed), enums: enums.filter(isUsed) } };
}

/** Any text that UTF-8 can hold, with many short and ASCII ones. */
const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom("x".repeat(130), "é".repeat(70)),
);

/** Valid values of a use case's event. */
export function valuesOf({ event }: UseCase, keys = KEYS): fc.Arbitrary<unknown> {
  const messageValue = (name: string, depth: number): fc.Arbitrary<unknown> => {
    const { fields } = event.messages.find((message) => message.name === name)!;
    const entries = fields.map((field) => {
      const value = depth > 3 && field.optional ? fc.constant(undefined) : typeValue(field.type, depth);
      return fc.tuple(fc.constant(field.name), field.optional ? fc.option(value, { nil: undefined }) : value);
    });
    // fromEntries defines properties, `__proto__` too. An absent field may be a property that is undefined.
    return fc.tuple(fc.boolean(), ...entries).map(([explicit, ...pairs]) => {
      return Object.fromEntries(pairs.filter(([, value]) => explicit || value !== undefined));
    });
  };

  const typeValue = (type: Type, depth: number): fc.Arbitrary<unknown> => {
    switch (type.kind) {
      case "text": {
        if (type.format === "uuid") return fc.uuid();
        if (type.format === "date")
          return fc
            .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
            .map((date) => date.toISOString().slice(0, 10));
        if (type.format === "ipv4") return fc.ipV4();
        if (type.format === "email") return fc.constantFrom("a@b.c", "first.last+tag@sub.example.org");
        const { minLength = 0, maxLength = 200 } = type;
        if (type.pattern !== undefined) {
          const matching = fc.stringMatching(new RegExp(type.pattern, "u"));
          return matching.filter(({ length }) => length >= minLength && length <= maxLength);
        }
        return text
          .map((text) => text.padEnd(minLength, "-").slice(0, maxLength))
          .filter((text) => text.isWellFormed());
      }
      case "int":
        return fc
          .oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -200, max: 200 }))
          .map((n) => Math.min(Math.max(n, type.min), type.max) + 0);
      case "float":
        return fc.double({
          noNaN: true,
          noDefaultInfinity: true,
          min: type.min ?? -Number.MAX_VALUE,
          max: type.max ?? Number.MAX_VALUE,
        });
      case "bigint":
        return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
      case "boolean":
        return type.only === undefined ? fc.boolean() : fc.constant(type.only);
      case "timestamp":
        return fc.oneof(
          fc.date({ min: new Date(-62_135_596_800_000), max: new Date(253_402_300_799_999), noInvalidDate: true }),
          fc.constant(new Date(0)),
          fc.constant(new Date(-1)),
        );
      case "bytes":
        return fc.uint8Array({ minLength: type.minLength ?? 0, maxLength: type.maxLength ?? 20 });
      case "enum":
        return fc.constantFrom(
          ...event.enums.find(({ name }) => name === type.name)!.members.map(({ value }) => value),
        );
      case "message":
        return messageValue(type.name, depth + 1);
      case "array": {
        const { minItems = 0, maxItems = 4 } = type;
        if (depth > 3 && minItems === 0) return fc.constant([]);
        return fc.array(typeValue(type.items, depth + 1), {
          minLength: minItems,
          maxLength: depth > 3 ? minItems : maxItems,
        });
      }
      case "record": {
        if (depth > 3) return fc.constant({});
        const value = typeValue(type.values, depth + 1);
        const entry = fc.tuple(
          fc.oneof(fc.constantFrom(...keys), text),
          type.sparse ? fc.option(value, { nil: undefined }) : value,
        );
        return fc.array(entry, { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
      }
      case "null":
        return fc.constant(null);
      case "nullable":
        return depth > 3 ? fc.constant(null) : fc.option(typeValue(type.of, depth + 1), { nil: null });
    }
  };
  return messageValue(event.name, 0);
}
