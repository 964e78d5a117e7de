import { ts } from "ts-morph";
import type { Type, Variant } from "../../model/model.ts";
import { membersOf } from "./enums.ts";
import { literalValue } from "./literals.ts";
import { ABSENT } from "./nullable.ts";
import type { Place, Scope, TypeReader } from "./reader.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { isText, textOf } from "./text.ts";
import { labelsOf } from "./union-labels.ts";
import { inWrittenOrder } from "./written-members.ts";

/** Unions of types that are no literals alone: `Circle | Square`, `string | number`. */
export const readUnion: TypeReader = (type, place, scope) => {
  if (!type.isUnion()) return undefined;
  return type.types.some(({ flags }) => flags & ts.TypeFlags.Undefined) ? ABSENT : scope.union(type, place);
};

/** More are of no use to anybody, and to tell them apart takes ever longer. An intersection of unions soon has thousands. */
export const MAX_VARIANTS = 500;

function tooMany(count: number): Refusal {
  return refuse(
    `a union of ${count} objects, where ${MAX_VARIANTS} are the most`,
    "Put what they have in common into one type; where unions are intersected, make each a field of its own.",
  );
}

/** Types of a union that make one variant. */
interface Part {
  readonly types: readonly ts.Type[];
  /** What an anonymous type is named after, behind the union. */
  readonly label: string;
  readonly read: (types: readonly ts.Type[], place: Place, scope: Scope) => Type | Refusal | undefined;
}

/**
 * The variants of a union in the order in which they are written. Whether what they hold tells them apart is seen once
 * all of it is read. `undefined`: one is at fault, which has been reported.
 */
export function readVariants(
  type: ts.UnionType,
  name: string,
  place: Place,
  scope: Scope,
): readonly Variant[] | Refusal | undefined {
  const arrays = type.types.filter((part) => scope.checker.isArrayType(part));
  if (arrays.length > 1) return ALIKE_LISTS;
  const objects = type.types.filter((part) => !SCALARS.some(({ includes }) => includes(part)));
  if (objects.length > MAX_VARIANTS) return tooMany(objects.length);
  // Some intersections of unions are left with parts that exclude each other.
  const members = inWrittenOrder(type, place, scope).filter(({ type }) => !hasNoValue(type, scope));
  const nodes = new Map(members.map(({ type, node }) => [type, node]));
  const variants: Variant[] = [];
  let recordCount = 0;
  let objectCount = 0;
  let failed = false;
  for (const { types, label, read } of partsOf([...nodes.keys()], scope)) {
    const [only, ...others] = types;
    const written = only && others.length === 0 ? nodes.get(only) : undefined;
    const inside = { ...place, name: `${name}-${label}`, node: written ?? place.node, written, contained: true };
    const result = read(types, inside, scope);
    if (!result) failed = true;
    else if (result.kind === "refusal") return result;
    else {
      variants.push({ name: variantName(result, label), type: result, number: 0 });
      if (result.kind === "record") recordCount++;
      else if (result.kind === "message" && !types.some(scope.checker.isTupleType)) objectCount++;
    }
  }
  if (failed) return undefined;
  return recordCount > 1 || (recordCount > 0 && objectCount > 0) ? ALIKE_RECORDS : variants;
}

function hasNoValue(type: ts.Type, { checker }: Scope): boolean {
  return type.isIntersection() && checker.isTypeAssignableTo(type, checker.getNeverType());
}

/** Strings, numbers and booleans make one variant each, all else one by itself. */
function partsOf(types: readonly ts.Type[], scope: Scope): Part[] {
  const labels = labelsOf(types, scope);
  const { isTupleType, isArrayType } = scope.checker;
  const hasLists = types.filter((type) => isTupleType(type) || isArrayType(type)).length > 1;
  const parts = new Map<string, Part & { readonly types: ts.Type[] }>();
  for (const [i, type] of types.entries()) {
    const scalar = SCALARS.find(({ includes }) => includes(type));
    const key = scalar?.label ?? String(i);
    const read = isTupleType(type) && hasLists ? readMessage : readOne;
    const part = parts.get(key) ?? { types: [], label: labels[i] ?? "", read, ...scalar };
    part.types.push(type);
    parts.set(key, part);
  }
  return [...parts.values()];
}

const SCALARS: readonly (Omit<Part, "types"> & { readonly includes: (type: ts.Type) => boolean })[] = [
  { label: "string", includes: isText, read: (...all) => readLiterals(...all) ?? textOf(...all) },
  { label: "number", includes: isNumber, read: (...all) => readLiterals(...all) ?? numberOf(...all) },
  {
    label: "boolean",
    includes: (type) => typeof literalValue(type) === "boolean",
    read: ([first, second]) => {
      return second || !first ? { kind: "boolean" } : { kind: "boolean", only: literalValue(first) === true };
    },
  },
];

function readOne([type]: readonly ts.Type[], place: Place, scope: Scope): Type | undefined {
  return type && scope.part(type, place);
}

/** A tuple that is told from other lists by its elements, whatever these are. */
function readMessage([type]: readonly ts.Type[], place: Place, scope: Scope): Type | Refusal | undefined {
  const result = type && scope.message(type, place);
  return result === "reported" ? undefined : result;
}

function readLiterals(types: readonly ts.Type[], place: Place, scope: Scope): Type | Refusal | undefined {
  const members = membersOf(types);
  return members && ("kind" in members ? members : scope.enumeration(undefined, members, place));
}

function numberOf(types: readonly ts.Type[], place: Place, scope: Scope): Type | Refusal | undefined {
  // A literal beside `number` says only what an editor is to propose.
  if (types.some(({ flags }) => flags & ts.TypeFlags.Number)) return { kind: "float" };
  if (types.length === 1) return readOne(types, place, scope);
  return refuse("a union of numbers under different rules", "Write one type for all: `number`, or `Int<{ … }>`.");
}

function isNumber(type: ts.Type): boolean {
  return Boolean(type.flags & ts.TypeFlags.NumberLike) || (type.isIntersection() && type.types.some(isNumber));
}

/** As `Variant` says. */
function variantName(type: Type, label: string): string {
  switch (type.kind) {
    case "message":
      return type.name;
    case "timestamp":
      return "date";
    case "array":
      return "list";
    case "bytes":
    case "bigint":
    case "record":
      return type.kind;
    default:
      return label;
  }
}

export const ALIKE_LISTS = refuse("and nothing tells its lists apart", "Write one list of a union: `(A | B)[]`.");

/** Records hold nothing by which to tell them from other objects. */
const ALIKE_RECORDS = refuse(
  "and a record's keys tell it from no other object",
  "Put the record into an object, as a field of it.",
);
