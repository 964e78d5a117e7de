import type { Enum, Event, Field, Message, Type, Union, Variant } from "../model/model.ts";
import { tellApart, type ValueKind } from "../model/tell-apart.ts";
import { type Declaration, type DeclaredField, JSON_VALUE, type Shape } from "./shape.ts";

const SPAN = { file: "", line: 1, column: 1, endLine: 1, endColumn: 1 };

/** How values look where unions are told apart: in JSON, moments and bytes are strings. */
export type Form = "typescript" | "json";

/** A union that must be told apart by its values. */
export interface NotedUnion {
  readonly members: readonly Shape[];
  /** Reports that it is not, and which of its types are alike. */
  readonly refuse: (alike: readonly string[]) => void;
}

/**
 * Refuses unions that the compiler will find nothing to tell apart by, once all is declared that they lead to. What is
 * declared is turned into a model that is right as far as one looks at values for that.
 */
export function refuseAlike(unions: readonly NotedUnion[], declarations: readonly Declaration[], form: Form): void {
  const model = createModel(declarations, form);
  for (const { members, refuse } of unions) {
    const variants = model.variantsOf(members);
    const distinction = tellApart({ name: "", variants }, model.event());
    if (!distinction.isDistinct) refuse(distinction.alike.map(({ name }) => name));
  }
}

function createModel(declarations: readonly Declaration[], form: Form) {
  const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const messages: Message[] = [];
  const enums: Enum[] = [];
  const unions: Union[] = [];

  const enumOf = (values: readonly (string | number | boolean)[]): Type => {
    const name = `E${enums.length}`;
    enums.push({ name, doc: "", span: SPAN, members: values.map((value) => ({ name: `${value}`, value, number: 0 })) });
    return { kind: "enum", name };
  };
  /** Literals of one kind are one variant, as strings under different rules are. */
  const variantsOf = (members: readonly Shape[]): Variant[] => {
    const flat = members.flatMap(flattened).filter(({ kinds }) => kinds[0] !== "null");
    const literals = Map.groupBy(
      flat.filter(({ literal }) => literal !== undefined),
      ({ kinds: [kind] }) => kind,
    );
    return [
      ...Array.from(literals.values(), (of) => ({
        name: of.map(({ text }) => text).join(" | "),
        type: enumOf(of.map(({ literal }) => literal!)),
        number: 0,
      })),
      ...flat
        .filter(({ literal }) => literal === undefined)
        .map((shape) => ({ name: shape.text, type: typeOf(shape), number: 0 })),
    ];
  };
  const flattened = (shape: Shape): readonly Shape[] => {
    const declaration = byName.get(shape.text);
    if (declaration?.kind === "alias") return flattened(declaration.shape);
    return shape.members ? shape.members.flatMap(flattened) : [shape];
  };
  const typeOf = (shape: Shape): Type => {
    const all = flattened(shape);
    if (all.length === 1 && all[0]!.literal === undefined) return plainType(all[0]!);
    const variants = variantsOf([shape]);
    const [only] = variants;
    const type = only && variants.length === 1 ? only.type : unionType(variants);
    return all.some(({ kinds }) => kinds[0] === "null") ? { kind: "nullable", of: type } : type;
  };
  const unionType = (variants: readonly Variant[]): Type => {
    const name = `U${unions.length}`;
    unions.push({ name, doc: "", span: SPAN, variants });
    return { kind: "union", name };
  };
  const plainType = (shape: Shape): Type => {
    const { text, kinds } = shape;
    if (shape === JSON_VALUE) return { kind: "json" };
    if (byName.has(text)) return { kind: "message", name: text };
    return TYPES[form === "json" ? inJson(kinds[0]) : (kinds[0] ?? "object")];
  };
  const fieldOf = ({ name, shape, optional }: DeclaredField): Field => {
    return { name, optional, type: typeOf(shape), doc: "", span: SPAN, number: 0 };
  };

  for (const declaration of declarations) {
    if (declaration.kind === "alias") continue;
    const { name, fields } = declaration;
    messages.push({ name, doc: "", span: SPAN, fields: fields.map(fieldOf) });
  }
  return { variantsOf, event: (): Event => ({ name: "", version: 0, messages, enums, unions }) };
}

function inJson(kind: Shape["kinds"][number] | undefined): ValueKind | "null" {
  return kind === "date" || kind === "bytes" || kind === "bigint" ? "string" : (kind ?? "object");
}

const TEXT: Type = { kind: "text" };

const TYPES: Readonly<Record<ValueKind | "null", Type>> = {
  string: TEXT,
  number: { kind: "float" },
  bigint: { kind: "bigint" },
  boolean: { kind: "boolean" },
  date: { kind: "timestamp" },
  bytes: { kind: "bytes" },
  list: { kind: "array", items: TEXT },
  object: { kind: "record", values: TEXT },
  null: { kind: "null" },
};
