import type { Enum, Event, Field, Message, Type, UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { EMPTY_FIELDS_NUMBER } from "../model/protobuf.ts";
import { everyType } from "./every-type.ts";
import {
  byNumber,
  defaultJsonName,
  fieldName,
  memberName,
  type ProtoNames,
  packageName,
  protoNames,
} from "./proto-names.ts";
import { documentedRule } from "./rules.ts";
import { type Code, header, print, textLines } from "./source.ts";
import { elementPath, type Wrapper, wrappersOf } from "./wrappers.ts";

/** Where a use case's contract is, for other languages to import. Its package never changes. */
export function contractPath(useCase: string): string {
  return `generated/contracts/${packageName(useCase)}.proto`;
}

/** The contract: the event in proto3. */
export function emitProto({ name, file, event }: UseCase): Output {
  const names = protoNames(event);
  const part = packageName(name);
  const usesTimestamp = everyType(event).some(({ kind }) => kind === "timestamp");
  const code = [
    header(file),
    "",
    'syntax = "proto3";',
    "",
    `package fivefold.${part}.v1;`,
    ...(usesTimestamp ? ["", 'import "google/protobuf/timestamp.proto";'] : []),
    ...event.messages.flatMap((message) => {
      // Names are looked up from the innermost scope outwards, where a use case may be called like a part of them.
      const timestamp = `${part === "google" ? "." : ""}google.protobuf.Timestamp`;
      return ["", ...emitMessage({ message, event, names, timestamp, wrappers: wrappersOf(message, event) })];
    }),
    ...event.enums.flatMap((union) => ["", ...emitEnum(union, names)]),
  ];
  return { path: contractPath(name), text: print(code) };
}

interface Scope {
  readonly message: Message;
  readonly event: Event;
  readonly names: ProtoNames;
  readonly timestamp: string;
  readonly wrappers: ReadonlyMap<string, Wrapper>;
}

function emitMessage(scope: Scope): Code[] {
  const { message, names, wrappers } = scope;
  const fields = byNumber(message.fields);
  const used = new Set(fields.map((field) => names.field(message, field)));
  const body: Code[] = [
    ...reserved(message, used, fieldName),
    ...fields.flatMap((field) => emitField(field, scope)),
    ...emptyFields(scope),
    ...[...wrappers.values()].flatMap((wrapper) => ["", ...emitWrapper(wrapper, scope)]),
  ];
  const opening = `message ${names.type(message.name)} {`;
  return [...comment(message.doc), ...(body.length > 0 ? [opening, body, "}"] : [`${opening}}`])];
}

function emitField(field: Field, scope: Scope): Code[] {
  const { name, number, type, optional, doc } = field;
  const protoName = scope.names.field(scope.message, field);
  const label = optional && type.kind !== "array" && type.kind !== "record" ? "optional " : "";
  const rule = documentedRule(type);
  return [
    ...comment(doc, rule && `${rule.slice(0, 1).toUpperCase()}${rule.slice(1)}.`),
    `${label}${fieldType(type, String(number), scope)} ${protoName} = ${number}${jsonName(name, protoName)};`,
  ];
}

/** So that protobuf's JSON calls the field as TypeScript does. */
function jsonName(name: string, protoName: string): string {
  // What protobuf's compilers refuse in such a name keeps the default.
  if (name === defaultJsonName(protoName) || !name.isWellFormed() || /[\0[\]]/.test(name)) return "";
  return ` [json_name = ${JSON.stringify(name)}]`;
}

function fieldType(type: Type, path: string, scope: Scope): string {
  switch (type.kind) {
    case "array":
      return `repeated ${elementType(type.items, elementPath(path, type), scope)}`;
    case "record":
      return `map<string, ${elementType(type.values, elementPath(path, type), scope)}>`;
    default:
      return elementType(type, path, scope);
  }
}

function elementType(type: Type, path: string, { names, timestamp, wrappers }: Scope): string {
  switch (type.kind) {
    case "text":
      return "string";
    case "int":
      return type.wire;
    case "float":
      return "double";
    case "bigint":
      return "int64";
    case "boolean":
      return "bool";
    case "bytes":
      return "bytes";
    case "timestamp":
      return timestamp;
    case "enum":
    case "message":
      return names.type(type.name);
    case "array":
    case "record":
      return wrappers.get(path)!.name;
  }
}

/** See EMPTY_FIELDS_NUMBER. Not packed, so that other producers write the bytes that ours do. */
function emptyFields({ message, names }: Scope): Code[] {
  const some = message.fields.some(
    ({ type, optional }) => optional && (type.kind === "array" || type.kind === "record"),
  );
  if (!some) return [];
  const comment = "// Numbers of those lists and maps that are there but empty: without, they read as absent.";
  return ["", comment, `repeated uint32 ${names.emptyFields(message)} = ${EMPTY_FIELDS_NUMBER} [packed = false];`];
}

function emitWrapper({ path, name, type }: Wrapper, scope: Scope): Code[] {
  const field = `${fieldType(type, path, scope)} ${type.kind === "array" ? "items" : "entries"} = 1;`;
  return [`message ${name} {`, [field], "}"];
}

function emitEnum(union: Enum, names: ProtoNames): Code[] {
  const prefix = names.unspecified(union).slice(0, -"UNSPECIFIED".length);
  const members = byNumber(union.members).map(({ value, number }) => ({
    value,
    number,
    name: names.member(union, number),
  }));
  const used = new Set(members.map(({ name }) => name));
  return [
    ...comment(union.doc),
    `enum ${names.type(union.name)} {`,
    [
      ...reserved(union, used, (value) => `${prefix}${memberName(value)}`),
      `${names.unspecified(union)} = 0;`,
      ...members.flatMap(({ value, number, name }) => [
        ...(`${prefix}${value.toUpperCase()}` === name ? [] : [`// ${JSON.stringify(value)} in TypeScript.`]),
        `${name} = ${number};`,
      ]),
    ],
    "}",
  ];
}

/** Numbers and names that are gone for good; a name may have come back with another spelling in TypeScript. */
function reserved(
  { removed = [] }: Message | Enum,
  used: ReadonlySet<string>,
  nameOf: (name: string) => string,
): Code[] {
  if (removed.length === 0) return [];
  const names = [...new Set(removed.map(({ name }) => nameOf(name)))].filter((name) => !used.has(name));
  return [
    `reserved ${byNumber(removed)
      .map(({ number }) => number)
      .join(", ")};`,
    ...(names.length > 0 ? [`reserved ${names.map((name) => `"${name}"`).join(", ")};`] : []),
    "",
  ];
}

function comment(...paragraphs: readonly string[]): Code[] {
  return paragraphs.flatMap(textLines).map((line) => (line === "" ? "//" : `// ${line}`));
}
