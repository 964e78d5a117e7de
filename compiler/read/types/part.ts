import { ts } from "ts-morph";
import type { Type } from "../../model/model.ts";
import { type Reading, resolveAlias } from "../reading.ts";
import { readBranded } from "./brands.ts";
import { readBuiltin, refuseBuiltin, refuseClass, refuseFunction } from "./builtins.ts";
import { readArray, readRecord } from "./collections.ts";
import { readConstrained } from "./constraints.ts";
import { MAX_DEPTH } from "./depth.ts";
import { readEnum } from "./enums.ts";
import { readJson } from "./json.ts";
import { readNullable } from "./nullable.ts";
import { readObject } from "./objects.ts";
import { portableArgument, portableOf } from "./portable.ts";
import { readPortable } from "./portable-reader.ts";
import type { OutsideFault, Place, Scope, TypeReader } from "./reader.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { readScalar, refuseWithoutWireForm } from "./scalars.ts";
import { readText } from "./text.ts";
import { readTuple } from "./tuples.ts";
import { typeText } from "./type-text.ts";
import { readUnion } from "./unions.ts";

/** The first that knows a type reads it. A new kind of type is one more reader here. */
const READERS: readonly TypeReader[] = [
  readPortable,
  readScalar,
  readJson,
  readEnum,
  readNullable,
  readText,
  refuseWithoutWireForm,
  readUnion,
  readConstrained,
  readBranded,
  readBuiltin,
  readArray,
  readTuple,
  refuseBuiltin,
  refuseClass,
  refuseFunction,
  readRecord,
  readObject,
];

/** What the table says of a type. */
export function readType(type: ts.Type, place: Place, scope: Scope): Type | Refusal | "reported" {
  for (const read of READERS) {
    const result = read(type, place, scope);
    if (result) return result;
  }
  return refuse("which has no wire form", "Write it with plain types: strings, numbers, lists and interfaces.");
}

/** Reads a field's type or a part of it. `undefined`: it has no wire form, which has been reported. */
export function readPart(type: ts.Type, place: Place, scope: Scope): Type | undefined {
  const argument = portableArgument(place.written, scope);
  if (argument) return readPart(scope.checker.getTypeFromTypeNode(argument), portablePlace(place, argument), scope);
  const original = portableOf(type, scope);
  if (original) return readPart(original, portablePlace(place, undefined), scope);
  // Of packages' declarations `tsc` takes what it doesn't find for anything.
  if (isUnresolved(type) && !(place.portable && isOutside(place))) {
    const found = typeText(type, place, scope);
    if (isOutside(place)) scope.refuseOutside({ place, found, reason: "which can't be resolved", fix: INSTALL });
    else reportUnresolved(place, found, scope);
    return undefined;
  }
  if (place.depth > MAX_DEPTH) {
    scope.report("nesting-too-deep", scope.span(place.node), { subject: place.subject, limit: MAX_DEPTH });
    return undefined;
  }
  const result = readType(type, place, scope);
  if (result === "reported") return undefined;
  if (result.kind !== "refusal") return result;
  reportRefusal(result, type, place, scope);
  return undefined;
}

/** Of what `Portable` is made of there. */
function portablePlace(place: Place, written: ts.TypeNode | undefined): Place {
  return { ...place, written, portable: true };
}

export function reportRefusal({ reason, fix }: Refusal, type: ts.Type, place: Place, scope: Scope): void {
  const found = typeText(type, place, scope);
  if (isOutside(place)) scope.refuseOutside({ place, found, reason, fix });
  else scope.report("unsupported-type", scope.span(place.node), { subject: place.subject, found, reason, fix });
}

/** The checker has said why, in words of its own, where it checked the file. */
export function reportUnresolved(place: Place, found: string, scope: Reading): void {
  const { subject, node, written } = place;
  const alias = circularAlias(written, scope);
  if (!alias) {
    scope.report("unresolved-type", scope.span(node), { subject, found });
    return;
  }
  const declared = `type ${alias.name.text} = ${alias.type.getText().replace(/\s+/g, " ")}`;
  scope.report("circular-type", scope.span(alias.name), { subject, name: alias.name.text, declared });
}

const INSTALL = "Check that the module that the type comes from is installed and found.";

/** Whether a type stands where people of this project can't fix it. */
function isOutside(place: Place): place is OutsideFault["place"] {
  return place.outside !== undefined;
}

/** Whether the checker could make nothing of a type's name: then it has said why, in words of its own. */
export function isUnresolved(type: ts.Type): boolean {
  return "intrinsicName" in type && type.intrinsicName === "error";
}

/** The alias that a type's name stands for where it is declared as itself, as in `type C = C | string`. */
function circularAlias(written: ts.TypeNode | undefined, reading: Reading): ts.TypeAliasDeclaration | undefined {
  return ringIn(written, reading, []);
}

function ringIn(
  node: ts.Node | undefined,
  reading: Reading,
  open: readonly ts.TypeAliasDeclaration[],
): ts.TypeAliasDeclaration | undefined {
  if (!node || isDeferred(node)) return undefined;
  if (ts.isTypeReferenceNode(node)) {
    const symbol = reading.checker.getSymbolAtLocation(node.typeName);
    const alias = symbol && resolveAlias(reading.checker, symbol).declarations?.find(ts.isTypeAliasDeclaration);
    if (!alias) return undefined;
    return open.includes(alias) ? alias : ringIn(alias.type, reading, [...open, alias]);
  }
  return ts.forEachChild(node, (child) => ringIn(child, reading, open));
}

/** What is in an object or a list is asked for later, and may be the alias itself. */
function isDeferred(node: ts.Node): boolean {
  return (
    ts.isTypeLiteralNode(node) ||
    ts.isArrayTypeNode(node) ||
    ts.isTupleTypeNode(node) ||
    ts.isMappedTypeNode(node) ||
    ts.isFunctionLike(node)
  );
}
