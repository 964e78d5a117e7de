import { ts } from "ts-morph";
import type { Reading } from "../reading.ts";
import { resolveAlias } from "../reading.ts";
import type { Place, TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";

/** Unions of string literals, single ones, and string enums. */
export const readEnum: TypeReader = (type, place, scope) => {
  const members = type.isUnion() ? type.types : [type];
  if (members.every((member) => member.isStringLiteral())) {
    return scope.enumeration(type, inWrittenOrder(type, members, place, scope), place);
  }
  if (members.every(({ flags }) => flags & ts.TypeFlags.EnumLike)) {
    return refuse(
      "an enum with numbers",
      'Give its members strings (`Red = "red"`), or write a union of string literals.',
    );
  }
  return undefined;
};

/**
 * The order in which the literals are written. The checker's own follows from what else it has seen, so another file's
 * edit could change it; what is written nowhere in order (`keyof T`) comes alphabetically.
 */
function inWrittenOrder(
  type: ts.Type,
  members: readonly ts.StringLiteralType[],
  place: Place,
  reading: Reading,
): string[] {
  const alias = type.aliasSymbol?.declarations?.find(ts.isTypeAliasDeclaration);
  const written = writtenLiterals(alias?.type ?? place.written, reading, new Set());
  const rank = new Map([...enumValues(members), ...written].map((value, index) => [value, index] as const).reverse());
  const values = [...new Set(members.map(({ value }) => value))].sort();
  return values.sort((a, b) => (rank.get(a) ?? rank.size) - (rank.get(b) ?? rank.size));
}

/** Values of `enum` members as they are declared. */
function enumValues(members: readonly ts.StringLiteralType[]): string[] {
  return members
    .filter(({ flags }) => flags & ts.TypeFlags.EnumLiteral)
    .sort((a, b) => positionOf(a.symbol) - positionOf(b.symbol))
    .map(({ value }) => value);
}

function positionOf(symbol: ts.Symbol): number {
  return symbol.valueDeclaration?.pos ?? 0;
}

function writtenLiterals(node: ts.TypeNode | undefined, reading: Reading, seen: Set<ts.Node>): string[] {
  if (!node || seen.has(node)) return [];
  seen.add(node);
  if (ts.isParenthesizedTypeNode(node)) return writtenLiterals(node.type, reading, seen);
  if (ts.isUnionTypeNode(node)) return node.types.flatMap((part) => writtenLiterals(part, reading, seen));
  if (ts.isLiteralTypeNode(node)) return ts.isStringLiteralLike(node.literal) ? [node.literal.text] : [];
  if (!ts.isTypeReferenceNode(node)) return [];
  const symbol = reading.checker.getSymbolAtLocation(node.typeName);
  const alias = symbol && resolveAlias(reading.checker, symbol).declarations?.find(ts.isTypeAliasDeclaration);
  return alias && !alias.typeParameters ? writtenLiterals(alias.type, reading, seen) : [];
}
