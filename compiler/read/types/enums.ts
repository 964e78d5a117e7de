import { ts } from "ts-morph";
import type { EnumMember } from "../../model/model.ts";
import type { Reading } from "../reading.ts";
import { resolveAlias } from "../reading.ts";
import { literalValue } from "./literals.ts";
import type { Place, TypeReader } from "./reader.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { formerNamesIn, historyOf } from "./tags.ts";

type Value = EnumMember["value"];

/** A type of one value, and that value. */
interface Literal {
  readonly type: ts.Type;
  readonly value: Value;
}

/** Unions of literals, single ones, and enums. */
export const readEnum: TypeReader = (type, place, scope) => {
  const literals = literalsOf(type.isUnion() ? type.types : [type]);
  if (!literals) return undefined;
  // Each with a brand, so that the checker doesn't know them for `boolean`.
  const [first] = literals;
  if (literals.every(({ value }) => typeof value === "boolean")) {
    return literals.length === 2 ? { kind: "boolean" } : { kind: "boolean", only: first?.value === true };
  }
  const written = writtenIn(type, place, scope);
  const members = membersOf(inWrittenOrder(literals, written).map((literal) => literal.type));
  return (
    members &&
    ("kind" in members ? members : scope.enumeration(type, withFormerNames(members, literals, written), place))
  );
};

/** The members of an enum of literals, in their order. `undefined`: there is something else among the types. */
export function membersOf(types: readonly ts.Type[]): EnumMember[] | Refusal | undefined {
  const members = literalsOf(types)?.map((literal) => ({ name: nameOf(literal), value: literal.value, number: 0 }));
  const names = Map.groupBy(members ?? [], ({ name }) => name);
  const twice = [...names.values()].find(({ length }) => length > 1);
  if (!twice) return members;
  const values = twice.map(({ value }) => JSON.stringify(value)).join(" and ");
  return refuse(`and ${values} would have one name in the contract`, "Keep one of the two.");
}

/** Literals, each value once. `undefined`: there is something else in it. */
function literalsOf(types: readonly ts.Type[]): Literal[] | undefined {
  const literals = new Map<Value, Literal>();
  for (const member of types) {
    const value = literalValue(member);
    if (value === undefined) return undefined;
    // Two enums may have members of one value.
    if (!literals.has(value)) literals.set(value, { type: member, value });
  }
  return [...literals.values()];
}

/** See `EnumMember`. */
function nameOf({ type, value }: Literal): string {
  return typeof value === "number" && type.flags & ts.TypeFlags.EnumLiteral ? type.symbol.name : String(value);
}

/**
 * The order in which the literals are written. The checker's own follows from what else it has seen, so another file's
 * edit could change it; what is written nowhere in order (`keyof T`) comes by kind, then in the values' own order.
 */
function inWrittenOrder(literals: readonly Literal[], written: readonly Written[]): readonly Literal[] {
  const values = [...enumValues(literals), ...written.map(({ value }) => value)];
  const rank = new Map(values.map((value, index) => [value, index] as const).reverse());
  const rankOf = ({ value }: Literal) => rank.get(value) ?? rank.size;
  return literals.toSorted((a, b) => rankOf(a) - rankOf(b) || compare(a.value, b.value));
}

/** What comments say that members were called before: on members of an `enum`, and in front of a union's literals. */
function withFormerNames(
  members: readonly EnumMember[],
  literals: readonly Literal[],
  written: readonly Written[],
): readonly EnumMember[] {
  const declared = literals.map(({ type, value }) => [value, historyOf(type.symbol?.valueDeclaration).was] as const);
  const was = new Map([...declared, ...written.map((one) => [one.value, one.was] as const)].filter(([, was]) => was));
  return members.map((member) => {
    const names = was.get(member.value);
    return names ? { ...member, was: names } : member;
  });
}

function compare(a: Value, b: Value): number {
  if (typeof a !== typeof b) return typeof a < typeof b ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Values of `enum` members as they are declared. */
function enumValues(literals: readonly Literal[]): Value[] {
  return literals
    .filter(({ type }) => type.flags & ts.TypeFlags.EnumLiteral)
    .sort((a, b) => positionOf(a.type.symbol) - positionOf(b.type.symbol))
    .map(({ value }) => value);
}

function positionOf(symbol: ts.Symbol): number {
  return symbol.valueDeclaration?.pos ?? 0;
}

/** A literal as it is written, and the names that it had before. */
interface Written {
  readonly value: Value;
  readonly was?: readonly string[];
}

function writtenIn(type: ts.Type, place: Place, reading: Reading): Written[] {
  const alias = type.aliasSymbol?.declarations?.find(ts.isTypeAliasDeclaration);
  return writtenLiterals(alias?.type ?? place.written, reading, new Set());
}

function writtenLiterals(node: ts.TypeNode | undefined, reading: Reading, seen: Set<ts.Node>): Written[] {
  if (!node || seen.has(node)) return [];
  seen.add(node);
  if (ts.isParenthesizedTypeNode(node)) return writtenLiterals(node.type, reading, seen);
  if (ts.isUnionTypeNode(node)) {
    const former = formerNamesIn(node);
    return node.types.flatMap((part) => {
      return writtenLiterals(part, reading, seen).map((literal) => ({ ...literal, ...former.get(part) }));
    });
  }
  if (ts.isLiteralTypeNode(node)) {
    const value = literalValue(reading.checker.getTypeFromTypeNode(node));
    return value === undefined ? [] : [{ value }];
  }
  if (!ts.isTypeReferenceNode(node)) return [];
  const symbol = reading.checker.getSymbolAtLocation(node.typeName);
  const alias = symbol && resolveAlias(reading.checker, symbol).declarations?.find(ts.isTypeAliasDeclaration);
  return alias && !alias.typeParameters ? writtenLiterals(alias.type, reading, seen) : [];
}
