import type { Event, Message, Type } from "../../../compiler/model/model.ts";

/*
 * Values that show what a change does to an event: what is left out on the wire, what is at the edge of a rule, one of
 * every member and variant.
 */

const EDGES: Readonly<Record<"text" | "int" | "float" | "bigint" | "bytes", readonly unknown[]>> = {
  text: ["", "a", "b", "ab", "abcd", "abcdefghij", "a".repeat(60), "Ω", "5c3d1e2f-0000-4000-8000-000000000000"],
  int: [0, 1, 2, 5, 6, 10, 11, -1, -5, -6, 2 ** 31, 2 ** 40, -(2 ** 33), Number.MAX_SAFE_INTEGER],
  float: [0, 0.5, 1, 1.5, 2, -1, 1e300],
  bigint: [0n, 7n, -7n, 2n ** 62n, 2n ** 63n + 1n],
  bytes: [[], [1], [1, 2, 3], [0xff, 0xfe]].map((bytes) => new Uint8Array(bytes)),
};

/** Events of which each differs from the first in one place. */
export function samplesOf(event: Event): unknown[] {
  return ofMessage(event.messages.find(({ name }) => name === event.name)!, event, 0);
}

function ofMessage({ fields, tuple }: Message, event: Event, depth: number): unknown[] {
  const choices = fields.map(({ name, type, optional }) => {
    const values = ofType(type, event, depth);
    return { name, values: optional ? [undefined, ...values] : values };
  });
  const first = Object.fromEntries(
    choices.map(({ name, values }) => [name, values[0]] as const).filter(([, value]) => value !== undefined),
  );
  const all = [
    first,
    ...choices.flatMap(({ name, values }) =>
      values.slice(1).map((value) => {
        const { [name]: _, ...rest } = first;
        return value === undefined ? rest : { ...first, [name]: value };
      }),
    ),
  ];
  if (!tuple) return all;
  // The rest is a list of its own in the model.
  return all.map((elements) => (tuple.isOpen ? Object.values(elements).flat() : Object.values(elements)));
}

function ofType(type: Type, event: Event, depth: number): unknown[] {
  switch (type.kind) {
    case "text":
    case "int":
    case "float":
    case "bigint":
    case "bytes":
      return EDGES[type.kind].filter((value) => isAllowed(value, type));
    case "boolean":
      return type.only === undefined ? [false, true] : [type.only];
    case "timestamp":
      return [new Date(0), new Date("2026-11-24T10:00:00Z")];
    case "null":
      return [null];
    case "json":
      return [null, 0, "", "text", [], { a: [1, null] }];
    case "nullable":
      return [null, ...ofType(type.of, event, depth)];
    case "enum":
      return event.enums.find(({ name }) => name === type.name)!.members.map(({ value }) => value);
    case "union": {
      const { variants } = event.unions.find(({ name }) => name === type.name)!;
      return variants.flatMap((variant) => ofType(variant.type, event, depth));
    }
    case "message":
      return depth > 2 ? [] : ofMessage(event.messages.find(({ name }) => name === type.name)!, event, depth + 1);
    case "array": {
      const items = ofType(type.items, event, depth);
      const lists = [[], ...items.map((item) => [item]), items, [...items, ...items]];
      return lists.filter(({ length }) => length >= (type.minItems ?? 0) && length <= (type.maxItems ?? Infinity));
    }
    case "record":
      return [
        {},
        ...ofType(type.values, event, depth).map((value) => ({ [type.keys ? "2" : "key"]: value })),
        ...(type.keys ? ofType(type.keys, event, depth) : []).map((key) => ({
          [String(key)]: ofType(type.values, event, depth)[0],
        })),
      ];
  }
}

function isAllowed(value: unknown, type: Type): boolean {
  switch (type.kind) {
    case "text": {
      const text = value as string;
      const { minLength = 0, maxLength = Infinity, pattern = "", format } = type;
      const isUuid = /^[0-9a-f]{8}-/.test(text);
      return (
        text.length >= minLength &&
        text.length <= maxLength &&
        new RegExp(pattern, "u").test(text) &&
        (!format || isUuid)
      );
    }
    case "int":
    case "float":
      // Other numbers come back as the nearest of 32 bits.
      if (type.kind === "float" && type.wire && Math.fround(value as number) !== value) return false;
      return (value as number) >= (type.min ?? -Infinity) && (value as number) <= (type.max ?? Infinity);
    case "bigint": {
      const isUnsigned = type.wire === "uint64" || type.wire === "fixed64";
      return BigInt[isUnsigned ? "asUintN" : "asIntN"](64, value as bigint) === value;
    }
    case "bytes": {
      const { length } = value as Uint8Array;
      return length >= (type.minLength ?? 0) && length <= (type.maxLength ?? Infinity);
    }
    default:
      return true;
  }
}
