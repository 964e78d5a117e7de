import { ts } from "ts-morph";
import { literalValue } from "./literals.ts";
import type { Scope } from "./reader.ts";

/** A field of an object, or an element of a tuple. */
interface Part {
  readonly type: ts.Type;
  readonly isOptional: boolean;
}

type Parts = ReadonlyMap<string, Part>;

/**
 * What the anonymous objects of a union are named after: a literal of a field that no other has there, or a field for
 * which it alone has a value. What is no object is named by its kind, so its label matters to what is inside only.
 */
export function labelsOf(types: readonly ts.Type[], { checker }: Scope): string[] {
  const parts = types.map((type) => {
    if (!known.has(type)) known.set(type, partsOf(type, checker));
    return known.get(type);
  });
  return types.map((type, i) => {
    const own = parts[i];
    if (!own) return checker.isArrayType(type) ? "list" : `variant${i + 1}`;
    const others = parts.filter((other) => other !== undefined).filter((other) => other !== own);
    return labelOf(own, others) ?? `variant${i + 1}`;
  });
}

/** A package's vocabulary has the same types in a thousand unions. */
const known = new WeakMap<ts.Type, Parts | undefined>();

function partsOf(type: ts.Type, checker: ts.TypeChecker): Parts | undefined {
  if (checker.isArrayType(type) || !(type.flags & ts.TypeFlags.Object || type.isIntersection())) return undefined;
  if (checker.isTupleType(type)) {
    const { elementFlags } = (type as ts.TupleTypeReference).target;
    const elements = checker.getTypeArguments(type as ts.TypeReference);
    const isOptional = (i: number) => !(elementFlags[i]! & ts.ElementFlags.Required);
    return new Map(elements.map((type, i) => [String(i), { type, isOptional: isOptional(i) }]));
  }
  return new Map(
    checker.getPropertiesOfType(type).map((field) => {
      return [
        field.name,
        { type: checker.getTypeOfSymbol(field), isOptional: Boolean(field.flags & ts.SymbolFlags.Optional) },
      ];
    }),
  );
}

function labelOf(own: Parts, others: readonly Parts[]): string | undefined {
  for (const [name, { type }] of own) {
    const value = literalValue(type);
    const isOwn = value !== undefined && others.every((other) => !literalsOf(other.get(name)).includes(value));
    if (isOwn && others.some((other) => other.has(name))) return String(value);
  }
  const isAlone = ([name, part]: readonly [string, Part]) =>
    hasValue(part) && /^\D/.test(name) && !others.some((other) => hasValue(other.get(name)));
  return [...own].find(isAlone)?.[0];
}

function literalsOf(part: Part | undefined): unknown[] {
  if (!part) return [];
  return part.type.isUnion() ? part.type.types.map(literalValue) : [literalValue(part.type)];
}

function hasValue(part: Part | undefined): boolean {
  return part !== undefined && !part.isOptional && !(part.type.flags & ts.TypeFlags.Null);
}
