import type { Json, JsonObject } from "../../text/json.ts";
import { booleanAt, plainOf, stringAt } from "../json-source.ts";
import type { Documents } from "./documents.ts";

/*
 * A schema is what it says itself, what its `$ref` says, and what all of its `allOf` say: parts that hold together.
 */

export interface Parts {
  readonly all: readonly JsonObject[];
  /** The schema that has a name, where the whole is a mere reference to it. */
  readonly identity: Json;
  /** References that lead nowhere. */
  readonly lost: readonly Json[];
  /** What stands where a schema should, and is none. */
  readonly malformed: readonly Json[];
  /** Whether it leads back to itself, or on through more schemas than people write, before it says anything. */
  readonly isEndless: boolean;
  /** Whether no value fits: `false` is among them. */
  readonly isNever: boolean;
  /** Values of keywords that are seen to already. */
  readonly settled: readonly Json[];
}

/** Keywords that say nothing of values, so that a reference beside them is a mere one. */
const ABOUT =
  /^(\$(ref|schema|id|anchor|comment|defs|vocabulary)|id|definitions|title|description|default|examples?|deprecated|readOnly|writeOnly|nullable|x-.*)$/;

/** Schemas that lead from one to the next by `$ref` and `allOf` alone: deeper would not fit the stack. */
const MAX_CHAIN = 100;

export function partsOf(schema: Json, documents: Documents): Parts {
  const all: JsonObject[] = [];
  const lost: Json[] = [];
  const malformed: Json[] = [];
  let isNever = false;
  let isEndless = false;
  const visit = (json: Json, chain: readonly Json[]): void => {
    if (json.kind === "scalar" && json.value === false) isNever = true;
    if (!isSchema(json)) malformed.push(json);
    if (chain.includes(json) || chain.length > MAX_CHAIN) isEndless = true;
    if (isEndless || json.kind !== "object" || all.includes(json)) return;
    all.push(json);
    const inside = [...chain, json];
    const target = targetOf(json, documents);
    if (target === "lost") lost.push(json.entries.get("$ref")!);
    else if (target) visit(target, inside);
    const others = json.entries.get("allOf");
    if (others?.kind === "array") for (const other of others.items) visit(other, inside);
  };
  visit(schema, []);
  const identity = isEndless ? schema : identityOf(schema, documents);
  return { all, identity, lost, malformed, isEndless, isNever, settled: [] };
}

/** Whether it can be a schema: an object, or one of the two that say all or nothing. */
export function isSchema(json: Json): boolean {
  return json.kind === "object" || typeof plainOf(json) === "boolean";
}

/** Both together. */
export function joined(one: Parts, other: Parts): Parts {
  return {
    all: [...new Set([...one.all, ...other.all])],
    identity: one.all.some((part) => says(part, one.settled)) ? one.identity : other.identity,
    lost: [...one.lost, ...other.lost],
    malformed: [...one.malformed, ...other.malformed],
    isEndless: one.isEndless || other.isEndless,
    isNever: one.isNever || other.isNever,
    settled: [...one.settled, ...other.settled],
  };
}

function targetOf(schema: JsonObject, documents: Documents): Json | "lost" | undefined {
  const ref = stringAt(schema, "$ref");
  if (ref === undefined) return undefined;
  return documents.resolve(ref, schema) ?? "lost";
}

/** Follows mere references; `allOf` of one is one. */
function identityOf(schema: Json, documents: Documents, seen: readonly Json[] = []): Json {
  if (schema.kind !== "object" || seen.includes(schema)) return schema;
  const others = schema.entries.get("allOf");
  const only = others?.kind === "array" && others.items.length === 1 ? others.items[0] : undefined;
  const keys = [...schema.entries.keys()].filter((key) => !(only && key === "allOf"));
  if (!keys.every((key) => ABOUT.test(key))) return schema;
  const target = only ?? targetOf(schema, documents);
  return target && target !== "lost" ? identityOf(target, documents, [...seen, schema]) : schema;
}

/** Whether both say the same, being made of the same. */
export function isSame(one: Parts, other: Parts): boolean {
  const same = (a: readonly Json[], b: readonly Json[]) => a.length === b.length && a.every((json) => b.includes(json));
  const telling = ({ all }: Parts) => all.filter((part) => says(part, []));
  return same(one.settled, other.settled) && same(telling(one), telling(other));
}

/** Whether the whole is what its identity says, and no more. */
export function isNamed({ all, identity, settled }: Parts, documents: Documents): boolean {
  const named = partsOf(identity, documents).all;
  return all.every((part) => named.includes(part) || !says(part, settled));
}

/** Whether a schema says something of values beside what is settled. */
function says({ entries }: JsonObject, settled: readonly Json[]): boolean {
  return [...entries].some(([key, value]) => !ABOUT.test(key) && !settled.includes(value));
}

/** Whether a schema says nothing of values but by its alternatives. */
export function isAbout(schema: JsonObject): boolean {
  return [...schema.entries.keys()].every((key) => ABOUT.test(key) || key === "anyOf" || key === "oneOf");
}

/** The values of a keyword in all parts that have it, with the part. */
export function valuesOf(parts: Parts, keyword: string): { readonly part: JsonObject; readonly value: Json }[] {
  return parts.all.flatMap((part) => {
    const value = part.entries.get(keyword);
    return value && !parts.settled.includes(value) ? [{ part, value }] : [];
  });
}

function hasKeyword(parts: Parts, ...keywords: readonly string[]): boolean {
  return parts.all.some(({ entries }) => keywords.some((keyword) => entries.has(keyword)));
}

export type TypeName = "null" | "boolean" | "object" | "array" | "number" | "integer" | "string";

const IMPLIED: readonly (readonly [TypeName, readonly string[]])[] = [
  ["object", ["properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"]],
  ["array", ["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"]],
  ["string", ["minLength", "maxLength", "pattern", "format", "contentEncoding"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

export interface Types {
  /** Without null. */
  readonly names: readonly TypeName[];
  readonly isNullable: boolean;
  /** Whether no part says it: other keywords do, which hold for values of that type only. */
  readonly isImplied: boolean;
}

/** The types that all parts allow; no names: nothing says, or none. */
export function typesOf(parts: Parts): Types {
  const lists = valuesOf(parts, "type").map(({ value }) => namesIn(value));
  const isNullable =
    lists.length > 0 &&
    parts.all.every((part) => {
      const type = part.entries.get("type");
      const names = type ? namesIn(type) : ["null"];
      return names.includes("null") || booleanAt(part, "nullable") === true;
    });
  if (lists.length === 0) {
    const implied = IMPLIED.filter(([, keywords]) => hasKeyword(parts, ...keywords)).map(([name]) => name);
    return { names: implied.slice(0, 1), isNullable: false, isImplied: true };
  }
  const names = lists.reduce((some, others) => some.flatMap((name) => common(name, others)));
  return { names: [...new Set(names)].filter((name) => name !== "null"), isNullable, isImplied: false };
}

/** The types that `type` names, which may be no types. */
function namesIn(type: Json): TypeName[] {
  return [plainOf(type)].flat().filter((name): name is TypeName => typeof name === "string");
}

/** An integer is a number. */
function common(name: TypeName, others: readonly TypeName[]): TypeName[] {
  if (others.includes(name)) return [name];
  if (name === "number" && others.includes("integer")) return ["integer"];
  return name === "integer" && others.includes("number") ? ["integer"] : [];
}
