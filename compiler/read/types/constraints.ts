import { ts } from "ts-morph";
import type { ArrayType, BigintType, BytesType, FloatType, IntType, TextType, Type } from "../../model/model.ts";
import { slownessOf } from "../../pattern/pattern-time.ts";
import { isTextFormat, TEXT_FORMAT_NAMES } from "../../settings/text-formats.ts";
import { carrierOf } from "./brands.ts";
import { itemPlace, writtenItem } from "./collections.ts";
import type { Place, Scope, TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { type Rules, readRules, type Wrong, wrong } from "./rules.ts";
import { typeText } from "./type-text.ts";

/** `Text`, `Int`, `Uint`, `Float`, `Bigint`, `List`, `Bytes`: a base type and a phantom property that holds the rules. */
export const readConstrained: TypeReader = (type, place, scope) => {
  if (!type.isIntersection()) return undefined;
  const phantoms = type.types.filter((part) => phantomNames(part).length > 0);
  const names = new Set(phantoms.flatMap(phantomNames));
  if (names.size === 0) return undefined;
  const base = type.types.filter((part) => !phantoms.includes(part));
  const [name] = names;
  const of = base.length > 1 ? carrierOf(base, scope) : base[0];
  // Of the whole type the checker would work out all that a string has, so the usual single part is asked.
  const phantom = name && scope.checker.getPropertyOfType(phantoms.length > 1 ? type : (phantoms[0] ?? type), name);
  if (!phantom || !of || names.size > 1) {
    return refuse(
      "and the rules of different types don't go together",
      "Keep one of Text, Int, Uint, Float, Bigint, List and Bytes.",
    );
  }
  const rules = scope.checker.getNonNullableType(scope.checker.getTypeOfSymbol(phantom));
  const constraint = CONSTRAINTS[name];
  const found = readRules(rules, constraint.knows, scope.checker);
  const result = found.kind === "wrong" ? found : constraint.read(found.rules, of, place, scope);
  if (result === "reported" || result.kind !== "wrong") return result;
  const { reason, fix } = result;
  scope.report("bad-constraint", scope.span(place.node), { type: typeText(type, place, scope), reason, fix });
  return "reported";
};

interface Constraint {
  /** The rules' names, and the kind of value that each takes. */
  readonly knows: Readonly<Record<string, "number" | "string">>;
  readonly read: (rules: Rules, base: ts.Type, place: Place, scope: Scope) => Type | Wrong | "reported";
}

const RANGE = { min: "number", max: "number", wire: "string" } as const;
const LENGTH = { minLength: "number", maxLength: "number" } as const;

const CONSTRAINTS = {
  "~text": { knows: { ...LENGTH, pattern: "string", format: "string" }, read: readText },
  "~int": { knows: RANGE, read: (rules: Rules) => readInteger(rules, SIGNED) },
  "~uint": { knows: RANGE, read: (rules: Rules) => readInteger(rules, UNSIGNED) },
  "~float": { knows: RANGE, read: readFloat },
  "~bigint": { knows: { wire: "string" }, read: readBigint },
  "~list": { knows: { minItems: "number", maxItems: "number" }, read: readList },
  "~bytes": {
    knows: LENGTH,
    read: (rules: Rules) => sized<BytesType>({ kind: "bytes", ...rules }, "minLength", "maxLength"),
  },
} satisfies Record<`~${string}`, Constraint>;

/**
 * What one of them other than `List` makes of rules, by the name under which the package exports it. `undefined`: there is
 * none of that name, or the rules are at fault.
 */
export function underRules(name: string, rules: Rules): Type | undefined {
  const constraint = isWithoutParts(name) ? CONSTRAINTS[WITHOUT_PARTS[name]] : undefined;
  if (!constraint) return undefined;
  const knows: Constraint["knows"] = constraint.knows;
  if (Object.entries(rules).some(([rule, value]) => typeof value !== knows[rule])) return undefined;
  const result = constraint.read(rules);
  return result.kind === "wrong" ? undefined : result;
}

const WITHOUT_PARTS = {
  Text: "~text",
  Int: "~int",
  Uint: "~uint",
  Float: "~float",
  Bigint: "~bigint",
  Bytes: "~bytes",
} as const;

function isWithoutParts(name: string): name is keyof typeof WITHOUT_PARTS {
  return Object.hasOwn(WITHOUT_PARTS, name);
}

function readText(rules: Rules): TextType | Wrong {
  const { pattern, format } = rules;
  if (format !== undefined && !isTextFormat(format)) {
    return wrong(`'${format}' is no format`, `Choose one of ${TEXT_FORMAT_NAMES.join(", ")}.`);
  }
  if (pattern !== undefined) {
    try {
      new RegExp(String(pattern), "u");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return wrong(reason, "Fix the pattern: it must be a regular expression under the flag u.");
    }
    const maxLength = typeof rules.maxLength === "number" ? rules.maxLength : undefined;
    const slow = slownessOf(String(pattern), maxLength);
    if (slow) return wrong(slow.reason, slow.fix);
  }
  return sized<TextType>({ kind: "text", ...rules }, "minLength", "maxLength");
}

type Wires = Readonly<Partial<Record<IntType["wire"], { readonly min: number; readonly max: number }>>>;

const SAFE = Number.MAX_SAFE_INTEGER;
const OF_32_BITS = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const OF_53_BITS = { min: -SAFE, max: SAFE };
/** What may be asked for, with what such integers can be. */
const SIGNED: Wires = { sint32: OF_32_BITS, sint64: OF_53_BITS, sfixed32: OF_32_BITS, sfixed64: OF_53_BITS };
const UNSIGNED: Wires = { fixed32: { min: 0, max: 2 ** 32 - 1 }, fixed64: { min: 0, max: SAFE } };

function readInteger(rules: Rules, wires: Wires): IntType | Wrong {
  const isUnsigned = wires === UNSIGNED;
  const wire = rules.wire === undefined ? undefined : wireNamed(rules.wire, wires);
  if (rules.wire !== undefined && !wire) return noWire(rules.wire, Object.keys(wires));
  const widest = (wire && wires[wire]) ?? { min: isUnsigned ? 0 : -SAFE, max: SAFE };
  const { min, max } = { ...widest, ...rules } as { min: number; max: number };
  const outside = [min, max].find((bound) => !Number.isSafeInteger(bound) || bound < widest.min || bound > widest.max);
  if (outside !== undefined) {
    return wrong(
      `${outside} is not an integer from ${widest.min} to ${widest.max}`,
      isUnsigned && outside < 0 ? "Choose another bound, or `Int` for numbers below 0." : "Choose another bound.",
    );
  }
  if (min > max) return crossed("min", min, "max", max);
  return { kind: "int", wire: wire ?? wireOf(min, max, isUnsigned), min, max };
}

function wireNamed(name: number | string, wires: Wires): IntType["wire"] | undefined {
  return (Object.keys(wires) as IntType["wire"][]).find((wire) => wire === name);
}

function noWire(name: number | string, known: readonly string[]): Wrong {
  const named = known.map((wire) => `'${wire}'`).join(", ");
  return wrong(
    `'${name}' is no encoding that it can have`,
    `Write ${named}, or leave \`wire\` out for protobuf's usual one.`,
  );
}

function wireOf(min: number, max: number, unsigned: boolean): IntType["wire"] {
  if (unsigned) return max < 2 ** 32 ? "uint32" : "uint64";
  return min >= -(2 ** 31) && max < 2 ** 31 ? "int32" : "int64";
}

function readFloat(rules: Rules): FloatType | Wrong {
  const { min, max, wire } = rules as { min?: number; max?: number; wire?: string };
  if (wire !== undefined && wire !== "float") return noWire(wire, ["float"]);
  if (min !== undefined && max !== undefined && min > max) return crossed("min", min, "max", max);
  const infinite = [min, max].find((bound) => wire && bound !== undefined && !Number.isFinite(Math.fround(bound)));
  if (infinite !== undefined) return wrong(`${infinite} is beyond the numbers of 32 bits`, "Choose another bound.");
  return { kind: "float", ...rules };
}

const BIGINT_WIRES = ["uint64", "sint64", "fixed64", "sfixed64"] as const;

function readBigint({ wire }: Rules): BigintType | Wrong {
  if (wire === undefined) return { kind: "bigint" };
  const known = BIGINT_WIRES.find((name) => name === wire);
  return known ? { kind: "bigint", wire: known } : noWire(wire, BIGINT_WIRES);
}

function readList(rules: Rules, base: ts.Type, place: Place, scope: Scope): ArrayType | Wrong | "reported" {
  const [item] = scope.checker.getTypeArguments(base as ts.TypeReference);
  const items = item && scope.part(item, itemPlace(place, writtenItem, "[]"));
  return items ? sized<ArrayType>({ kind: "array", items, ...rules }, "minItems", "maxItems") : "reported";
}

/** A type whose two rules are counts, the first not above the second. */
function sized<T extends Type>(type: T, least: keyof T & string, most: keyof T & string): T | Wrong {
  for (const name of [least, most]) {
    const count = type[name];
    if (count !== undefined && !(Number.isSafeInteger(count) && Number(count) >= 0)) {
      return wrong(`${name} is ${count}, which is no count`, "Choose an integer from 0.");
    }
  }
  const [min, max] = [type[least], type[most]];
  return typeof min === "number" && typeof max === "number" && min > max ? crossed(least, min, most, max) : type;
}

function crossed(least: string, min: number, most: string, max: number): Wrong {
  return wrong(`${least} is ${min}, above ${most}, which is ${max}`, `Choose a ${least} up to ${most}.`);
}

/** Whether a type is one of those. */
export function isConstrained(type: ts.Type): boolean {
  return type.isIntersection() && type.types.some((part) => phantomNames(part).length > 0);
}

/** The properties of a part of an intersection that holds rules only; none for other parts. */
function phantomNames({ symbol }: ts.Type): (keyof typeof CONSTRAINTS)[] {
  const members = symbol && symbol.flags & ts.SymbolFlags.TypeLiteral ? symbol.members : undefined;
  const names: (keyof typeof CONSTRAINTS)[] = [];
  for (const key of members?.keys() ?? []) {
    const name = ts.unescapeLeadingUnderscores(key);
    if (!isConstraint(name)) return [];
    names.push(name);
  }
  return names;
}

function isConstraint(name: string): name is keyof typeof CONSTRAINTS {
  return Object.hasOwn(CONSTRAINTS, name);
}
