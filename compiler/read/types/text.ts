import { ts } from "ts-morph";
import type { Type } from "../../model/model.ts";
import { slownessOf } from "../../pattern/pattern-time.ts";
import { isBranded } from "./brands.ts";
import { isConstrained } from "./constraints.ts";
import type { Place, Scope, TypeReader } from "./reader.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { literalPattern, patternOf } from "./template.ts";

const { TypeFlags } = ts;

/** Template literals, and unions of strings of which some are no literals: `` "none" | `id-${string}` ``. */
export const readText: TypeReader = (type, place, scope) => {
  // What is one string only has a reader that knows its rules.
  if (!type.isUnion()) return type.flags & TypeFlags.StringLike ? textOf([type], place, scope) : undefined;
  return type.types.every(isText) ? textOf(type.types, place, scope) : undefined;
};

/** A string, a literal or a template of strings, each with a brand or without. */
export function isText(type: ts.Type): boolean {
  return Boolean(type.flags & TypeFlags.StringLike) || isBranded(type, isText);
}

/** The text that all of those strings are. */
export function textOf(parts: readonly ts.Type[], place: Place, scope: Scope): Type | Refusal | undefined {
  const [only, ...others] = parts;
  if (only?.isIntersection() && others.length === 0) return scope.part(only, place);
  if (parts.some(isConstrained)) {
    return refuse("a union of strings under different rules", "Write one `Text<{ … }>` for all of them, or `string`.");
  }
  const patterns = parts.map((part) => {
    if (part.isStringLiteral()) return literalPattern(part.value);
    return part.flags & TypeFlags.TemplateLiteral ? patternOf(part as ts.TemplateLiteralType) : undefined;
  });
  // A literal beside `string` says only what an editor is to propose.
  if (patterns.includes(undefined)) return { kind: "text" };
  const pattern = patterns.sort().join("|");
  // What can't be checked in time that is in proportion to the text is not.
  return slownessOf(pattern) ? { kind: "text" } : { kind: "text", pattern };
}
