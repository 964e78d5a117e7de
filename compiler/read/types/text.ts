import { ts } from "ts-morph";
import { isBranded } from "./brands.ts";
import { isConstrained } from "./constraints.ts";
import type { TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { literalPattern, patternOf } from "./template.ts";

const { TypeFlags } = ts;

/** Template literals, and unions of strings of which some are no literals: `` "none" | `id-${string}` ``. */
export const readText: TypeReader = (type) => {
  const parts = type.isUnion() ? type.types : [type];
  if (!parts.every((part) => part.flags & TypeFlags.StringLike || (type.isUnion() && isBranded(part, isString)))) {
    return undefined;
  }
  if (parts.some(isConstrained)) {
    return refuse("a union of strings under different rules", "Write one `Text<{ … }>` for all of them, or `string`.");
  }
  const patterns = parts.map((part) => {
    if (part.isStringLiteral()) return literalPattern(part.value);
    return part.flags & TypeFlags.TemplateLiteral ? patternOf(part as ts.TemplateLiteralType) : undefined;
  });
  // A literal beside `string` says only what an editor is to propose.
  if (patterns.includes(undefined)) return { kind: "text" };
  return { kind: "text", pattern: patterns.sort().join("|") };
};

function isString({ flags }: ts.Type): boolean {
  return Boolean(flags & TypeFlags.StringLike);
}
