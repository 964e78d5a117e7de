import type { Enum, Message, Union, UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import { isRest } from "../../model/tuples.ts";
import { type Code, header, imports, jsDoc, list, literalOf, print } from "../../text/source.ts";
import { everyKind } from "../every-type.ts";
import { propertyKey } from "../names.ts";
import { ruleSentence } from "../rules.ts";
import { declaringNames, type TypeNames, typeText } from "./type-text.ts";

/** `event.ts`: the event's types, with their rules as comments. */
export function emitEvent({ name, file, event }: UseCase): Output {
  const names = declaringNames(event);
  const code: Code[] = [
    header(file),
    ...(everyKind(event).has("json")
      ? [imports([names.json === "Json" ? "Json" : `Json as ${names.json}`], "fivefold/runtime", "type ")]
      : []),
  ];
  for (const message of event.messages) code.push("", ...emitMessage(message, names));
  for (const union of event.unions) code.push("", ...emitUnion(union, names));
  for (const union of event.enums) code.push("", ...emitEnum(union));
  return { path: `generated/${name}/event.ts`, text: print(code) };
}

function emitMessage(message: Message, names: TypeNames): Code[] {
  const { name, doc, fields } = message;
  if (message.tuple) return emitTuple(message, message.tuple, names);
  if (fields.length === 0) return [...jsDoc(doc), `export interface ${name} {}`];
  const properties: Code[] = [];
  for (const { name, type, optional, doc } of fields) {
    const declared = typeText(type, names);
    const property = `${propertyKey(name)}${optional ? `?: ${declared} | undefined` : `: ${declared}`};`;
    properties.push(...jsDoc(doc, ruleSentence(type)), property);
  }
  return [...jsDoc(doc), `export interface ${name} {`, properties, "}"];
}

function emitTuple(message: Message, tuple: NonNullable<Message["tuple"]>, names: TypeNames): Code[] {
  const { name, doc, fields } = message;
  const inAlias = recordsInAlias(names);
  const hasLabels = fields.every(({ label }) => label !== undefined);
  const elements = fields.map((field) => {
    const rest = isRest(message, field) ? "..." : "";
    const type = typeText(field.type, inAlias);
    if (hasLabels) return `${rest}${field.label}${field.optional ? `?: ${type} | undefined` : `: ${type}`}`;
    return field.optional ? `(${type} | undefined)?` : `${rest}${type}`;
  });
  return [...jsDoc(doc), list(`export type ${name} = ${tuple.readonly ? "readonly " : ""}[`, elements, "];")];
}

/** TypeScript knows no alias that refers to itself through `Record`. */
function recordsInAlias(names: TypeNames): TypeNames {
  return { ...names, record: (keys, values) => `{ [key: ${keys}]: ${values} }` };
}

function emitUnion({ name, doc, variants }: Union, names: TypeNames): Code[] {
  const inAlias = recordsInAlias(names);
  return emitAlias(
    name,
    doc,
    variants.map(({ type }) => typeText(type, inAlias)),
  );
}

function emitEnum({ name, doc, members }: Enum): Code[] {
  return emitAlias(
    name,
    doc,
    members.map(({ value }) => literalOf(value)),
  );
}

function emitAlias(name: string, doc: string, parts: readonly string[]): Code[] {
  const last = parts.length - 1;
  return [
    ...jsDoc(doc),
    {
      line: `export type ${name} = ${parts.join(" | ")};`,
      lines: () => [`export type ${name} =`, parts.map((part, i) => `| ${part}${i === last ? ";" : ""}`)],
    },
  ];
}
