import type { Event, Type, Union, Variant } from "../../model/model.ts";
import { byNumber } from "../../model/protobuf.ts";
import type { Choice } from "../../model/tell-apart.ts";
import { type Choice as Broken, type Code, literal, literalOf, when } from "../../text/source.ts";
import { typeText } from "../modules/type-text.ts";
import { property, propertyKey, variable } from "../names.ts";
import { groupTests, inOrder, isOfKind, kindsOf } from "../variants.ts";
import { tagOf, wireType } from "../wire-types.ts";
import type { CodecNames, Place } from "./codec-names.ts";
import { readEntries, readFunction, readWrappers } from "./codec-read.ts";
import { addCase, messageReader, readElement, readLoop } from "./codec-read-fields.ts";
import { writeFunction, writeTagged, writeWrappers } from "./codec-write.ts";

/** A union on its way to the wire. */
interface Outgoing {
  readonly union: Union;
  readonly names: CodecNames;
  /** Whether TypeScript, having seen that a value is an array, takes it for one of anything, which is no tuple. */
  readonly isLost: (type: Type) => boolean;
  /** Names that no variable may have. */
  readonly taken: Set<string>;
}

/** The functions that write a union: its variant whenever it is the one, a zero too. */
export function writeUnion(union: Union, event: Event, names: CodecNames): Code[] {
  // `Array.isArray` tells TypeScript nothing of readonly lists.
  const hidesLists = union.variants.some(({ type }) => type.kind === "array" && type.readonly);
  const tuples = new Set(event.messages.filter(({ tuple }) => tuple).map(({ name }) => name));
  const outgoing: Outgoing = {
    union,
    names,
    isLost: (type) => hidesLists && type.kind === "message" && tuples.has(type.name),
    taken: new Set(["writer", "value", "undefined", "Array", "Date", "Uint8Array"]),
  };
  const branches = kindsOf(union, event).map(([kind, choice]) => ({
    tests: [isOfKind(kind, "value")],
    body: writeChoice(choice, outgoing, !(hidesLists && (kind === "list" || kind === "object"))),
  }));
  return [...writeFunction(union.name, names.types.own(union.name), branch(branches)), ...writeWrappers(union, names)];
}

interface Branch {
  /** It is taken where one holds. */
  readonly tests: readonly string[];
  readonly body: readonly Code[];
}

/** The last is taken where no other is. */
function branch(branches: readonly Branch[]): Code[] {
  const [only, ...others] = branches;
  if (only && others.length === 0) return [...only.body];
  const last = branches.length - 1;
  return [
    ...branches.flatMap(({ tests, body }, i) => {
      if (i === last) return ["} else {", body];
      const condition = when(tests, "||");
      return [i === 0 ? condition : elseIf(condition), body];
    }),
    "}",
  ];
}

function elseIf({ line, lines }: Broken): Code {
  const broken = () => {
    const [opening = "", ...rest] = lines();
    return [`} else ${opening}`, ...rest];
  };
  return { line: `} else ${line}`, lines: broken };
}

function writeChoice(choice: Choice, outgoing: Outgoing, isNarrowed: boolean): Code[] {
  if (choice.kind === "variant") return [writeVariant(choice.variant, outgoing, isNarrowed)];
  const { field, groups, isTag } = choice;
  if (isTag) {
    // TypeScript follows where a case is one variant, and by a list's items only where they are a tuple's.
    const isFollowed = (then: Choice) => then.kind === "variant" && then.variant.type.kind === "message";
    const follows = isNarrowed && groups.every(({ then }) => isFollowed(then));
    const cases = groups.flatMap(({ literals, then }) => [
      ...literals.map((value) => `case ${literalOf(value)}:`),
      [...writeChoice(then, outgoing, follows), "break;"],
    ]);
    const holder = isNarrowed ? "value" : `(value as { readonly ${propertyKey(field)}?: unknown })`;
    return [`switch (${property(holder, field)}) {`, cases, "}"];
  }
  const local = variable(field, outgoing.taken);
  const key = propertyKey(field);
  const branches = inOrder(groups).map((group) => ({
    tests: groupTests(group, local),
    body: writeChoice(group.then, outgoing, false),
  }));
  return [
    `const { ${key === local ? key : `${key}: ${local}`} } = value as { readonly ${key}?: unknown };`,
    ...branch(branches),
  ];
}

function writeVariant({ number, type }: Variant, { union, names, isLost }: Outgoing, isNarrowed: boolean): Code {
  const value = isNarrowed ? "value" : `value as ${isLost(type) ? "unknown as " : ""}${typeText(type, names.types)}`;
  return `${writeTagged(tagOf(number, wireType(type)), type, value, placeOf(union, number, names))};`;
}

/**
 * The functions that read a union: the variant that comes last counts. If that is a message, it is read once all is
 * known, as any that a field holds.
 */
export function readUnion(union: Union, names: CodecNames): Code[] {
  const variants = union.variants.map((variant) => {
    const place = placeOf(union, variant.number, names);
    return { ...variant, place, read: messageReader(variant.type, place) };
  });
  const messages = variants.filter(({ read }) => read);
  const scalars = variants.filter(({ read }) => !read);
  const type = names.types.own(union.name);
  const cases: Code[] = [];
  for (const { number, type, place, read } of byNumber(variants)) {
    const statement = read
      ? `at = reader.defer(variant === ${number} ? at : ABSENT);`
      : `scalar = ${readElement(type, place)};`;
    addCase(cases, tagOf(number, wireType(type)), statement, `variant = ${number};`);
  }
  const scalarType = [...new Set(scalars.map(({ type, place }) => typeText(type, place.names.reading)))].join(" | ");
  const body = [
    "let variant = 0;",
    ...(messages.length > 0 ? ["let at = ABSENT;"] : []),
    ...(scalars.length > 0 ? [`let scalar: ${scalarType} | undefined;`] : []),
    ...readLoop(cases),
    "switch (variant) {",
    [
      ...messages.flatMap(({ number, read }) => [`case ${number}:`, [`return reader.deferred(at, ${read});`]]),
      "default:",
      [
        scalars.length > 0
          ? `return scalar ?? reader.noVariant(${literal(union.name)});`
          : `return reader.noVariant(${literal(union.name)});`,
      ],
    ],
    "}",
  ];
  return [
    ...readFunction(union.name, type, body),
    ...readWrappers(union, names),
    ...variants.flatMap(({ type, place }) => readEntries(type, place)),
  ];
}

function placeOf(owner: Union, number: number, names: CodecNames): Place {
  return { names, owner, path: String(number) };
}
