import type { EarlierJson } from "../model/earlier.ts";
import type { Enum, Event, Field, Message, Type, Union } from "../model/model.ts";
import type { Shape, ShapeField } from "../model/shape.ts";
import { defaultOf } from "./default-value.ts";
import type { Releases } from "./earlier.ts";
import { type Pairs, pairsOf } from "./pairs.ts";
import { canBeNull } from "./presence.ts";

/**
 * The event, with what JSON of its released versions has otherwise: names and values before they were renamed, properties
 * that are not there, numbers that are bigints now.
 */
export function withEarlierJson(event: Event, releases: Releases): Event {
  return Array.from(releases.values()).reduce(withRelease, event);
}

function withRelease(event: Event, release: Shape): Event {
  const pairs = pairsOf(release, event);
  return {
    ...event,
    messages: event.messages.map((message) => withMessage(message, pairs, event)),
    enums: event.enums.map((one) => withEnum(one, pairs)),
    unions: event.unions.map((union) => withUnion(union, pairs)),
  };
}

function withMessage(message: Message, { messages }: Pairs, event: Event): Message {
  const earlier = messages.filter(([, is]) => is.name === message.name).map(([was]) => was);
  if (earlier.length === 0) return message;
  const fields = message.fields.map((field) =>
    earlier.reduce((field, was) => {
      const before = was.fields.find(({ number }) => number === field.number);
      return withField(field, before, message, event);
    }, field),
  );
  return { ...message, fields };
}

function withField(field: Field, was: ShapeField | undefined, { fields, tuple }: Message, event: Event): Field {
  const { names = [], ...rest } = field.earlierJson ?? {};
  const isRenamed = was && !tuple && !fields.some(({ name }) => name === was.name);
  const earlierJson: EarlierJson = {
    ...rest,
    ...lackingIn(was, field, event),
    names: isRenamed && !names.includes(was.name) ? [...names, was.name] : names,
  };
  const isPlain = earlierJson.names.length === 0 && earlierJson.lacking === undefined;
  const type = was ? withNumbers(was.type, field.type) : field.type;
  return { ...field, type, ...(!isPlain && { earlierJson }) };
}

/** What a required field is where JSON of that version has none, or null. */
function lackingIn(was: ShapeField | undefined, field: Field, event: Event): Omit<EarlierJson, "names"> {
  if (field.optional || (was && !was.optional && (!canBeNull(was.type) || canBeNull(field.type)))) return {};
  const standIn = defaultOf(field, event);
  if (standIn?.kind === "default") {
    const wasNullable = was && canBeNull(was.type) && !canBeNull(field.type);
    return { lacking: standIn.value, ...(wasNullable && { wasNullable }) };
  }
  return canBeNull(field.type) && !was ? { lacking: null } : {};
}

/** The type, with its bigints marked that were integers. */
function withNumbers(was: Type, is: Type): Type {
  if (was.kind === "nullable") return withNumbers(was.of, is);
  switch (is.kind) {
    case "nullable":
      return { ...is, of: withNumbers(was, is.of) as typeof is.of };
    case "bigint":
      return was.kind === "int" ? { ...is, wasInt: true } : is;
    case "array":
      return was.kind === "array" ? { ...is, items: withNumbers(was.items, is.items) } : is;
    case "record":
      return was.kind === "record" ? { ...is, values: withNumbers(was.values, is.values) } : is;
    default:
      return is;
  }
}

function withEnum(one: Enum, { enums }: Pairs): Enum {
  const earlier = enums.filter(([, is]) => is.name === one.name).flatMap(([{ members }]) => members);
  const members = one.members.map((member) => {
    const former = earlier.filter(({ number }) => number === member.number).map(({ value }) => value);
    const formerValues = formerOf(former, member.formerValues, new Set(one.members.map(({ value }) => value)));
    return formerValues.length > 0 ? { ...member, formerValues } : member;
  });
  return { ...one, members };
}

function withUnion(union: Union, { unions }: Pairs): Union {
  const earlier = unions.filter(([, is]) => is.name === union.name).flatMap(([{ variants }]) => variants);
  const variants = union.variants.map((variant) => {
    const same = earlier.filter(({ number }) => number === variant.number);
    const names = same.map(({ name }) => name);
    const formerNames = formerOf(names, variant.formerNames, new Set(union.variants.map(({ name }) => name)));
    const type = same.reduce((type, was) => withNumbers(was.type, type), variant.type);
    return { ...variant, type, ...(formerNames.length > 0 && { formerNames }) };
  });
  return { ...union, variants };
}

/** What something was called, each once and none that something is called now. */
function formerOf<T>(former: readonly T[], known: readonly T[] = [], current: ReadonlySet<T>): T[] {
  return [...new Set([...known, ...former])].filter((name) => !current.has(name));
}
