import { ts } from "ts-morph";
import { isBranded } from "./brands.ts";
import { presenceOf, readElement } from "./nullable.ts";
import type { Place, TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";

/** `T[]`, `readonly T[]`, `Array<T>`. */
export const readArray: TypeReader = (type, place, scope) => {
  if (!scope.checker.isArrayType(type)) return undefined;
  const [item] = scope.checker.getTypeArguments(type as ts.TypeReference);
  const items = item && scope.part(item, itemPlace(place, writtenItem, "[]"));
  return items ? { kind: "array", items, ...(isReadonly(type) && { readonly: true }) } : "reported";
};

function isReadonly({ symbol }: ts.Type): boolean {
  return symbol.name === "ReadonlyArray";
}

/** `Record<string, T>`, `Record<Int, T>`, and other types with such an index signature and nothing else. */
export const readRecord: TypeReader = (type, place, scope) => {
  const infos = scope.checker.getIndexInfosOfType(type);
  const [info] = infos;
  if (!info) return undefined;
  const isInteger = isIntegerKey(info.keyType);
  if (infos.length > 1 || !(isInteger || isStringKey(info.keyType))) {
    if (scope.checker.getPropertyOfType(type, "length")) return EXTENDS_LIST;
    return info.keyType.flags & ts.TypeFlags.Number ? NUMBER_KEYS : SOME_KEYS;
  }
  if (scope.checker.getPropertiesOfType(type).length > 0) {
    return refuse(
      "which has both named fields and an index signature",
      "Give the named fields and the `Record<string, T>` a field each, or write `Portable<…>` of it, with fivefold's Portable, " +
        "which makes one record of both.",
    );
  }
  const presence = presenceOf(info.type, scope);
  const values = readElement(presence, itemPlace(place, writtenValue, "[*]"), scope);
  const keys = isInteger ? scope.part(info.keyType, place) : undefined;
  if (isInteger && keys && keys.kind !== "int") return NUMBER_KEYS;
  if (!values || (isInteger && keys?.kind !== "int")) return "reported";
  const sparse = presence.hasUndefined && { sparse: true as const };
  return { kind: "record", ...(keys?.kind === "int" && { keys }), values, ...sparse };
};

const EXTENDS_LIST = refuse("where an interface or a class extends `Array`", "Write a list in its place, as `T[]`.");
const SOME_KEYS = refuse(
  "with an index signature for some keys only, and a record's keys are any strings",
  "Write `Record<string, T>`.",
);

const NUMBER_KEYS = refuse(
  "whose keys are any numbers, and a record's are strings or integers",
  "Write `Record<Int, T>`, with fivefold's `Int`, or `Record<string, T>`.",
);

/** A number with rules, or with a brand. */
function isIntegerKey(type: ts.Type): boolean {
  return isBranded(type, ({ flags }) => Boolean(flags & ts.TypeFlags.Number));
}

/** `string`, also with a brand. */
function isStringKey(type: ts.Type): boolean {
  return Boolean(type.flags & ts.TypeFlags.String) || isBranded(type, isStringKey);
}

/** The place of what a list or record contains. A list in a list needs a message around it, so it is a level more. */
export function itemPlace(
  place: Place,
  part: (node: ts.TypeNode) => ts.TypeNode | undefined,
  segment: "[]" | "[*]",
): Place {
  const written = place.written && withoutParentheses(part(place.written));
  return {
    ...place,
    path: `${place.path}${segment}`,
    node: written ?? place.node,
    written,
    depth: place.contained ? place.depth + 1 : place.depth,
    contained: true,
  };
}

function withoutParentheses(node: ts.TypeNode | undefined): ts.TypeNode | undefined {
  return node && ts.isParenthesizedTypeNode(node) ? withoutParentheses(node.type) : node;
}

export function writtenItem(node: ts.TypeNode): ts.TypeNode | undefined {
  if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node)) return writtenItem(node.type);
  if (ts.isArrayTypeNode(node)) return node.elementType;
  return isNamed(node, "Array", "ReadonlyArray", "List") ? node.typeArguments?.[0] : undefined;
}

export function writtenValue(node: ts.TypeNode): ts.TypeNode | undefined {
  if (ts.isParenthesizedTypeNode(node)) return writtenValue(node.type);
  if (ts.isTypeLiteralNode(node)) return node.members.find(ts.isIndexSignatureDeclaration)?.type;
  return isNamed(node, "Record") ? node.typeArguments?.[1] : undefined;
}

function isNamed(node: ts.TypeNode, ...names: string[]): node is ts.TypeReferenceNode {
  return ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName) && names.includes(node.typeName.text);
}
