import type { ArrayType, EnumMember, Type } from "./model.ts";
import type { Shape, ShapeMessage, ShapeUnion, ShapeVariant } from "./shape.ts";

/*
 * How one sees which variant of a union a value is of: first by what kind of value it is, then, among objects, by one of
 * their fields, and among lists by one of their items. Pure, and for reading and emitters alike, so that what one calls
 * distinct is distinct in what is emitted.
 */

/** What JavaScript tells apart without a look inside. */
export type ValueKind = "string" | "number" | "bigint" | "boolean" | "date" | "bytes" | "list" | "object";

/** What a field can be, as far as one looks at it. */
type Look = "undefined" | "null" | "string" | "number" | "bigint" | "object";

export type Choice =
  | { readonly kind: "variant"; readonly variant: ShapeVariant }
  | {
      readonly kind: "field";
      readonly field: string;
      /** Whether all groups have literals only. */
      readonly isTag: boolean;
      /** No value of the field is in two of them. */
      readonly groups: readonly Group[];
    };

export interface Group {
  readonly literals: readonly EnumMember["value"][];
  readonly looks: readonly Look[];
  readonly then: Choice;
}

/** How to tell a union's variants apart, by kind of value; or variants that nothing tells apart. */
export type Distinction =
  | { readonly isDistinct: true; readonly byKind: ReadonlyMap<ValueKind, Choice> }
  | { readonly isDistinct: false; readonly alike: readonly ShapeVariant[] };

/** The kind of value that a type has; `undefined` for one whose values are of several. */
export function kindOfValue(type: Type, { enums, messages }: Shape): ValueKind | undefined {
  switch (type.kind) {
    case "text":
      return "string";
    case "int":
    case "float":
      return "number";
    case "bigint":
    case "boolean":
    case "bytes":
      return type.kind;
    case "timestamp":
      return "date";
    case "array":
      return "list";
    case "record":
      return "object";
    case "message":
      return messages.find(({ name }) => name === type.name)?.tuple ? "list" : "object";
    case "enum": {
      const kinds = new Set(enums.find(({ name }) => name === type.name)?.members.map(({ value }) => typeof value));
      const [kind] = kinds;
      return kinds.size === 1 ? (kind as "string" | "number" | "boolean") : undefined;
    }
    case "json":
    case "union":
    case "null":
    case "nullable":
      return undefined;
  }
}

export function tellApart({ variants }: ShapeUnion, event: Shape): Distinction {
  const byKind = new Map<ValueKind, Choice>();
  for (const [kind, alike] of Map.groupBy(variants, ({ type }) => kindOfValue(type, event))) {
    const choice = choose(alike, event);
    if (!kind) return { isDistinct: false, alike };
    if (!("kind" in choice)) return { isDistinct: false, alike: choice };
    byKind.set(kind, choice);
  }
  return { isDistinct: true, byKind };
}

/** How to tell variants of one kind apart; or those of them that are alike. */
function choose(variants: readonly ShapeVariant[], event: Shape): Choice | readonly ShapeVariant[] {
  const [variant, ...others] = variants;
  if (variant && others.length === 0) return { kind: "variant", variant };
  const insides = variants.map(({ type }) => insideOf(type, event));
  if (!insides.every((inside) => inside !== undefined)) return variants;
  const split = bestSplit(insides, event);
  if (!split) return variants;
  const groups: Group[] = [];
  for (const { members, literals, looks } of split.groups) {
    const then = choose(
      variants.filter((_, i) => members.has(i)),
      event,
    );
    if (!("kind" in then)) return then;
    groups.push({ literals: [...literals], looks: [...looks], then });
  }
  return { kind: "field", field: split.field, isTag: split.isTag, groups };
}

/** Variants whose values of a field overlap, by their positions, and those values. */
interface Overlap {
  readonly members: Set<number>;
  readonly literals: Set<EnumMember["value"]>;
  readonly looks: Set<Look>;
}

interface Split {
  readonly field: string;
  readonly isTag: boolean;
  readonly groups: readonly Overlap[];
}

/** What a value has by name; of a list, its items by their positions. */
interface Inside {
  /** Those that are worth a look. */
  readonly names: readonly string[];
  /** The type that the value has under a name, and whether it may be absent; `undefined`: it is. */
  readonly at: (name: string) => { readonly type: Type; readonly optional: boolean } | undefined;
}

function insideOf(type: Type, { messages }: Shape): Inside | undefined {
  if (type.kind === "array") return { names: ["0"], at: (name) => itemAt(type, Number(name)) };
  const message = messages.find(({ name }) => type.kind === "message" && name === type.name);
  return message && insideOfMessage(message);
}

function insideOfMessage({ fields, tuple }: ShapeMessage): Inside {
  const names = fields.map(({ name }) => name);
  const rest = tuple?.isOpen ? fields.length - 1 : Infinity;
  const items = fields[rest]?.type;
  return {
    names,
    at: (name) =>
      items?.kind === "array" && Number(name) >= rest
        ? itemAt(items, Number(name) - rest)
        : fields.find((field) => field.name === name),
  };
}

function itemAt({ items: type, minItems = 0, maxItems = Infinity }: ArrayType, position: number) {
  return position < maxItems ? { type, optional: position >= minItems } : undefined;
}

/** The name under which most of them are told apart, preferably by literals. */
function bestSplit(insides: readonly Inside[], event: Shape): Split | undefined {
  const names = new Set(insides.flatMap(({ names }) => names));
  let best: Split | undefined;
  for (const field of names) {
    // A property that every object has through its prototype tells nothing.
    if (field in Object.prototype) continue;
    const groups = overlaps(insides.map(({ at }) => valuesOf(at(field), event)));
    if (groups.length < 2) continue;
    const split = { field, isTag: groups.every(({ looks }) => looks.size === 0), groups };
    if (!best || score(split) > score(best)) best = split;
  }
  return best;
}

function score({ groups, isTag }: Split): number {
  return 2 * groups.length + (isTag ? 1 : 0);
}

type Values = Pick<Overlap, "literals" | "looks">;

/** What a field or item can be: undefined where there is none. */
function valuesOf(field: ReturnType<Inside["at"]>, event: Shape): Values {
  const values = { literals: new Set<EnumMember["value"]>(), looks: new Set<Look>() };
  if (!field || field.optional) values.looks.add("undefined");
  if (field) addValues(field.type, event, values);
  return values;
}

function addValues(type: Type, event: Shape, { literals, looks }: Values): void {
  switch (type.kind) {
    case "text":
      looks.add("string");
      break;
    case "int":
    case "float":
      looks.add("number");
      break;
    case "bigint":
    case "null":
      looks.add(type.kind);
      break;
    case "boolean":
      for (const value of [true, false]) if (type.only === undefined || type.only === value) literals.add(value);
      break;
    case "json":
      for (const look of ["null", "string", "number", "object"] as const) looks.add(look);
      for (const value of [true, false]) literals.add(value);
      break;
    case "enum":
      for (const { value } of event.enums.find(({ name }) => name === type.name)?.members ?? []) literals.add(value);
      break;
    case "nullable":
      looks.add("null");
      addValues(type.of, event, { literals, looks });
      break;
    case "union":
      for (const variant of event.unions.find(({ name }) => name === type.name)?.variants ?? []) {
        addValues(variant.type, event, { literals, looks });
      }
      break;
    case "timestamp":
    case "bytes":
    case "message":
    case "array":
    case "record":
      looks.add("object");
      break;
  }
}

/** Joins those that have a value in common, directly or through others. */
function overlaps(all: readonly Values[]): Overlap[] {
  let groups: Overlap[] = [];
  for (const [position, { literals, looks }] of all.entries()) {
    const joined = { members: new Set([position]), literals, looks };
    const [common, apart] = [
      groups.filter((group) => isCommon(group, joined)),
      groups.filter((group) => !isCommon(group, joined)),
    ];
    groups = [...apart, common.reduce<Overlap>(join, joined)];
  }
  return groups;
}

function isCommon(a: Values, b: Values): boolean {
  const isIn = (values: Values, { literals, looks }: Values) =>
    [...values.literals].some((value) => literals.has(value) || looks.has(typeof value as Look));
  return isIn(a, b) || isIn(b, a) || [...a.looks].some((look) => b.looks.has(look));
}

function join(a: Overlap, b: Overlap): Overlap {
  return {
    members: new Set([...a.members, ...b.members]),
    literals: new Set([...a.literals, ...b.literals]),
    looks: new Set([...a.looks, ...b.looks]),
  };
}
