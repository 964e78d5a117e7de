import fc from "fast-check";
import type { Event, FloatType, IntType, Message, Type, UseCase } from "../../../compiler/model/model.ts";
import { rootOf } from "../../../compiler/model/root.ts";
import { TEXT_FORMAT_SAMPLES } from "../text-format-samples.ts";

/** Of records. */
export const KEYS: readonly string[] = ["", "a", "a b", "__proto__", "constructor", "1", "é", "b".repeat(80)];

/** Whether all texts and keys are such that UTF-8 can hold them. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, part]) => key.isWellFormed() && isWellFormed(part));
}

/** Any text that UTF-8 can hold, with many short and ASCII ones. */
const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom("x".repeat(130), "é".repeat(70)),
);

/** Valid values of a use case's event, whose records have those of KEYS that are in `keys`, and any others. */
export function valuesOf({ event }: UseCase, keys = KEYS): fc.Arbitrary<unknown> {
  const isLeftOut = (key: string) => KEYS.includes(key) && !keys.includes(key);
  const otherKey = text.filter((key) => !isLeftOut(key));

  const tupleValue = ({ fields, tuple }: Message, depth: number): fc.Arbitrary<unknown> => {
    const fixed = tuple!.isOpen ? fields.slice(0, -1) : fields;
    const elements = fixed.map(({ type, optional }) => {
      const value = depth > 3 && optional ? fc.constant(undefined) : typeValue(type, depth);
      return optional ? fc.option(value, { nil: undefined }) : value;
    });
    const rest = tuple!.isOpen ? typeValue(fields.at(-1)!.type, depth) : fc.constant([]);
    return fc.tuple(fc.tuple(...elements), rest).map(([some, others]) => {
      const all = [...some, ...(others as unknown[])];
      // What is absent at the end is no element.
      return all.slice(
        0,
        Math.max(
          all.findLastIndex((value) => value !== undefined) + 1,
          fixed.filter(({ optional }) => !optional).length,
        ),
      );
    });
  };

  const messages = new Map<string, fc.Arbitrary<unknown>>();
  const heightOf = heightsOf(event);

  const messageValue = (name: string, depth: number): fc.Arbitrary<unknown> => {
    const message = event.messages.find((message) => message.name === name)!;
    if (message.tuple) return tupleValue(message, depth);
    const { fields } = message;
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
        if (type.format !== undefined) {
          const { maxLength: most = Number.POSITIVE_INFINITY } = type;
          return fc.constantFrom(...TEXT_FORMAT_SAMPLES[type.format].good.filter(({ length }) => length <= most));
        }
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
        return integer(type);
      case "float":
        // What is no number of 32 bits comes back as the nearest.
        if (type.wire) return fc.float({ noNaN: true, noDefaultInfinity: true, ...roundedBounds(type) });
        return fc.double({
          noNaN: true,
          noDefaultInfinity: true,
          min: type.min ?? -Number.MAX_VALUE,
          max: type.max ?? Number.MAX_VALUE,
        });
      case "bigint":
        if (type.wire === "uint64" || type.wire === "fixed64") return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
        return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
      case "boolean":
        return type.only === undefined ? fc.boolean() : fc.constant(type.only);
      case "json":
        return fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }).filter(isWellFormed);
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
      case "message": {
        // Types that have one another would else be gone through in every order.
        const key = `${type.name} ${depth}`;
        const known = messages.get(key) ?? messageValue(type.name, depth + 1);
        messages.set(key, known);
        return known;
      }
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
        const key = type.keys ? integer(type.keys).map(String) : fc.oneof(fc.constantFrom(...keys), otherKey);
        const entry = fc.tuple(key, type.sparse ? fc.option(value, { nil: undefined }) : value);
        return fc.array(entry, { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
      }
      case "union": {
        const { variants } = event.unions.find(({ name }) => name === type.name)!;
        // Past some depth the variants that end soonest.
        const least = Math.min(...variants.map((variant) => heightOf(variant.type)));
        const some = depth > 3 ? variants.filter((variant) => heightOf(variant.type) === least) : variants;
        return fc.oneof(...some.map((variant) => typeValue(variant.type, depth + 1)));
      }
      case "null":
        return fc.constant(null);
      case "nullable":
        return depth > 3 ? fc.constant(null) : fc.option(typeValue(type.of, depth + 1), { nil: null });
    }
  };
  return typeValue(rootOf(event), -1);
}

function integer({ min, max }: IntType): fc.Arbitrary<number> {
  return fc
    .oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -200, max: 200 }))
    .map((n) => Math.min(Math.max(n, min), max) + 0);
}

function roundedBounds({ min, max }: FloatType) {
  return { ...(min !== undefined && { min: Math.fround(min) }), ...(max !== undefined && { max: Math.fround(max) }) };
}

/** How many messages a value of a type has below one another at least. */
function heightsOf({ messages, unions }: Event): (type: Type) => number {
  const heights = new Map<string, number>();
  const heightOf = (type: Type): number => {
    if (type.kind === "union" || type.kind === "message") return heights.get(type.name) ?? Number.POSITIVE_INFINITY;
    return type.kind === "array" && (type.minItems ?? 0) > 0 ? heightOf(type.items) : 0;
  };
  for (let before = -1; before !== heights.size; ) {
    before = heights.size;
    // What ends in one message more, by name: a union and a message never share one.
    const found = new Map<string, number>();
    for (const { name, variants } of unions)
      if (!heights.has(name)) found.set(name, Math.min(...variants.map(({ type }) => heightOf(type))));
    for (const { name, fields } of messages) {
      const required = fields.filter(({ optional }) => !optional);
      if (!heights.has(name)) found.set(name, 1 + Math.max(0, ...required.map(({ type }) => heightOf(type))));
    }
    for (const [name, height] of found) if (height < Number.POSITIVE_INFINITY) heights.set(name, height);
  }
  return heightOf;
}
