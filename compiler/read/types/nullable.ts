import { ts } from "ts-morph";
import type { Type } from "../../model/model.ts";
import type { Reading } from "../reading.ts";
import { isJson } from "./json.ts";
import { hasData, isAnything } from "./portable.ts";
import type { Place, Scope, TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";

/** A type apart from the values that stand for none. */
export interface Presence {
  /** Without undefined and null; `never` where that leaves nothing. */
  readonly type: ts.Type;
  readonly hasUndefined: boolean;
  readonly hasNull: boolean;
}

/** `Json` holds null itself. */
export function presenceOf(type: ts.Type, scope: Reading, { portable }: Pick<Place, "portable">): Presence {
  const parts = type.isUnion() ? type.types : [type];
  const has = (flag: ts.TypeFlags) => parts.some(({ flags }) => flags & flag);
  const [hasUndefined, hasNull] = [has(ts.TypeFlags.Undefined), has(ts.TypeFlags.Null)];
  if (!hasUndefined && !hasNull) return { type, hasUndefined, hasNull };
  if (isJson(type, scope) || (portable && isAnything(type, scope))) return { type, hasUndefined, hasNull: false };
  const present = scope.checker.getNonNullableType(type);
  const isLeftOut = portable && hasNull && !hasData(present, scope);
  return { type: isLeftOut ? scope.checker.getNeverType() : present, hasUndefined, hasNull };
}

/** The type that a presence has as part of an event, once undefined is seen to. */
export function readPresent({ type, hasNull }: Presence, place: Place, scope: Scope): Type | undefined {
  if (!hasNull) return scope.part(type, place);
  if (type.flags & ts.TypeFlags.Never) return { kind: "null" };
  const of = scope.part(type, place);
  // What Portable makes Json may be null anyway.
  return of?.kind === "json" ? of : of && { kind: "nullable", of };
}

/** Of what stands in a `Portable` list: what is absent in it is null there. */
export function presentOrNull({ type, hasUndefined, hasNull }: Presence): Presence {
  return { type, hasUndefined: false, hasNull: hasNull || hasUndefined };
}

/** `null`, and `T | null` that is no field's own. */
export const readNullable: TypeReader = (type, place, scope) => {
  const presence = presenceOf(type, scope, place);
  if (!presence.hasNull) return undefined;
  return presence.hasUndefined ? ABSENT : (readElement(presence, place, scope) ?? "reported");
};

/** An item of a list or a value of a record, which takes a message around it where it may be null: a level more. */
export function readElement(presence: Presence, place: Place, scope: Scope): Type | undefined {
  const written = place.written && writtenPresent(place.written);
  const depth = presence.hasNull ? place.depth + 1 : place.depth;
  return readPresent(presence, { ...place, node: written ?? place.node, written, depth }, scope);
}

export const ABSENT = refuse(
  "and lists and records have no place for what is absent",
  "Leave the absent ones out, or send null in their place.",
);

/** `T` of `T | undefined`, `T | null` and of both, as it is written. */
export function writtenPresent(node: ts.TypeNode): ts.TypeNode {
  if (ts.isParenthesizedTypeNode(node)) return writtenPresent(node.type);
  if (!ts.isUnionTypeNode(node)) return node;
  const parts = node.types.filter((part) => !isNothing(part));
  const [only] = parts;
  return only && parts.length === 1 ? writtenPresent(only) : node;
}

function isNothing(node: ts.TypeNode): boolean {
  if (node.kind === ts.SyntaxKind.UndefinedKeyword) return true;
  return ts.isLiteralTypeNode(node) && node.literal.kind === ts.SyntaxKind.NullKeyword;
}
