import type { EnumMember, Type, Union, Variant } from "../../../compiler/model/model.ts";
import { enumOf, enumRef, list, nullable, record, TEXT, unionOf } from "../emit/models.ts";
import { type Form, type History, history } from "./history.ts";
import { type Kind, union } from "./kinds.ts";

/** Values of enums and variants of unions, in every position of a field. */
export function* members(): Generator<History> {
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
}

/** Variants of unions, which come, go, and are called otherwise. */
export function* variants(): Generator<History> {
  const plain = [["Round"], ["Square"], ["Round", "Square"], ["Square", "Round"], ["Round", "Square", "Flat"]].map(
    (names): Kind => ({ label: names.join("|"), ...union(...names) }),
  );
  const renamed = [...plain, ...plain.map(withRenamedTag), ...plain.map(withRenamedMessage), TAKEN];
  const all = [...renamed, ...renamed.map(beside)];
  for (const from of all) {
    for (const to of all) {
      if (from === to) continue;
      yield history(
        "list",
        [from, to].map((kind) => ({ kind, presence: "required" })),
      );
    }
  }
}

/** What tells the first variant has another value. */
function withRenamedTag({ label, enums = [], ...kind }: Kind): Kind {
  const [{ members = [], ...tag } = enumOf("none"), ...others] = enums;
  const renamed = members.map((member) => ({ ...member, name: "Ring", value: "Ring", was: [member.name] }));
  return { ...kind, label: `${label} as Ring`, enums: [{ ...tag, members: renamed }, ...others] };
}

/** The first variant has another value, and a new one has its former value. */
const TAKEN = ((): Kind => {
  const { enums = [], ...kind } = withRenamedTag({ label: "Round|Square", ...union("Round", "Square", "Flat") });
  const taken = enums.map((tag) => (tag.name === "FlatKind" ? { ...enumOf("FlatKind", "Round") } : tag));
  return { ...kind, label: `${kind.label}, a Flat as Round`, enums: taken };
})();

/** The first variant's type has another name. */
function withRenamedMessage({ label, messages = [], unions = [], ...kind }: Kind): Kind {
  const [first, ...others] = messages;
  const renamed = { ...first!, name: "Disc", was: [first!.name] };
  const [{ variants, ...choice }] = unions as [Union];
  const all = variants.map((variant) => (variant.name === first!.name ? { ...variant, ...DISC } : variant));
  return { ...kind, label: `${label}, a Disc`, messages: [renamed, ...others], unions: [{ ...choice, variants: all }] };
}

const DISC = { name: "Disc", type: { kind: "message", name: "Disc" } } as const;

/** In a union with what JSON tells apart by its variants' names alone. */
function beside({ label, unions = [], ...kind }: Kind): Kind {
  const [{ variants, ...choice }] = unions as [Union];
  const [text, date] = unionOf("Choice", TEXT, { kind: "timestamp" }).variants as [Variant, Variant];
  return { ...kind, label: `text|date|${label}`, unions: [{ ...choice, variants: [text, date, ...variants] }] };
}
