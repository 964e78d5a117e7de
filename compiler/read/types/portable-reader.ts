import { ts } from "ts-morph";
import type { Type } from "../../model/model.ts";
import type { Reading } from "../reading.ts";
import { isIntegerKey, itemPlace, recordOf, writtenValue } from "./collections.ts";
import {
  indexesOf,
  isA,
  isAnything,
  isOfStrings,
  isOpenList,
  isSendable,
  kindOf,
  partsOf,
  publicFields,
} from "./portable.ts";
import type { Scope, TypeReader } from "./reader.ts";
import { MAX_VARIANTS } from "./unions.ts";

const JSON_TYPE: Type = { kind: "json" };

/** What is read otherwise as `Portable` than as it is. */
export const readPortable: TypeReader = (type, place, scope) => {
  if (!place.portable) return undefined;
  if (isAnything(type, scope)) return JSON_TYPE;
  const parts = partsOf(type);
  if (parts.every((part) => isA("Sent", part, scope))) return parts.length > 1 ? undefined : readSent(type, scope);
  // Too many are refused, and to ask of each takes its time.
  if (parts.filter((part) => !isA("Sent", part, scope)).length > MAX_VARIANTS) return undefined;
  const sent = withoutTwins(
    parts.filter((part) => isSendable(part, scope)),
    scope,
  );
  const kinds = new Set(sent.map((part) => kindOf(part, scope)));
  if (kinds.has("json") || (kinds.has("record") && kinds.has("object"))) return JSON_TYPE;
  const lists = sent.filter((part) => isOpenList(part, scope));
  if (lists.length < 2 && sent.length === parts.length) {
    return type.isUnion() ? undefined : readIndexed(type, place, scope);
  }
  const { getUnionType, createArrayType } = unionsOf(scope);
  if (lists.length < 2) return scope.part(getUnionType(sent), place) ?? "reported";
  const items = lists.flatMap((list) => scope.checker.getTypeArguments(list as ts.TypeReference));
  const others = sent.filter((part) => !lists.includes(part));
  return scope.part(getUnionType([...others, createArrayType(getUnionType(items))]), place) ?? "reported";
};

/** Of records of the same, which the checker makes one type, the first. */
function withoutTwins(types: readonly ts.Type[], reading: Reading): readonly ts.Type[] {
  const records = new Map<unknown, ts.Type>();
  return types.filter((type) => {
    const of = kindOf(type, reading) === "record" && indexesOf(type, reading.checker).find(isOfStrings)?.type;
    if (!of) return true;
    const key = isAnything(of, reading) ? JSON_TYPE : of;
    if (records.has(key)) return false;
    records.set(key, type);
    return true;
  });
}

function readSent(type: ts.Type, reading: Reading): Type | undefined {
  if (!(type.flags & ts.TypeFlags.Object)) return undefined;
  return reading.checker.getPropertyOfType(type, "byteLength") ? { kind: "bytes" } : { kind: "timestamp" };
}

/** A type with index signatures, and maybe named fields beside them. */
const readIndexed: TypeReader = (type, place, scope) => {
  const { checker } = scope;
  const indexes = indexesOf(type, checker);
  if (indexes.length === 0 || isA("List", type, scope)) return undefined;
  const ofStrings = indexes.find(isOfStrings);
  const fields = ofStrings ? [] : publicFields(checker.getPropertiesOfType(type));
  const types = ofStrings
    ? [ofStrings.type]
    : [...indexes, ...fields.map((field) => ({ type: checker.getTypeOfSymbol(field) }))].map(({ type }) => type);
  const values = unionsOf(scope).getUnionType(types);
  const isPlain = fields.length === 0 || partsOf(values).every((part) => isA("Sent", part, scope));
  const keys =
    fields.length === 0 && indexes.every(({ keyType }) => isIntegerKey(keyType)) ? indexes[0]?.keyType : undefined;
  if (!isPlain) return { kind: "record", values: JSON_TYPE };
  return recordOf(keys, values, itemPlace(place, writtenValue, "[*]"), scope);
};

/** The checker's own, which its declarations leave out. */
interface Unions {
  getUnionType(types: readonly ts.Type[]): ts.Type;
  createArrayType(item: ts.Type): ts.Type;
}

function unionsOf({ checker }: Scope): Unions {
  return checker as ts.TypeChecker & Unions;
}
