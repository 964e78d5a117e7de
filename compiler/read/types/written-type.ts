import { ts } from "ts-morph";
import type { EnumMember, Type } from "../../model/model.ts";
import { ELSEWHERE, importedName } from "../imports.ts";
import { itemPlace, writtenItem, writtenValue } from "./collections.ts";
import { underRules } from "./constraints.ts";
import { MAX_DEPTH } from "./depth.ts";
import type { Place, Scope } from "./reader.ts";
import type { Rules } from "./rules.ts";
import { mentions } from "./tags.ts";

/**
 * What a type is that can be told by the form in which it is written: what most fields have. The checker, which would have
 * to resolve every name, then need not be asked; what it would say is the same. `undefined`: it can't be told so, or is at
 * fault. Then nothing has happened yet.
 */
export function readWritten(node: ts.TypeNode, place: Place, scope: Scope): Type | undefined {
  if (place.depth > MAX_DEPTH) return undefined;
  switch (node.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { kind: "text" };
    case ts.SyntaxKind.NumberKeyword:
      return { kind: "float" };
    case ts.SyntaxKind.BigIntKeyword:
      return { kind: "bigint" };
    case ts.SyntaxKind.BooleanKeyword:
      return { kind: "boolean" };
    case ts.SyntaxKind.ArrayType: {
      const items = readItem(itemPlace(place, writtenItem, "[]"), scope);
      return items && { kind: "array", items };
    }
    case ts.SyntaxKind.UnionType:
    case ts.SyntaxKind.LiteralType:
      return readStrings(node, place, scope);
    case ts.SyntaxKind.TypeReference:
      return readReference(node as ts.TypeReferenceNode, place, scope);
    default:
      return undefined;
  }
}

function readItem(place: Place, scope: Scope): Type | undefined {
  return place.written && readWritten(place.written, place, scope);
}

/** Literals of strings: an enum that nobody gave a name. */
function readStrings(node: ts.TypeNode, place: Place, scope: Scope): Type | undefined {
  if (mentions(node.getSourceFile(), "@was")) return undefined;
  const members = new Map<string, EnumMember>();
  for (const part of ts.isUnionTypeNode(node) ? node.types : [node]) {
    if (!ts.isLiteralTypeNode(part) || !ts.isStringLiteral(part.literal)) return undefined;
    const { text } = part.literal;
    members.set(text, { name: text, value: text, number: 0 });
  }
  return scope.enumeration(undefined, [...members.values()], place);
}

function readReference(
  { typeName, typeArguments }: ts.TypeReferenceNode,
  place: Place,
  scope: Scope,
): Type | undefined {
  if (!ts.isIdentifier(typeName)) return undefined;
  const [first, second] = typeArguments ?? [];
  const imported = importedName(typeName);
  if (imported === ELSEWHERE) return undefined;
  if (imported) return second || !scope.exported(imported) ? undefined : underWrittenRules(imported, first);
  switch (typeName.text) {
    case "Date":
      return first ? undefined : { kind: "timestamp" };
    case "Uint8Array":
      return first ? undefined : { kind: "bytes" };
    case "Record": {
      if (first?.kind !== ts.SyntaxKind.StringKeyword) return undefined;
      const values = readItem(itemPlace(place, writtenValue, "[*]"), scope);
      return values && { kind: "record", values };
    }
    default:
      return undefined;
  }
}

/** `Text<{ maxLength: 64 }>` and its like. */
function underWrittenRules(name: string, rules: ts.TypeNode | undefined): Type | undefined {
  const written = rules ? rulesIn(rules) : {};
  return written && underRules(name, written);
}

function rulesIn(node: ts.TypeNode): Rules | undefined {
  if (!ts.isTypeLiteralNode(node)) return undefined;
  const rules: Record<string, number | string> = {};
  for (const member of node.members) {
    if (!ts.isPropertySignature(member) || member.questionToken || !ts.isIdentifier(member.name)) return undefined;
    const value = member.type && literalIn(member.type);
    if (value === undefined || Object.hasOwn(rules, member.name.text)) return undefined;
    rules[member.name.text] = value;
  }
  return rules;
}

function literalIn(node: ts.TypeNode): number | string | undefined {
  if (!ts.isLiteralTypeNode(node)) return undefined;
  const { literal } = node;
  if (ts.isStringLiteral(literal)) return literal.text;
  if (ts.isNumericLiteral(literal)) return finite(Number(literal.text));
  const isNegative = ts.isPrefixUnaryExpression(literal) && literal.operator === ts.SyntaxKind.MinusToken;
  return isNegative && ts.isNumericLiteral(literal.operand) ? finite(-Number(literal.operand.text)) : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : undefined;
}
