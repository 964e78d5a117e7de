import fc from "fast-check";
import type { Enum, Message, Type, Union, UseCase } from "../../../compiler/model/model.ts";
import { rootOf } from "../../../compiler/model/root.ts";
import { leaf, orNull, typeOf } from "./arbitrary-types.ts";
import { enumOf, enumRef, list, messageOf, messageRef, record, TEXT, unionOf, unionRef, useCaseOf } from "./models.ts";

/*
 * Random models. Names are chosen to be trouble: JavaScript's own, the generated code's
 * own, no identifiers, no ASCII.
 */

const FIELD_NAMES = (
  "id fileId HTTPServer a_b aB value reader writer tag end record key item found depth objects ABSENT class default " +
  "optional message constructor toString __proto__ größe 日本 a-b line1 empty emptyFields empty_fields undefined Object " +
  "Number describe arguments async nulls null_fields"
)
  .split(" ")
  .concat("a b", "1st", "$", 'say "hi"', "it's", "tab\t");

const MESSAGE_NAMES = "Order Reader Date Record Uint8Array Object Violation OrderItemsItem Array".split(" ");
const UNION_NAMES = ["Choice", "ABSENT", "Circle"];
const ENUM_NAMES = ["Kind", "KindA", "Writer"];
const MEMBERS: readonly (string | number | boolean)[] = [
  0,
  2,
  -2,
  1e21,
  0.5,
  true,
  false,
  "a",
  "b",
  "B",
  "A b",
  "",
  "unspecified",
  "1",
  "é",
  "__proto__",
  "constructor",
  "ABSENT",
  'say "hi"',
  "it's",
];
function canHold(type: Type, name: string): boolean {
  if (type.kind === "array") return type.minItems ? canHold(type.items, name) : false;
  return type.kind === "message" && type.name === name;
}

/** What comments may hold, most of them nothing. */
const doc = fc.oneof(
  { weight: 4, arbitrary: fc.constant("") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("What it is.", "*/ const x = 1; /* // ", "One\r\n * two\u2028   three\n\n@deprecated"),
  },
  { weight: 1, arbitrary: fc.constantFrom("`|` <b> & \\", '"""', "\ud800 \u0000\u0007", "  ", "#{y} %s", "#") },
);

/** The fields of message `at`; only later messages may be required, so that values end. */
function messageAt(
  at: number,
  names: readonly string[],
  enums: readonly string[],
  unions: readonly string[],
): fc.Arbitrary<Message> {
  const refs = [...names.map(messageRef), ...enums.map(enumRef), ...unions.map(unionRef)];
  const leaves =
    refs.length > 0
      ? fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: fc.constantFrom(...refs) })
      : leaf;
  const field = fc.record({ type: typeOf(leaves), optional: fc.boolean(), order: fc.nat(1_000), doc });
  // The root is an object; some of what it holds are tuples.
  const tuple = at === 0 ? fc.constant(undefined) : fc.option(fc.boolean(), { nil: undefined, freq: 2 });
  const message = fc
    .uniqueArray(fc.constantFrom(...FIELD_NAMES), { maxLength: 6 })
    .chain((fields) =>
      fc.tuple(fc.constant(fields), fc.array(field, { minLength: fields.length, maxLength: fields.length })),
    )
    .map(([fields, details]) => {
      const message = messageOf(
        names[at]!,
        details.map(({ type, optional }, i) => {
          const endless = names.slice(0, at + 1).some((name) => canHold(type, name));
          return [`${fields[i]}${optional || endless ? "?" : ""}`, type] as const;
        }),
      );
      // Numbers in another order than declarations, and with gaps, as a lock has them after some years.
      const ranks = details.map(({ order }, i) => order * 10 + i).toSorted((a, b) => a - b);
      return {
        ...message,
        fields: message.fields.map((field, i) => ({
          ...field,
          doc: details[i]!.doc,
          number: ranks.indexOf(details[i]!.order * 10 + i) * 3 + 1,
        })),
      };
    });
  return fc
    .tuple(message, tuple)
    .map(([message, isOpen]) => (isOpen === undefined ? message : asTuple(message, isOpen)));
}

/** The same fields as elements, the optional ones last; of some the names are labels. */
function asTuple(message: Message, isOpen: boolean): Message {
  const sorted = message.fields.toSorted((a, b) => Number(a.optional) - Number(b.optional));
  const rest = isOpen ? [{ ...messageOf("", [["", list(TEXT)]]).fields[0]!, number: 9_000 }] : [];
  const fields = [...sorted, ...rest].map(({ name, ...field }, i) => {
    return { ...field, name: String(i), ...(/^[a-z]+$/i.test(name) && !RESERVED.has(name) && { label: name }) };
  });
  return { ...message, fields, tuple: { isOpen, ...(fields.length % 2 === 0 && { readonly: true }) } };
}

/** Words that TypeScript takes for no label. */
const RESERVED = new Set(["class", "default"]);

/** What a union may have beside messages, at most one of each kind of value. */
const scalars: readonly fc.Arbitrary<Type>[] = [
  fc.constantFrom<Type>({ kind: "text" }, { kind: "text", maxLength: 3 }),
  fc.constantFrom<Type>({ kind: "float" }, { kind: "int", wire: "int32", min: -5, max: 5 }),
  fc.constant<Type>({ kind: "bigint" }),
  fc.constantFrom<Type>({ kind: "boolean" }, { kind: "boolean", only: false }),
  fc.constant<Type>({ kind: "timestamp" }),
  fc.constantFrom<Type>({ kind: "bytes" }, { kind: "bytes", minLength: 2 }),
];

const TEXTS: Type = { kind: "array", items: TEXT, readonly: true };

interface Declared {
  readonly messages: readonly Message[];
  readonly enums: readonly Enum[];
  readonly unions: readonly Union[];
}

/** A union, with messages that a literal or a field of their own tells apart; of messages alone, where it is an event. */
function unionAt(name: string, isRoot = false): fc.Arbitrary<Declared> {
  const self = unionRef(name);
  const several = fc.constantFrom<Type | undefined>(undefined, list(orNull(self)), TEXTS);
  const field = fc.constantFrom(...FIELD_NAMES);
  return fc
    .record({
      scalars: isRoot
        ? fc.constant<(Type | undefined)[]>([])
        : fc.tuple(...scalars.map((scalar) => fc.option(scalar, { nil: undefined }))),
      list: isRoot ? fc.constant(undefined) : several,
      count: isRoot ? fc.integer({ min: 2, max: 3 }) : fc.nat(3),
      hasTags: fc.boolean(),
      tag: field.filter((name) => !(name in Object.prototype)),
      literals: fc.uniqueArray(fc.constantFrom(...MEMBERS), { minLength: 6, maxLength: 6 }),
      others: fc.array(fc.tuple(field, leaf), { minLength: 3, maxLength: 3 }),
      inner: fc.constantFrom<Type>({ kind: "text" }, self),
      isOpen: fc.option(fc.boolean(), { nil: undefined }),
    })
    .map(({ scalars, list, count, hasTags, tag, literals, others, inner, isOpen }) => {
      const names = Array.from({ length: count }, (_, i) => `${name}Part${i}`);
      const tags = names.map((name, i) => enumOf(`${name}Tag`, ...literals.slice(2 * i, 2 * i + (i === 0 ? 2 : 1))));
      const messages = names.map((name, i) => {
        const own = hasTags ? ([tag, enumRef(`${name}Tag`)] as const) : ([`own${i}`, TEXT] as const);
        const [other, type] = others[i]!;
        const fields = [own, ...(other === own[0] ? [] : [[other, type] as const]), ["inner?", inner] as const];
        return messageOf(name, fields);
      });
      // A list of texts is told from a tuple that begins with a number.
      const number = [["n", { kind: "float" }] as const, ["other", others[0]![1]] as const];
      const tuples = isRoot || list !== TEXTS || isOpen === undefined ? [] : [messageOf(`${name}Tuple`, number)];
      const types = [
        ...tuples.map((tuple) => messageRef(tuple.name)),
        ...scalars.filter((type) => type !== undefined),
        ...(list ? [list] : []),
        ...(count === 0 ? [record(orNull(self))] : names.map(messageRef)),
      ];
      // Alone, a list or a record would be no union.
      const all = types.length > 1 ? types : [...types, TEXT].filter(({ kind }, i) => kind !== "text" || i === 1);
      const lists = tuples.map((tuple) => asTuple(tuple, isOpen ?? false));
      return { messages: [...messages, ...lists], enums: hasTags ? tags : [], unions: [unionOf(name, ...all)] };
    });
}

export const model: fc.Arbitrary<UseCase> = fc.oneof(
  { weight: 5, arbitrary: modelOfMessage() },
  { weight: 1, arbitrary: fc.tuple(modelOfMessage(), unionAt("Event", true)).map(asVariant) },
);

/** The event as a union of messages, the first of which may have what was an event of its own. */
function asVariant([useCase, { messages, enums, unions }]: readonly [UseCase, Declared]): UseCase {
  const { name, event } = useCase;
  const [first, ...others] = messages;
  const before = messageOf(first!.name, [...fieldsOf(first!), ["before?", messageRef(event.name)]]);
  const all = useCaseOf(name, [before, ...others, ...event.messages], [...enums, ...event.enums], {}, [
    ...unions,
    ...event.unions,
  ]);
  return onlyUsed({ ...all, event: { ...all.event, name: "Event" } });
}

function fieldsOf({ fields }: Message): (readonly [name: string, type: Type])[] {
  return fields.map(({ name, type, optional }) => [optional ? `${name}?` : name, type] as const);
}

function modelOfMessage(): fc.Arbitrary<UseCase> {
  return fc
    .record({
      messages: fc.uniqueArray(fc.constantFrom(...MESSAGE_NAMES), { minLength: 1, maxLength: 4 }),
      enums: fc.uniqueArray(fc.constantFrom(...ENUM_NAMES), { maxLength: 2 }),
      unions: fc.uniqueArray(fc.constantFrom(...UNION_NAMES), { maxLength: 2 }),
    })
    .chain(({ messages, enums, unions }) =>
      fc.tuple(
        fc.tuple(...messages.map((_, at) => messageAt(at, messages, enums, unions))),
        fc.tuple(
          ...enums.map((name) =>
            fc
              .uniqueArray(fc.constantFrom(...MEMBERS), { minLength: 1, maxLength: 10 })
              .map((values) => enumOf(name, ...values)),
          ),
        ),
        fc.tuple(...unions.map((name) => unionAt(name))),
      ),
    )
    .map(([messages, enums, declared]) => {
      const unions = declared as Declared[];
      return onlyUsed(
        useCaseOf(
          "sample",
          [...(messages as Message[]), ...unions.flatMap((one) => one.messages)],
          [...(enums as Enum[]), ...unions.flatMap((one) => one.enums)],
          {},
          unions.flatMap((one) => one.unions),
        ),
      );
    });
}

/** As reading leaves it: without what the root does not lead to. */
function onlyUsed(useCase: UseCase): UseCase {
  const used = new Set<string>();
  const visit = (type: Type): void => {
    if (type.kind === "array") visit(type.items);
    else if (type.kind === "nullable") visit(type.of);
    else if (type.kind === "record") visit(type.values);
    else if (type.kind === "enum") used.add(type.name);
    else if (type.kind === "union" && !used.has(type.name)) {
      used.add(type.name);
      for (const variant of useCase.event.unions.find(({ name }) => name === type.name)!.variants) visit(variant.type);
    } else if (type.kind === "message" && !used.has(type.name)) {
      used.add(type.name);
      for (const field of useCase.event.messages.find(({ name }) => name === type.name)!.fields) visit(field.type);
    }
  };
  visit(rootOf(useCase.event));
  const { messages, enums, unions } = useCase.event;
  const isUsed = ({ name }: { readonly name: string }) => used.has(name);
  return {
    ...useCase,
    event: {
      ...useCase.event,
      messages: messages.filter(isUsed),
      enums: enums.filter(isUsed),
      unions: unions.filter(isUsed),
    },
  };
}
