import type { ValueKind } from "../model/tell-apart.ts";
import { literalOf } from "../text/source.ts";

/*
 * Types as the imported module is to write them, and the declarations that they make up.
 */

/** A type's text, and what other types need to know of it. */
export interface Shape {
  readonly text: string;
  /** What values it has; no two are the same. A union has several, and so have literals of different kinds. */
  readonly kinds: readonly (ValueKind | "null")[];
  /** Names of the package that the text uses. */
  readonly imports: readonly string[];
  /** Of a union: its types, none of them a union. */
  readonly members?: readonly Shape[];
  /** Of another name for a union: its types. */
  readonly named?: readonly Shape[];
  readonly literal?: string | number | boolean;
}

export interface DeclaredField {
  /** The property's name. */
  readonly name: string;
  readonly shape: Shape;
  readonly optional: boolean;
  readonly doc: string;
}

/** An interface, or another name for a type. */
export type Declaration =
  | { readonly kind: "interface"; readonly name: string; readonly doc: string; readonly fields: DeclaredField[] }
  | { readonly kind: "alias"; readonly name: string; readonly doc: string; readonly shape: Shape };

/** A type that TypeScript has, or that is declared beside. */
export function named(text: string, ...kinds: Shape["kinds"]): Shape {
  return { text, kinds, imports: [] };
}

export const DATE = named("Date", "date");
export const NULL = named("null", "null");
/** Any value of JSON, null included. */
export const JSON_VALUE: Shape = { text: "Json", kinds: [], imports: ["Json"] };

type Rules = Readonly<Record<string, number | string | undefined>>;

/** `Text<{ … }>`; `string` where there are no rules. */
export function text(rules: Rules = {}): Shape {
  return constrained("Text", rules, named("string", "string"));
}

export function int(rules: Rules = {}): Shape {
  return constrained("Int", rules, { text: "Int", kinds: ["number"], imports: ["Int"] });
}

/** 32 bits with a sign. */
export const INT32 = int({ min: -(2 ** 31), max: 2 ** 31 - 1 });

export function uint(rules: Rules = {}): Shape {
  return constrained("Uint", rules, { text: "Uint", kinds: ["number"], imports: ["Uint"] });
}

export function float(rules: Rules = {}): Shape {
  return constrained("Float", rules, named("number", "number"));
}

export function bigint(rules: Rules = {}): Shape {
  return constrained("Bigint", rules, named("bigint", "bigint"));
}

export function bytes(rules: Rules = {}): Shape {
  return constrained("Bytes", rules, named("Uint8Array", "bytes"));
}

function constrained(name: string, rules: Rules, plain: Shape): Shape {
  const text = rulesText(rules);
  return text ? { text: `${name}<${text}>`, kinds: plain.kinds, imports: [name] } : plain;
}

export function list({ text, members, imports }: Shape, rules: Rules = {}): Shape {
  const ruled = rulesText(rules);
  if (ruled) return { text: `List<${text}, ${ruled}>`, kinds: ["list"], imports: [...imports, "List"] };
  return { text: members ? `(${text})[]` : `${text}[]`, kinds: ["list"], imports };
}

/** Without `keys`, they are any strings. */
export function record({ text, imports }: Shape, keys = named("string", "string")): Shape {
  return { text: `Record<${keys.text}, ${text}>`, kinds: ["object"], imports: [...keys.imports, ...imports] };
}

/** The types that a value may be of, by whatever names they go. */
export function leavesOf(shape: Shape): readonly Shape[] {
  return (shape.named ?? shape.members)?.flatMap(leavesOf) ?? [shape];
}

export function nullable(shape: Shape): Shape {
  return shape.kinds.includes("null") ? shape : unionOf([shape, NULL]);
}

export function literals(values: readonly (string | number | boolean)[]): Shape {
  return unionOf(values.map((value) => ({ ...named(literalOf(value), typeof value as ValueKind), literal: value })));
}

/** Each type once; null comes last. What may be any value of JSON is no union. */
export function unionOf(shapes: readonly Shape[]): Shape {
  const flat = shapes.flatMap((shape) => shape.members ?? [shape]);
  if (flat.includes(JSON_VALUE)) return JSON_VALUE;
  const unique = [...new Map(flat.map((shape) => [shape.text, shape])).values()];
  const members = [...unique.filter((shape) => shape !== NULL), ...unique.filter((shape) => shape === NULL)];
  const [only] = members;
  if (only && members.length === 1) return only;
  return {
    text: members.map(({ text }) => text).join(" | "),
    kinds: [...new Set(members.flatMap(({ kinds }) => kinds))],
    imports: members.flatMap(({ imports }) => imports),
    members,
  };
}

function rulesText(rules: Rules): string {
  const parts = Object.entries(rules)
    .filter((entry): entry is [string, number | string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}: ${literalOf(value)}`);
  return parts.length > 0 ? `{ ${parts.join("; ")} }` : "";
}

const MAX_TEXT = 80;

/** A type's text as messages name it. */
export function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
