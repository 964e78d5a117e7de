import type { Event, Field, Message, Type } from "../../../compiler/model/model.ts";

/*
 * Whether two events of different versions say the same: what a person would say who reads both types, by the names of
 * things and what they were called before. Numbers, which the compiler goes by, are not looked at.
 */

/** Two versions of an event, and which of them reads what the other sent. */
export interface Meeting {
  readonly old: Event;
  readonly now: Event;
  /** Whether the old one reads. */
  readonly isForward: boolean;
  /** What the reader's fields are where records have none, by name. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** What the later one's fields were called in any version before, by name. */
  readonly formerNames: Readonly<Record<string, readonly string[]>>;
}

/** What is wrong with what was read, where something else was sent. `undefined`: nothing. */
export function differenceOf(sent: unknown, read: unknown, meeting: Meeting): string | undefined {
  const { old, now, isForward } = meeting;
  const [from, to] = isForward ? [now, old] : [old, now];
  const [was, is] = [from, to].map(({ name }): Type => ({ kind: "message", name }));
  return compare(sent, read, was!, is!, { ...meeting, from, to }, "event");
}

interface Comparison extends Meeting {
  readonly from: Event;
  readonly to: Event;
}

function compare(sent: unknown, read: unknown, was: Type, is: Type, c: Comparison, path: string): string | undefined {
  const different = () => `${path} was ${show(sent)} and is ${show(read)}`;
  if (sent === null || read === null) return sent === read ? undefined : different();
  if (was.kind === "nullable") return compare(sent, read, was.of, is, c, path);
  if (is.kind === "nullable") return compare(sent, read, was, is.of, c, path);
  if (was.kind === "int" && is.kind === "bigint") return BigInt(sent as number) === read ? undefined : different();
  if (was.kind === "bigint" && is.kind === "int") return sent === BigInt(read as number) ? undefined : different();
  if (was.kind !== is.kind) return `${path} was of type ${was.kind} and is of type ${is.kind}`;
  switch (was.kind) {
    case "array": {
      const [a, b] = [sent as unknown[], read as unknown[]];
      if (a.length !== b.length) return different();
      return first(a.map((item, i) => compare(item, b[i], was.items, (is as typeof was).items, c, `${path}[${i}]`)));
    }
    case "record": {
      const [a, b] = [sent as Record<string, unknown>, read as Record<string, unknown>];
      if (Object.keys(a).join() !== Object.keys(b).join()) return different();
      const values = (is as typeof was).values;
      return first(Object.keys(a).map((key) => compare(a[key], b[key], was.values, values, c, `${path}.${key}`)));
    }
    case "message":
      return compareMessages(sent as object, read as object, was.name, (is as typeof was).name, c, path);
    case "union": {
      const [a, b] = [variantOf(sent, was.name, c.from), variantOf(read, (is as typeof was).name, c.to)];
      return a && b ? compare(sent, read, a, b, c, path) : different();
    }
    case "enum": {
      const [a, b] = [memberOf(sent, was.name, c.from), memberOf(read, (is as typeof was).name, c.to)];
      return a && b && areOne(a, b, c) ? undefined : different();
    }
    default:
      return Object.is(sent, read) || show(sent) === show(read) ? undefined : different();
  }
}

function compareMessages(sent: object, read: object, was: string, is: string, c: Comparison, path: string) {
  const [a, b] = [fieldsOf(was, c.from), fieldsOf(is, c.to)];
  [sent, read] = [withRest(sent, was, c.from), withRest(read, is, c.to)];
  // What says that it was called so comes before what is called so now, unless there were both.
  const partner = (field: Field) =>
    b.find((other) => other.name !== field.name && areOne(field, other, c) && !has(a, other.name)) ??
    b.find((other) => areOne(field, other, c));
  const partners = new Map(a.map((field) => [field, partner(field)]));
  const met = new Set(partners.values());
  return first([
    ...Array.from(partners, ([field, other]) => {
      if (!other) return undefined;
      const [x, y] = [property(sent, field.name), property(read, other.name)];
      if (x === undefined || x === null) {
        const stand = standIn(other, c);
        if (x === y || (stand !== undefined && show(stand) === show(y))) return undefined;
        return `${path}.${other.name} was ${show(x)} and is ${show(y)}`;
      }
      if (y === undefined) return `${path}.${other.name} was ${show(x)} and is absent`;
      return compare(x, y, field.type, other.type, c, `${path}.${other.name}`);
    }),
    ...b
      .filter((field) => !met.has(field))
      .map((field) => {
        const value = property(read, field.name);
        const stand = standIn(field, c);
        if (value === undefined || value === null || (stand !== undefined && show(stand) === show(value)))
          return undefined;
        return `${path}.${field.name} was not sent and is ${show(value)}`;
      }),
  ]);
}

function standIn({ name }: Field, { defaults }: Comparison): unknown {
  return defaults[name];
}

function has(fields: readonly Field[], name: string): boolean {
  return fields.some((field) => field.name === name);
}

/** Own properties: every object has a `constructor`. */
function property(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

interface Renamable {
  readonly name: string;
  readonly was?: readonly string[];
}

function areOne(from: Renamable, to: Renamable, { isForward, formerNames }: Comparison): boolean {
  const [old, now] = isForward ? [to, from] : [from, to];
  const former = [...(now.was ?? []), ...(formerNames[now.name] ?? [])];
  return old.name === now.name || former.includes(old.name);
}

/** An open tuple with its rest as one list, as its fields have it; with no rest, where that is empty. */
function withRest(value: object, name: string, { messages }: Event): object {
  const { tuple, fields } = messages.find((message) => message.name === name)!;
  if (!tuple?.isOpen || !Array.isArray(value)) return value;
  const rest = value.slice(fields.length - 1);
  return [...value.slice(0, fields.length - 1), ...(rest.length > 0 ? [rest] : [])];
}

function fieldsOf(name: string, { messages }: Event): readonly Field[] {
  return messages.find((message) => message.name === name)!.fields;
}

function memberOf(value: unknown, name: string, { enums }: Event) {
  return enums.find((union) => union.name === name)!.members.find((member) => member.value === value);
}

/** The variant of the value's kind; messages in unions here have a literal field `kind`. */
function variantOf(value: unknown, name: string, event: Event): Type | undefined {
  const { variants } = event.unions.find((union) => union.name === name)!;
  const kind = (value as { readonly kind?: unknown }).kind;
  return variants.find(({ type }) => {
    if (type.kind === "text") return typeof value === "string";
    if (type.kind === "int") return typeof value === "number";
    if (type.kind === "timestamp") return value instanceof Date;
    const message = event.messages.find(
      (candidate: Message) => type.kind === "message" && candidate.name === type.name,
    );
    const tag = message?.fields.find((field) => field.name === "kind")?.type;
    return tag?.kind === "enum" && memberOf(kind, tag.name, event) !== undefined;
  })?.type;
}

function first(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((difference) => difference !== undefined);
}

export function show(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `bytes ${[...value].join(" ")}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null)
    return Object.is(value, -0) ? "-0" : (JSON.stringify(value) ?? "absent");
  const entries = Object.entries(value).map(([key, part]) => `${key}: ${show(part)}`);
  return Array.isArray(value) ? `[${value.map(show).join(", ")}]` : `{ ${entries.join(", ")} }`;
}
