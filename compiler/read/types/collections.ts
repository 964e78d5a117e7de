import { ts } from "ts-morph";
import type { RecordType, Type } from "../../model/model.ts";
import { isBranded } from "./brands.ts";
import { presenceOf, presentOrNull, readElement } from "./nullable.ts";
import type { Place, Scope, TypeReader } from "./reader.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** `T[]`, `readonly T[]`, `Array<T>`. */
export const readArray: TypeReader = (type, place, scope) => {
  if (!scope.checker.isArrayType(type)) return undefined;
  const [item] = scope.checker.getTypeArguments(type as ts.TypeReference);
  const items = item && readItem(item, itemPlace(place, writtenItem, "[]"), scope);
  return items ? { kind: "array", items, ...(isReadonly(type) && { readonly: true }) } : "reported";
};

/** What a list holds. What is absent in it is null in a `Portable`, as in JSON. */
function readItem(type: ts.Type, place: Place, scope: Scope): Type | undefined {
  if (!place.portable) return scope.part(type, place);
  return readElement(presentOrNull(presenceOf(type, scope, place)), place, scope);
}

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
  return recordOf(isInteger ? info.keyType : undefined, info.type, itemPlace(place, writtenValue, "[*]"), scope);
};

/** A record of values, whose keys are strings unless a type says that they are integers. */
export function recordOf(
  keyType: ts.Type | undefined,
  valueType: ts.Type,
  place: Place,
  scope: Scope,
): RecordType | Refusal | "reported" {
  const presence = presenceOf(valueType, scope, place);
  const values = readElement(presence, place, scope);
  const keys = keyType && scope.part(keyType, place);
  if (keys && keys.kind !== "int") return NUMBER_KEYS;
  if (!values || (keyType && !keys)) return "reported";
  return { kind: "record", ...(keys && { keys }), values, ...(presence.hasUndefined && { sparse: true as const }) };
}

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
export function isIntegerKey(type: ts.Type): boolean {
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
