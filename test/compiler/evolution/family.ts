import type { Enum, EnumMember, Field, Message, Type, Union, UseCase } from "../../../compiler/model/model.ts";
import {
  enumOf,
  enumRef,
  FLOAT,
  INT,
  list,
  message,
  messageRef,
  nullable,
  record,
  TEXT,
  unionOf,
  unionRef,
} from "../emit/models.ts";
import { read } from "../lock-versions.ts";

/*
 * The family of small schema changes: every kind of field in every presence, changed into every other that may be mistaken
 * for it, in different places of an event, over several versions.
 */

/** An event's versions: all but the last are released, one after the other. */
export interface History {
  readonly label: string;
  readonly versions: readonly Step[];
}

export interface Step {
  readonly useCase: UseCase;
  /** What fields say that they are in records that have none. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** A field's type, with all that it refers to. */
interface Kind {
  readonly label: string;
  readonly type: Type;
  readonly messages?: readonly Message[];
  readonly enums?: readonly Enum[];
  readonly unions?: readonly Union[];
}

const int = (min: number, max: number): Type => ({ kind: "int", wire: min < 0 ? "int32" : "uint32", min, max });
const UINT: Type = { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER };
const BIG: Type = { kind: "bigint" };

/** A variant `kind: name`, with a field of its own. */
function variant(name: string): { readonly message: Message; readonly tag: Enum } {
  return {
    message: message(name, { kind: enumRef(`${name}Kind`), [`of${name}`]: TEXT }),
    tag: enumOf(`${name}Kind`, name),
  };
}

function union(...names: readonly string[]): Pick<Kind, "type" | "messages" | "enums" | "unions"> {
  const variants = names.map(variant);
  return {
    type: unionRef("Choice"),
    messages: variants.map((one) => one.message),
    enums: variants.map((one) => one.tag),
    unions: [unionOf("Choice", ...names.map(messageRef))],
  };
}

const choice = (...values: readonly EnumMember["value"][]): Pick<Kind, "type" | "enums"> => ({
  type: enumRef("Colour"),
  enums: [enumOf("Colour", ...values)],
});

const part = (fields: Readonly<Record<string, Type>>): Pick<Kind, "type" | "messages"> => ({
  type: messageRef("Part"),
  messages: [message("Part", fields)],
});

const KINDS: readonly Kind[] = [
  { label: "text", type: TEXT },
  { label: "text to 5", type: { kind: "text", maxLength: 5 } },
  { label: "text from 1", type: { kind: "text", minLength: 1 } },
  { label: "text from 1 to 40", type: { kind: "text", minLength: 1, maxLength: 40 } },
  { label: "text /^a/", type: { kind: "text", pattern: "^a" } },
  { label: "uuid", type: { kind: "text", format: "uuid" } },
  { label: "int", type: INT },
  { label: "uint", type: UINT },
  { label: "int -5 to 5", type: int(-5, 5) },
  { label: "int 0 to 10", type: int(0, 10) },
  { label: "int 1 to 10", type: int(1, 10) },
  { label: "bigint", type: BIG },
  { label: "float", type: FLOAT },
  { label: "float 0 to 1", type: { kind: "float", min: 0, max: 1 } },
  { label: "boolean", type: { kind: "boolean" } },
  { label: "true", type: { kind: "boolean", only: true } },
  { label: "false", type: { kind: "boolean", only: false } },
  { label: "date", type: { kind: "timestamp" } },
  { label: "bytes", type: { kind: "bytes" } },
  { label: "bytes to 2", type: { kind: "bytes", maxLength: 2 } },
  { label: "null", type: { kind: "null" } },
  { label: "json", type: { kind: "json" } },
  { label: "red|green", ...choice("red", "green") },
  { label: "red|green|blue", ...choice("red", "green", "blue") },
  { label: "red", ...choice("red") },
  { label: "200|404", ...choice(200, 404) },
  { label: "{a}", ...part({ a: TEXT }) },
  { label: "{a,b?}", ...part({ a: TEXT, "b?": INT }) },
  { label: "{a,b}", ...part({ a: TEXT, b: INT }) },
  { label: "{a?}", ...part({ "a?": TEXT }) },
  { label: "Round|Square", ...union("Round", "Square") },
  { label: "Round|Square|Flat", ...union("Round", "Square", "Flat") },
  { label: "text[]", type: list(TEXT) },
  { label: "text[] from 1", type: { kind: "array", items: TEXT, minItems: 1 } },
  { label: "text[] to 1", type: { kind: "array", items: TEXT, maxItems: 1 } },
  { label: "(text to 5)[]", type: list({ kind: "text", maxLength: 5 }) },
  { label: "int[]", type: list(INT) },
  { label: "bigint[]", type: list(BIG) },
  { label: "(text|null)[]", type: list(nullable(TEXT)) },
  { label: "text[][]", type: list(list(TEXT)) },
  { label: "{a}[]", ...part({ a: TEXT }), type: list(messageRef("Part")) },
  { label: "({a}|null)[]", ...part({ a: TEXT }), type: list(nullable(messageRef("Part"))) },
  { label: "map of text", type: record(TEXT) },
  { label: "map of int", type: record(INT) },
  { label: "map of text[]", type: record(list(TEXT)) },
];

const PRESENCES = ["required", "optional", "nullable", "optional nullable"] as const;
type Presence = (typeof PRESENCES)[number];

/** How a field `f` is declared; `undefined`: there is none. */
interface Form {
  readonly kind: Kind;
  readonly presence: Presence;
  readonly name?: string;
  readonly was?: readonly string[];
  /** A default's text, and its value. */
  readonly given?: readonly [text: string, value: unknown];
}

function labelOf(form: Form | undefined): string {
  if (!form) return "nothing";
  const { kind, presence, name = "f", was, given } = form;
  return `${name}: ${presence} ${kind.label}${was ? ` (was ${was.join()})` : ""}${given ? ` = ${given[0]}` : ""}`;
}

/** Where the field is. */
type Place = "event" | "message" | "list" | "map" | "recursive";

/** An event with the field between two others, so that what is misread would show. */
function eventOf(form: Form | undefined, place: Place): UseCase {
  const own = form ? [fieldOf(form)] : [];
  const { messages = [], enums = [], unions = [] } = form?.kind ?? {};
  const around = message("Root", { before: TEXT, after: INT }).fields;
  const fields = [around[0]!, ...own, around[1]!];
  const nested: Record<Exclude<Place, "event">, Type> = {
    message: messageRef("Inner"),
    list: list(messageRef("Inner")),
    map: record(messageRef("Inner")),
    recursive: list(messageRef("Inner")),
  };
  if (place === "event") return withUnions([{ ...message("Root", {}), fields }, ...messages], enums, unions);
  const again = place === "recursive" ? message("Inner", { "inner?": messageRef("Inner") }).fields : [];
  const inner: Message = { ...message("Inner", {}), fields: [...fields, ...again] };
  return withUnions([message("Root", { id: TEXT, inner: nested[place] }), inner, ...messages], enums, unions);
}

function fieldOf({ kind, presence, name = "f", was, given }: Form): Field {
  const isNullable = presence.includes("nullable") && kind.type.kind !== "null" && kind.type.kind !== "json";
  const [field] = message("Root", { [name]: isNullable ? nullable(kind.type) : kind.type }).fields;
  return {
    ...field!,
    optional: presence.startsWith("optional"),
    ...(was && { was }),
    ...(given && { defaultText: given[0] }),
  };
}

function withUnions(messages: readonly Message[], enums: readonly Enum[], unions: readonly Union[]): UseCase {
  const useCase = read(messages, enums);
  return {
    ...useCase,
    event: {
      ...useCase.event,
      unions: unions.map((one) => ({ ...one, variants: one.variants.map((v) => ({ ...v, number: 0 })) })),
    },
  };
}

function history(place: Place, forms: readonly (Form | undefined)[]): History {
  return {
    label: `${place}: ${forms.map(labelOf).join(" → ")}`,
    versions: forms.map((form) => ({
      useCase: eventOf(form, place),
      defaults: form?.given ? { [form.name ?? "f"]: form.given[1] } : {},
    })),
  };
}

const PLACES: readonly Place[] = ["event", "message", "list", "map", "recursive"];
const presences = (kind: Kind): Form[] => PRESENCES.map((presence) => ({ kind, presence }));
const kindOf = (label: string): Kind => KINDS.find((kind) => kind.label === label)!;

/** Every kind into every other. */
function* typeChanges(): Generator<History> {
  for (const kind of KINDS) {
    for (const next of KINDS) {
      yield history("event", [
        { kind, presence: "required" },
        { kind: next, presence: "required" },
      ]);
    }
  }
}

/** Every presence into every other, of every kind, and of kinds of which one is the other with more or less in it. */
function* presenceChanges(): Generator<History> {
  const related: readonly (readonly [string, string])[] = [
    ...KINDS.map(({ label }) => [label, label] as const),
    ["text to 5", "text"],
    ["text from 1", "text"],
    ["int 1 to 10", "int 0 to 10"],
    ["int", "bigint"],
    ["red|green", "red|green|blue"],
    ["null", "text"],
    ["null", "int"],
  ];
  for (const [from, to] of related) {
    for (const form of presences(kindOf(from))) {
      for (const next of presences(kindOf(to)))
        if (form.kind !== next.kind || form.presence !== next.presence) yield history("event", [form, next]);
    }
  }
}

/** Fields that come and go, everywhere. */
function* comingAndGoing(): Generator<History> {
  for (const kind of KINDS) {
    for (const form of presences(kind)) {
      yield history("event", [undefined, form]);
      yield history("event", [form, undefined]);
    }
  }
  for (const label of ["text", "int 1 to 10", "red|green", "{a}", "text[]", "map of int"]) {
    for (const form of presences(kindOf(label))) {
      for (const place of PLACES.slice(1)) {
        yield history(place, [undefined, form]);
        yield history(place, [form, undefined]);
        for (const next of presences(kindOf(label)))
          if (next.presence !== form.presence) yield history(place, [form, next]);
      }
    }
  }
}

const DEFAULTS: readonly (readonly [label: string, text: string, value: unknown])[] = [
  ["text", '"none"', "none"],
  ["text", "''", ""],
  ["text to 5", '"none"', "none"],
  ["text to 5", '"longer than 5"', "longer than 5"],
  ["text /^a/", '"abc"', "abc"],
  ["text /^a/", '"bc"', "bc"],
  ["int", "7", 7],
  ["int", "0", 0],
  ["int", '"7"', "7"],
  ["int 1 to 10", "1", 1],
  ["int 1 to 10", "0", 0],
  ["bigint", "5n", 5n],
  ["float", "-1.5", -1.5],
  ["boolean", "true", true],
  ["boolean", "false", false],
  ["true", "true", true],
  ["date", '"2026-01-01T00:00:00Z"', new Date("2026-01-01T00:00:00Z")],
  ["red|green", '"green"', "green"],
  ["red|green", '"pink"', "pink"],
  ["200|404", "404", 404],
  ["text[]", "[]", []],
  ["text[] from 1", "[]", []],
  ["map of text", "{}", {}],
  ["text", "null", null],
  ["json", "null", null],
];

function* defaults(): Generator<History> {
  for (const [label, text, value] of DEFAULTS) {
    const kind = kindOf(label);
    for (const presence of PRESENCES) {
      const form: Form = { kind, presence, given: [text, value] };
      for (const before of [undefined, ...presences(kind)]) yield history("event", [before, form]);
      for (const place of PLACES.slice(1)) yield history(place, [undefined, form]);
    }
  }
}

function* renames(): Generator<History> {
  for (const kind of KINDS) {
    for (const presence of PRESENCES) {
      yield history("event", [
        { kind, presence },
        { kind, presence, name: "g", was: ["f"] },
      ]);
      yield history("message", [
        { kind, presence },
        { kind, presence, name: "g" },
      ]);
    }
  }
  const text = kindOf("text");
  const [f, g] = [
    { kind: text, presence: "optional" } as const,
    { kind: text, presence: "optional", name: "g", was: ["f"] } as const,
  ];
  yield history("event", [f, g, f]);
  yield history("event", [f, g, { ...f, was: ["g"] }]);
  yield history("event", [f, undefined, g]);
  yield history("event", [f, { ...g, was: ["nothing"] }]);
}

/** Several releases: what one version made of a field, all later ones must still know. */
function* longer(): Generator<History> {
  for (const label of ["text", "int", "red|green", "text[]", "{a}"]) {
    const kind = kindOf(label);
    const forms = [undefined, ...presences(kind)];
    for (const one of forms)
      for (const two of forms)
        for (const three of forms) {
          if (one !== two && two !== three) yield history("event", [one, two, three]);
        }
  }
  const text = kindOf("text");
  const [given, other] = ['"x"', '"y"'].map(
    (t): Form => ({ kind: text, presence: "required", given: [t, JSON.parse(t)] }),
  );
  for (const middle of [undefined, ...presences(text)]) {
    yield history("event", [undefined, given, middle, given]);
    yield history("event", [undefined, given, middle, other]);
    yield history("event", [undefined, middle, given, { kind: text, presence: "optional" }]);
  }
}

/** Values of enums and variants of unions, in every position of a field. */
function* members(): Generator<History> {
  const sets: readonly (readonly EnumMember[])[] = [
    ["a"],
    ["b"],
    ["a", "b"],
    ["b", "a"],
    ["a", "b", "c"],
    ["c", "b"],
  ].map((values) => enumOf("Colour", ...values).members);
  const renamed = (was: Readonly<Record<string, string>>, ...values: readonly string[]) =>
    enumOf("Colour", ...values).members.map((one) => (was[one.name] ? { ...one, was: [was[one.name]!] } : one));
  const numbered = (...names: readonly string[]): EnumMember[] =>
    names.map((name, value) => ({ name, value, number: 0 }));
  const all = [
    ...sets,
    renamed({ d: "a" }, "d", "b"),
    renamed({ a: "b", b: "a" }, "a", "b"),
    renamed({ d: "a" }, "d"),
    renamed({ d: "x" }, "d", "a", "b"),
    numbered("A", "B"),
    numbered("B", "A"),
    numbered("C", "A", "B"),
    numbered("A", "B", "C"),
  ];
  const wrap = [(t: Type) => t, (t: Type) => list(t), (t: Type) => record(t), (t: Type) => nullable(t)];
  for (const type of wrap) {
    const of = (members: readonly EnumMember[]): Form => {
      const [colour] = [{ ...enumOf("Colour"), members }];
      return {
        kind: {
          label: members.map(({ name, value, was }) => `${name}=${value}${was ? `<${was}` : ""}`).join("|"),
          type: type(enumRef("Colour")),
          enums: [colour!],
        },
        presence: "required",
      };
    };
    for (const from of all) for (const to of all) if (from !== to) yield history("event", [of(from), of(to)]);
  }
  const unions = [["Round"], ["Square"], ["Round", "Square"], ["Square", "Round"], ["Round", "Square", "Flat"]];
  for (const from of unions) {
    for (const to of unions) {
      const of = (names: readonly string[]): Form => ({
        kind: { label: names.join("|"), ...union(...names) },
        presence: "required",
      });
      if (from !== to) yield history("list", [of(from), of(to)]);
    }
  }
}

export function* family(): Generator<History> {
  yield* typeChanges();
  yield* presenceChanges();
  yield* comingAndGoing();
  yield* defaults();
  yield* renames();
  yield* longer();
  yield* members();
}
