import type { DefaultValue, EarlierJson } from "../../model/earlier.ts";
import { isSkippable, tellApartInJson } from "../../model/json-form.ts";
import type { Enum, Event, Field, Message, Type, Union, UseCase } from "../../model/model.ts";
import { lowerCamel } from "../../model/naming.ts";
import { isUnsigned } from "../../model/number-encoding.ts";
import type { Output } from "../../model/output.ts";
import { type Choice as Distinguished, type Group, tellApart } from "../../model/tell-apart.ts";
import { isRest } from "../../model/tuples.ts";
import {
  brokenList,
  type Choice,
  type Code,
  header,
  importPath,
  imports,
  list,
  literal,
  literalOf,
  print,
} from "../../text/source.ts";
import { defaultLiteral } from "../codec/codec-earlier.ts";
import { propertyKey, variable } from "../names.ts";
import { presentType } from "../presence.ts";

/** `json.ts`: the event as JSON and back, as its JSON Schema says. */
export function emitJson({ name, file, importEnding, event }: UseCase): Output {
  const scope = createScope(event);
  const code: Code[] = [
    header(file),
    imports(["json"], "fivefold/runtime"),
    imports([event.name], importPath("./event.ts", importEnding), "type "),
    imports(["validate"], importPath("./validate.ts", importEnding)),
  ];
  for (const one of event.enums) if (hasFormerValues(one)) code.push("", enumPart(one, scope));
  for (const message of event.messages) code.push("", messagePart(message, scope));
  for (const union of event.unions) code.push("", ...unionPart(union, scope));
  const opening = `export const { fromJson, toJson } = json.event<${event.name}>(`;
  code.push("", list(opening, [literal(name), scope.parts.get(event.name)!, "validate"], ");"));
  return { path: `generated/${name}/json.ts`, text: print(code) };
}

interface Scope {
  readonly event: Event;
  /** The variables that hold what messages, unions, and enums that are not the same are in JSON. */
  readonly parts: ReadonlyMap<string, string>;
}

function createScope(event: Event): Scope {
  const taken = new Set(["fromJson", "json", "toJson", "validate", event.name]);
  const owners = [...event.messages, ...event.unions, ...event.enums.filter(hasFormerValues)];
  const parts = new Map<string, string>();
  for (const { name } of owners) parts.set(name, variable(lowerCamel(name), taken));
  return { event, parts };
}

function messagePart(message: Message, scope: Scope): Code {
  const { name, fields, removed = [], tuple } = message;
  if (tuple) return tuplePart(message, scope);
  const properties = fields.map((field) => {
    const key = propertyKey(field.name);
    const part = fieldPart(field, scope);
    return key === part ? part : `${key}: ${part}`;
  });
  for (const { name } of removed) {
    const isTaken = fields.some((field) => field.name === name || field.earlierJson?.names.includes(name));
    if (!isTaken) properties.push(`${propertyKey(name)}: json.removed`);
  }
  const opening = `const ${scope.parts.get(name)} = json.message(${literal(name)}, () => ({`;
  if (properties.length === 0) return `${opening}}));`;
  return {
    line: `${opening} ${properties.join(", ")} }));`,
    lines: () => brokenList(opening, properties, "}));"),
  };
}

function fieldPart({ type, optional, earlierJson }: Field, scope: Scope): string {
  const own = partOf(type, scope);
  const part = optional && own !== PLAIN ? `json.optional(${own})` : own;
  return earlierJson ? earlierPart(part, earlierJson, type) : part;
}

/** What JSON of released versions has otherwise is read as what it is now. */
function earlierPart(part: string, { names, lacking, wasNullable }: EarlierJson, type: Type): string {
  const maker = wasNullable ? "lackingOrNull" : "lacking";
  const found = lacking === undefined ? part : `json.${maker}(${part}, () => ${defaultOf(lacking, type)})`;
  return names.length > 0 ? `json.renamed(${found}, ${names.map(literal).join(", ")})` : found;
}

/** An arrow function's body that begins with a brace would be a block. */
function defaultOf(value: DefaultValue, type: Type): string {
  const text = defaultLiteral(value, presentType(type));
  return text === "{}" ? "({})" : text;
}

function hasFormerValues({ members }: Enum): boolean {
  return members.some(({ formerValues }) => formerValues);
}

function enumPart({ name, members }: Enum, scope: Scope): Code {
  const values = members.flatMap(({ value, formerValues = [] }) =>
    formerValues.map((former) => `[${literalOf(former)}, ${literalOf(value)}]`),
  );
  return list(`const ${scope.parts.get(name)} = json.renamedValues([`, values, "]);");
}

function tuplePart(message: Message, scope: Scope): Code {
  const { name, fields, tuple } = message;
  const elements = fields.map((field) => {
    if (isRest(message, field) && field.type.kind === "array") return partOf(field.type.items, scope);
    if (isSkippable(message, field)) return `json.skippable(${partOf(field.type, scope)})`;
    return fieldPart(field, scope);
  });
  return list(
    `const ${scope.parts.get(name)} = json.${tuple?.isOpen ? "openTuple" : "tuple"}(() => [`,
    elements,
    "]);",
  );
}

function unionPart(union: Union, scope: Scope): Code[] {
  const inJson = tellApartInJson(union, scope.event);
  const distinction = inJson.isDistinct ? inJson : tellApart(union, scope.event);
  // Reading refuses unions whose variants are alike.
  const kinds = distinction.isDistinct ? [...distinction.byKind] : [];
  const variants = kinds.flatMap(([kind, choice]) =>
    leavesOf(choice, scope).map(({ name, looks }) => {
      const { type, formerNames } = union.variants.find((variant) => variant.name === name)!;
      return object("", [
        `name: ${literal(name)}`,
        ...(formerNames ? [list("formerNames: [", formerNames.map(literal), "]")] : []),
        `part: ${partOf(type, scope)}`,
        `kind: ${literal(kind)}`,
        ...(looks.length > 0 ? [object("fields: ", looks)] : []),
      ]);
    }),
  );
  const maker = inJson.isDistinct ? "union" : "taggedUnion";
  return [`const ${scope.parts.get(union.name)} = json.${maker}(() => [`, variants.map(withComma), "]);"];
}

interface Leaf {
  /** The variant's. */
  readonly name: string;
  /** What all of its fields that tell are, as properties. */
  readonly looks: readonly Choice[];
}

function leavesOf(choice: Distinguished, scope: Scope): Leaf[] {
  if (choice.kind === "variant") return [{ name: choice.variant.name, looks: [] }];
  return choice.groups.flatMap((group) => {
    const look = object(`${propertyKey(choice.field)}: `, looksOf(choice, group, scope));
    return leavesOf(group.then, scope).map(({ name, looks }) => ({ name, looks: [look, ...looks] }));
  });
}

/** What JSON of released versions has in the field is among it, unless another variant has it now. */
function looksOf({ field, groups }: Fields, group: Group, { event }: Scope): Choice[] {
  const { literals, looks, then } = group;
  const taken = new Set(groups.filter((other) => other !== group).flatMap((other) => other.literals));
  const names = variantsIn(then);
  const fields = event.messages
    .filter(({ name }) => names.has(name))
    .flatMap((message) => message.fields.filter(({ name }) => name === field));
  const former = fields.flatMap(({ type }) => formerValuesOf(type, event)).filter((value) => !taken.has(value));
  const formerNames = fields.flatMap(({ earlierJson }) => earlierJson?.names ?? []);
  const all = [...new Set([...literals, ...former])];
  return [
    ...(all.length > 0 ? [list("literals: [", all.map(literalOf), "]")] : []),
    ...(looks.length > 0 ? [list("looks: [", looks.map(literal), "]")] : []),
    ...(formerNames.length > 0 ? [list("formerNames: [", [...new Set(formerNames)].map(literal), "]")] : []),
  ];
}

type Fields = Extract<Distinguished, { readonly kind: "field" }>;

function variantsIn(choice: Distinguished): ReadonlySet<string> {
  if (choice.kind === "variant") return new Set([choice.variant.name]);
  return new Set(choice.groups.flatMap(({ then }) => [...variantsIn(then)]));
}

function formerValuesOf(type: Type, { enums }: Event) {
  const present = presentType(type);
  if (present.kind !== "enum") return [];
  const members = enums.find(({ name }) => name === present.name)?.members ?? [];
  return members.flatMap(({ formerValues = [] }) => formerValues);
}

/** An object literal; `before` stands in front of it. */
function object(before: string, properties: readonly (string | Choice)[]): Choice {
  const text = properties.map((property) => (typeof property === "string" ? property : property.line)).join(", ");
  return { line: `${before}{ ${text} }`, lines: () => [`${before}{`, properties.map(withComma), "}"] };
}

function withComma(part: string | Choice): string | Choice {
  if (typeof part === "string") return `${part},`;
  const lines = () => {
    const own = part.lines();
    return [...own.slice(0, -1), `${own.at(-1)},`];
  };
  return { line: `${part.line},`, lines };
}

/** What is the same in JSON, with all of its parts. */
const PLAIN = "json.plain";

function partOf(type: Type, scope: Scope): string {
  switch (type.kind) {
    case "text":
    case "int":
    case "float":
    case "boolean":
    case "json":
    case "null":
      return PLAIN;
    case "enum":
      return scope.parts.get(type.name) ?? PLAIN;
    case "bigint":
      return `json.${isUnsigned(type) ? "biguint" : "bigint"}${type.wasInt ? "OrInt" : ""}`;
    case "timestamp":
      return "json.timestamp";
    case "bytes": {
      const { minLength = 0, maxLength } = type;
      if (maxLength !== undefined) return `json.bytes(${minLength}, ${maxLength})`;
      return `json.bytes(${minLength || ""})`;
    }
    case "message":
    case "union":
      return scope.parts.get(type.name)!;
    case "array":
      return withPart("json.list", type.items, scope);
    case "record":
      return type.sparse ? `json.record(${partOf(type.values, scope)})` : withPart("json.record", type.values, scope);
    case "nullable":
      return withPart("json.nullable", type.of, scope);
  }
}

function withPart(maker: string, inner: Type, scope: Scope): string {
  const part = partOf(inner, scope);
  return part === PLAIN ? PLAIN : `${maker}(${part})`;
}
