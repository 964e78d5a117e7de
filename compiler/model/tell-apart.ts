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

const known = new WeakMap<Shape, WeakMap<ShapeUnion, Distinction>>();

/** Worked out once for a union of an event: several emitters ask for the same. */
export function tellApart(union: ShapeUnion, event: Shape): Distinction {
  const ofEvent = known.get(event) ?? new WeakMap<ShapeUnion, Distinction>();
  known.set(event, ofEvent);
  const distinction = ofEvent.get(union) ?? distinguish(union, event);
  ofEvent.set(union, distinction);
  return distinction;
}

function distinguish({ variants }: ShapeUnion, event: Shape): Distinction {
  const byKind = new Map<ValueKind, Choice>();
  for (const [kind, alike] of Map.groupBy(variants, ({ type }) => kindOfValue(type, event))) {
    const choice = choose(
      alike.map((variant) => ({ variant, inside: insideOf(variant.type, event) })),
      event,
    );
    if (!kind) return { isDistinct: false, alike };
    if (!("kind" in choice)) return { isDistinct: false, alike: choice };
    byKind.set(kind, choice);
  }
  return { isDistinct: true, byKind };
}

/** A variant, and what its values have; `undefined` where one can't look inside. */
interface Candidate {
  readonly variant: ShapeVariant;
  readonly inside: Inside | undefined;
}

/** How to tell variants of one kind apart; or those of them that are alike. */
function choose(candidates: readonly Candidate[], event: Shape): Choice | readonly ShapeVariant[] {
  const [first, ...others] = candidates;
  if (first && others.length === 0) return { kind: "variant", variant: first.variant };
  const insides = candidates.map(({ inside }) => inside);
  const split = insides.every((inside) => inside !== undefined) ? bestSplit(insides, event) : undefined;
  if (!split) return candidates.map(({ variant }) => variant);
  const groups: Group[] = [];
  for (const { members, literals, looks } of split.groups) {
    const then = choose(
      candidates.filter((_, i) => members.has(i)),
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
  /** Whether it has something under others, too. */
  readonly hasMore: boolean;
  /** The type that the value has under a name, and whether it may be absent; `undefined`: it is. */
  readonly at: (name: string) => { readonly type: Type; readonly optional: boolean } | undefined;
}

function insideOf(type: Type, { messages }: Shape): Inside | undefined {
  if (type.kind === "array") return { names: ["0"], hasMore: true, at: (name) => itemAt(type, Number(name)) };
  const message = messages.find(({ name }) => type.kind === "message" && name === type.name);
  return message && insideOfMessage(message);
}

function insideOfMessage({ fields, tuple }: ShapeMessage): Inside {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const rest = tuple?.isOpen ? fields.length - 1 : Infinity;
  const items = fields[rest]?.type;
  return {
    names: [...byName.keys()],
    hasMore: tuple !== undefined,
    at: (name) =>
      items?.kind === "array" && Number(name) >= rest ? itemAt(items, Number(name) - rest) : byName.get(name),
  };
}

function itemAt({ items: type, minItems = 0, maxItems = Infinity }: ArrayType, position: number) {
  return position < maxItems ? { type, optional: position >= minItems } : undefined;
}

/** The name under which most of them are told apart, preferably by literals. */
function bestSplit(insides: readonly Inside[], event: Shape): Split | undefined {
  const open = insides.filter(({ hasMore }) => hasMore);
  const holders = new Map<string, Set<Inside>>();
  for (const inside of insides) {
    for (const name of inside.names) holders.set(name, (holders.get(name) ?? new Set(open)).add(inside));
  }
  let best: { readonly field: string; readonly score: number } | undefined;
  for (const [field, having] of holders) {
    // A property that every object has through its prototype tells nothing.
    if (field in Object.prototype) continue;
    // Those that have none are alike, so one stands for all.
    const most = having.size < insides.length ? 2 * having.size + 2 : 2 * having.size + 1;
    if (best && most <= best.score) continue;
    const values = [...having].map(({ at }) => valuesOf(at(field), event));
    const groups = overlaps(having.size < insides.length ? [...values, valuesOf(undefined, event)] : values);
    if (groups.length < 2) continue;
    const score = scoreOf(groups);
    if (!best || score > best.score) best = { field, score };
  }
  if (!best) return undefined;
  const { field } = best;
  const groups = overlaps(insides.map(({ at }) => valuesOf(at(field), event)));
  return { field, isTag: isTag(groups), groups };
}

function isTag(groups: readonly Overlap[]): boolean {
  return groups.every(({ looks }) => looks.size === 0);
}

function scoreOf(groups: readonly Overlap[]): number {
  return 2 * groups.length + (isTag(groups) ? 1 : 0);
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

/** Joins those that have a value in common, directly or through others; in the order of the last of each. */
function overlaps(all: readonly Values[]): Overlap[] {
  /** By position, the group that it is in. */
  const groupOf: { members: number[] }[] = [];
  const groups = new Set<{ members: number[] }>();
  const byLiteral = new Map<EnumMember["value"], number>();
  const byLook = new Map<string, number>();
  const byLiteralsKind = new Map<string, Set<number>>();
  for (const [position, { literals, looks }] of all.entries()) {
    const common = new Set<number | undefined>();
    for (const literal of literals) common.add(byLiteral.get(literal)).add(byLook.get(typeof literal));
    for (const look of looks) {
      common.add(byLook.get(look));
      for (const other of byLiteralsKind.get(look) ?? []) common.add(other);
    }
    const joined = new Set([...common].flatMap((other) => (other === undefined ? [] : [groupOf[other]!])));
    const group = { members: [position] };
    for (const other of groups) {
      if (!joined.has(other)) continue;
      group.members.push(...other.members);
      groups.delete(other);
    }
    for (const member of group.members) groupOf[member] = group;
    groups.add(group);
    for (const look of looks) {
      byLook.set(look, position);
      // They all are in this group now.
      if (byLiteralsKind.has(look)) byLiteralsKind.set(look, new Set([position]));
    }
    for (const literal of literals) {
      byLiteral.set(literal, position);
      byLiteralsKind.set(typeof literal, (byLiteralsKind.get(typeof literal) ?? new Set()).add(position));
    }
  }
  return [...groups].map(({ members }) => ({
    members: new Set(members),
    literals: new Set(members.flatMap((member) => [...all[member]!.literals])),
    looks: new Set(members.flatMap((member) => [...all[member]!.looks])),
  }));
}
