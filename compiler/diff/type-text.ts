import type { Type } from "../model/model.ts";
import { encodingOf } from "../model/number-encoding.ts";

/** A type in few words, with its rules: `text, at most 64 long`, `Country[]`, `int 1 to 99`. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case "text":
      return [
        "text",
        ...range(type.minLength, type.maxLength, "long"),
        ...(type.pattern === undefined ? [] : [`/${type.pattern}/`]),
        ...(type.format === undefined ? [] : [type.format]),
      ].join(", ");
    case "bytes":
      return ["bytes", ...range(type.minLength, type.maxLength, "long")].join(", ");
    case "int": {
      const [least, most] = [type.min === Number.MIN_SAFE_INTEGER, type.max === Number.MAX_SAFE_INTEGER];
      return [
        encodingOf(type) === "varint" ? "int" : type.wire,
        ...range(least ? undefined : type.min, most ? undefined : type.max, ""),
      ].join(", ");
    }
    case "float":
      return [type.wire ?? "number", ...range(type.min, type.max, "")].join(", ");
    case "boolean":
      return type.only === undefined ? "boolean" : String(type.only);
    case "array": {
      const items = typeText(type.items);
      return [
        /[ ,|]/.test(items) ? `(${items})[]` : `${items}[]`,
        ...range(type.minItems, type.maxItems, "items"),
      ].join(", ");
    }
    case "record":
      return type.keys
        ? `map of ${typeText(type.values)} by ${typeText(type.keys)}`
        : `map of ${typeText(type.values)}`;
    case "nullable":
      return `${typeText(type.of)} | null`;
    case "enum":
    case "message":
    case "union":
      return type.name;
    case "timestamp":
      return "date";
    case "json":
      return "any JSON";
    case "bigint":
      return type.wire ? `bigint as ${type.wire}` : "bigint";
    case "null":
      return type.kind;
  }
}

function range(min: number | undefined, max: number | undefined, unit: string): string[] {
  const behind = unit === "" ? "" : ` ${unit}`;
  if (min === undefined && max === undefined) return [];
  if (min === undefined) return [`at most ${max}${behind}`];
  return [max === undefined ? `at least ${min}${behind}` : `${min} to ${max}${behind}`];
}
