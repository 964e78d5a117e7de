import type { Json } from "../../text/json.ts";
import { plainOf } from "../json-source.ts";
import { literals, NULL, nullable, type Shape } from "../shape.ts";
import { type Parts, typesOf, valuesOf } from "./parts.ts";
import type { Use } from "./scope.ts";

/** The values that `enum` and `const` leave; `undefined`: there is neither. */
export function literalsOf(parts: Parts): readonly Json[] | undefined {
  const lists = [
    ...valuesOf(parts, "const").map(({ value }) => [value]),
    ...valuesOf(parts, "enum").map(({ value }) => (value.kind === "array" ? value.items : [])),
  ];
  const [first, ...others] = lists;
  const isIn = (value: Json, list: readonly Json[]) => list.some((other) => textOf(other) === textOf(value));
  return first?.filter((value) => others.every((list) => isIn(value, list)));
}

/** A union of those values. */
export function readLiterals(values: readonly Json[], parts: Parts, use: Use): Shape | undefined {
  const at = (valuesOf(parts, "enum")[0] ?? valuesOf(parts, "const")[0])!.value;
  const { plain, kept, hasNull } = fitting(values, parts);
  const other = kept.find((value) => typeof value === "object");
  if (other) {
    const fix = "Describe it by its properties, each with a const.";
    return use.refuse(at, JSON.stringify(other), "and a literal is a string, a number or a boolean", fix);
  }
  const scalars = kept as (string | number | boolean)[];
  const names_ = Map.groupBy(scalars, String);
  const twice = [...names_.values()].find(({ length }) => length > 1);
  if (twice) {
    const found = twice.map((value) => JSON.stringify(value)).join(" | ");
    return use.refuse(at, found, "which would have one name in the contract", "Keep one of the two.");
  }
  if (scalars.length === 0) {
    if (hasNull) return NULL;
    return use.refuse(at, JSON.stringify(plain), "of which no value fits the type", "Fix the values or the type.");
  }
  const isBoolean = scalars.length === 2 && scalars.every((value) => typeof value === "boolean");
  const shape: Shape = isBoolean ? { text: "boolean", kinds: ["boolean"], imports: [] } : literals(scalars);
  return hasNull ? nullable(shape) : shape;
}

/** Whether `enum` and `const` leave no value that is of the type. */
export function haveNoLiteral(parts: Parts): boolean {
  const values = literalsOf(parts);
  if (!values) return false;
  const { kept, hasNull } = fitting(values, parts);
  return kept.length === 0 && !hasNull;
}

/** The values that are of the type, null apart. */
function fitting(values: readonly Json[], parts: Parts) {
  const { names, isNullable, isImplied } = typesOf(parts);
  const fits = (value: unknown) =>
    isImplied ||
    names.some((name) => {
      if (name === "integer") return Number.isInteger(value);
      return name === typeof value;
    });
  const plain = [...new Set(values.map(plainOf))];
  const kept = plain.filter((value) => value !== null && fits(value));
  return { plain, kept, hasNull: plain.includes(null) && (isImplied || isNullable) };
}

function textOf(value: Json): string {
  return JSON.stringify(plainOf(value));
}
