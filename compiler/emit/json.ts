import type { Event, Message, Type, Union, UseCase } from "../model/model.ts";
import { lowerCamel } from "../model/naming.ts";
import type { Output } from "../model/output.ts";
import { type Choice, type Group, tellApart } from "../model/tell-apart.ts";
import { isSkippable, tellApartInJson } from "./json-form.ts";
import { propertyKey, variable } from "./names.ts";
import { type Code, header, imports, list, literal, literalOf, print } from "./source.ts";
import { isRest } from "./tuples.ts";

/** `json.ts`: the event as JSON and back, as its JSON Schema says. */
export function emitJson({ name, file, event }: UseCase): Output {
  const scope = createScope(event);
  const code = [
    header(file),
    imports(["json"], "fivefold/runtime"),
    imports([event.name], "./event.ts", "type "),
    imports(["validate"], "./validate.ts"),
    ...event.messages.flatMap((message) => ["", ...messagePart(message, scope)]),
    ...event.unions.flatMap((union) => ["", ...unionPart(union, scope)]),
    "",
    list(
      `export const { fromJson, toJson } = json.event<${event.name}>(`,
      [literal(name), scope.parts.get(event.name)!, "validate"],
      ");",
    ),
  ];
  return { path: `generated/${name}/json.ts`, text: print(code) };
}

interface Scope {
  readonly event: Event;
  /** The variables that hold what messages and unions are in JSON. */
  readonly parts: ReadonlyMap<string, string>;
}

function createScope(event: Event): Scope {
  const taken = new Set(["fromJson", "json", "toJson", "validate", event.name]);
  const owners = [...event.messages, ...event.unions];
  return { event, parts: new Map(owners.map(({ name }) => [name, variable(lowerCamel(name), taken)])) };
}

function messagePart(message: Message, scope: Scope): Code[] {
  const { name, fields, removed = [], tuple } = message;
  if (tuple) return [tuplePart(message, scope)];
  const parts = fields.map(({ name, type, optional }) => {
    const part = partOf(type, scope);
    return [name, optional && part !== PLAIN ? `json.optional(${part})` : part] as const;
  });
  const gone = removed.map(({ name }) => name).filter((name) => !fields.some((field) => field.name === name));
  const properties = [...parts, ...gone.map((name) => [name, "json.removed"] as const)].map(([name, part]) => {
    return propertyKey(name) === part ? part : `${propertyKey(name)}: ${part}`;
  });
  const opening = `const ${scope.parts.get(name)} = json.message(${literal(name)}, () => ({`;
  if (properties.length === 0) return [`${opening}}));`];
  const { lines } = list(opening, properties, "}));");
  return [{ line: `${opening} ${properties.join(", ")} }));`, lines }];
}

function tuplePart(message: Message, scope: Scope): Code {
  const { name, fields, tuple } = message;
  const elements = fields.map((field) => {
    if (isRest(message, field) && field.type.kind === "array") return partOf(field.type.items, scope);
    const part = partOf(field.type, scope);
    if (isSkippable(message, field)) return `json.skippable(${part})`;
    return field.optional && part !== PLAIN ? `json.optional(${part})` : part;
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
    leavesOf(choice).map(({ name, looks }) => {
      const { type } = union.variants.find((variant) => variant.name === name)!;
      const fields = looks.length > 0 ? `, fields: { ${looks.join(", ")} }` : "";
      return `{ name: ${literal(name)}, part: ${partOf(type, scope)}, kind: ${literal(kind)}${fields} }`;
    }),
  );
  const maker = inJson.isDistinct ? "union" : "taggedUnion";
  return [list(`const ${scope.parts.get(union.name)} = json.${maker}(() => [`, variants, "]);")];
}

interface Leaf {
  /** The variant's. */
  readonly name: string;
  /** What all of its fields that tell are, as properties. */
  readonly looks: readonly string[];
}

function leavesOf(choice: Choice): Leaf[] {
  if (choice.kind === "variant") return [{ name: choice.variant.name, looks: [] }];
  return choice.groups.flatMap((group) => {
    const look = `${propertyKey(choice.field)}: ${lookOf(group)}`;
    return leavesOf(group.then).map(({ name, looks }) => ({ name, looks: [look, ...looks] }));
  });
}

function lookOf({ literals, looks }: Group): string {
  return `{ ${[
    ...(literals.length > 0 ? [`literals: [${literals.map(literalOf).join(", ")}]`] : []),
    ...(looks.length > 0 ? [`looks: [${looks.map(literal).join(", ")}]`] : []),
  ].join(", ")} }`;
}

/** What is the same in JSON, with all of its parts. */
const PLAIN = "json.plain";

function partOf(type: Type, scope: Scope): string {
  switch (type.kind) {
    case "text":
    case "int":
    case "float":
    case "boolean":
    case "enum":
    case "json":
    case "null":
      return PLAIN;
    case "bigint":
      return "json.bigint";
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
