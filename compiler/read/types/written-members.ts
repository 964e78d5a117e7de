import { ts } from "ts-morph";
import { type Reading, resolveAlias } from "../reading.ts";
import { byDeclaration } from "./objects.ts";
import type { Place, Scope } from "./reader.ts";

/** A member of a union, and where it is written, if that is in the project's own sources. */
interface Written {
  readonly type: ts.Type;
  readonly node: ts.TypeNode | undefined;
}

/**
 * The members of a union in the order in which they are written: the checker's own follows from what else it has seen.
 * What is written nowhere in order comes behind, by declaration.
 */
export function inWrittenOrder(type: ts.UnionType, place: Place, scope: Scope): Written[] {
  const alias = type.aliasSymbol?.declarations?.find(ts.isTypeAliasDeclaration);
  const written = writtenMembers(alias?.type ?? place.written, scope, new Set());
  const rank = new Map(written.map((one, i) => [one.type, i] as const).reverse());
  const rankOf = (member: ts.Type) => rank.get(member) ?? written.length;
  const isOwn = (node: ts.Node) => !scope.program.isSourceFileFromExternalLibrary(node.getSourceFile());
  return type.types
    .toSorted((a, b) => rankOf(a) - rankOf(b) || declaredBefore(a, b, scope))
    .map((member) => {
      const node = written[rankOf(member)]?.node;
      return { type: member, node: node && isOwn(node) ? node : undefined };
    });
}

function writtenMembers(node: ts.TypeNode | undefined, reading: Reading, seen: Set<ts.Node>): Written[] {
  if (!node || seen.has(node)) return [];
  seen.add(node);
  if (ts.isParenthesizedTypeNode(node)) return writtenMembers(node.type, reading, seen);
  if (ts.isUnionTypeNode(node)) return node.types.flatMap((part) => writtenMembers(part, reading, seen));
  const type = reading.checker.getTypeFromTypeNode(node);
  if (!type.isUnion()) return [{ type, node }];
  const parts = type.types.map((part) => ({ type: part, node: undefined }));
  // `boolean`, whose two values are always in one order, as an enum's are.
  if (!ts.isTypeReferenceNode(node)) return parts;
  const found = reading.checker.getSymbolAtLocation(node.typeName);
  const symbol = found && resolveAlias(reading.checker, found);
  if (symbol && symbol.flags & ts.SymbolFlags.Enum) return parts;
  const alias = symbol?.declarations?.find(ts.isTypeAliasDeclaration);
  return alias && !alias.typeParameters ? writtenMembers(alias.type, reading, seen) : [];
}

function declaredBefore(a: ts.Type, b: ts.Type, { checker }: Scope): number {
  const [left, right] = [a, b].map((type) => type.aliasSymbol ?? type.symbol);
  if (left && right) return byDeclaration(left, right);
  if (left || right) return left ? 1 : -1;
  return checker.typeToString(a) < checker.typeToString(b) ? -1 : 1;
}
