import type { EnumMember, Type } from "./model.ts";
import type { Shape, ShapeMessage, ShapeUnion, ShapeVariant } from "./shape.ts";

/*
 * How one sees which variant of a union a value is of: first by what kind of value it is, then, among objects, by one of
 * their fields. Pure, and for reading and emitters alike, so that what one calls distinct is distinct in what is emitted.
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
  const messages = variants.map(({ type }) =>
    event.messages.find(({ name }) => type.kind === "message" && name === type.name),
  );
  if (!messages.every((message) => message !== undefined)) return variants;
  const split = bestSplit(messages, event);
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

/** The field that tells most of them apart, preferably by literals. */
function bestSplit(messages: readonly ShapeMessage[], event: Shape): Split | undefined {
  const names = new Set(messages.flatMap(({ fields }) => fields.map(({ name }) => name)));
  let best: Split | undefined;
  for (const field of names) {
    // A property that every object has through its prototype tells nothing.
    if (field in Object.prototype) continue;
    const groups = overlaps(messages.map((message) => valuesOf(message, field, event)));
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

/** What a field of a message can be: undefined where the message has none of that name. */
function valuesOf({ fields }: ShapeMessage, name: string, event: Shape): Values {
  const values = { literals: new Set<EnumMember["value"]>(), looks: new Set<Look>() };
  const field = fields.find((field) => field.name === name);
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
