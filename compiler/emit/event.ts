import type { Enum, Field, Message, UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { propertyKey } from "./names.ts";
import { documentedRule } from "./rules.ts";
import { type Code, header, jsDoc, literalOf, print } from "./source.ts";
import { declaringNames, type TypeNames, typeText } from "./type-text.ts";

/** `event.ts`: the event's types, with their rules as comments. */
export function emitEvent({ name, file, event }: UseCase): Output {
  const names = declaringNames(event);
  const code = [
    header(file),
    ...event.messages.flatMap((message) => ["", ...emitMessage(message, names)]),
    ...event.enums.flatMap((union) => ["", ...emitEnum(union)]),
  ];
  return { path: `generated/${name}/event.ts`, text: print(code) };
}

function emitMessage({ name, doc, fields }: Message, names: TypeNames): Code[] {
  if (fields.length === 0) return [...jsDoc(doc), `export interface ${name} {}`];
  return [...jsDoc(doc), `export interface ${name} {`, fields.flatMap((field) => emitField(field, names)), "}"];
}

function emitField({ name, type, optional, doc }: Field, names: TypeNames): Code[] {
  const rule = documentedRule(type);
  const declared = typeText(type, names);
  return [
    ...jsDoc(doc, rule && `${rule.slice(0, 1).toUpperCase()}${rule.slice(1)}.`),
    `${propertyKey(name)}${optional ? `?: ${declared} | undefined` : `: ${declared}`};`,
  ];
}

function emitEnum({ name, doc, members }: Enum): Code[] {
  const values = members.map(({ value }) => literalOf(value));
  const last = values.length - 1;
  return [
    ...jsDoc(doc),
    {
      line: `export type ${name} = ${values.join(" | ")};`,
      lines: [`export type ${name} =`, values.map((value, i) => `| ${value}${i === last ? ";" : ""}`)],
    },
  ];
}
