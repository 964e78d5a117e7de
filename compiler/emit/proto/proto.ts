import type { Enum, Event, Field, Message, Removed, Type, Union, UseCase } from "../../model/model.ts";
import { protoNumber } from "../../model/number-encoding.ts";
import type { Output } from "../../model/output.ts";
import { byNumber, NULL_FIELDS_NUMBER } from "../../model/protobuf.ts";
import { type Code, header, paragraphLines, print } from "../../text/source.ts";
import { everyKind } from "../every-type.ts";
import { isMissable, isSeveral, marksOf, presentType } from "../presence.ts";
import { ruleSentence } from "../rules.ts";
import { elementPath, type Wrapper, wrappersOf } from "../wrappers.ts";
import { defaultJsonName, type ProtoNames, packageName, protoNames } from "./proto-names.ts";

/** Where a use case's contract is, for other languages to import. Its package never changes. */
export function contractPath(useCase: string): string {
  return `generated/contracts/${packageName(useCase)}.proto`;
}

/** The contract: the event in proto3. */
export function emitProto({ name, file, event }: UseCase): Output {
  const names = protoNames(event);
  const part = packageName(name);
  const kinds = everyKind(event);
  const imported = [...(kinds.has("null") ? ["struct"] : []), ...(kinds.has("timestamp") ? ["timestamp"] : [])];
  // Names are looked up from the innermost scope outwards, where a use case may be called like a part of them.
  const google = `${part === "google" ? "." : ""}google.protobuf`;
  // The event's own message is the first, also where it is a union: who has the contract alone knows it by that.
  const isRoot = (union: Union) => union.name === event.name;
  const owners = [...event.unions.filter(isRoot), ...event.messages, ...event.unions.filter((union) => !isRoot(union))];
  const code: Code[] = [
    header(file),
    "",
    'syntax = "proto3";',
    "",
    `package fivefold.${part}.v1;`,
    ...(imported.length > 0 ? [""] : []),
    ...imported.map((file) => `import "google/protobuf/${file}.proto";`),
  ];
  for (const owner of owners) {
    const scope = { event, names, google, wrappers: wrappersOf(owner, event) };
    code.push("", ...("fields" in owner ? emitMessage(owner, scope) : emitUnion(owner, scope)));
  }
  for (const union of event.enums) code.push("", ...emitEnum(union, names));
  return { path: contractPath(name), text: print(code) };
}

interface Scope {
  readonly event: Event;
  readonly names: ProtoNames;
  /** The package of protobuf's own messages. */
  readonly google: string;
  readonly wrappers: readonly Wrapper[];
}

function emitMessage(message: Message, scope: Scope): Code[] {
  const { names } = scope;
  const fields = byNumber(message.fields);
  const body = reserved(message, (field) => names.field(message, field));
  for (const field of fields) {
    body.push(...emitField(field, names.field(message, field), scope, message.tuple !== undefined));
  }
  body.push(...emitMarks(message, names), ...emitWrappers(scope));
  const opening = `message ${names.type(message.name)} {`;
  return [...comment(message.doc), ...(body.length > 0 ? [opening, body, "}"] : [`${opening}}`])];
}

function emitUnion(union: Union, scope: Scope): Code[] {
  const { names } = scope;
  const variants = byNumber(union.variants);
  const oneof = variants.map((variant) => {
    const { number, type } = variant;
    return `${elementType(type, String(number), scope)} ${names.variant(union, variant)} = ${number};`;
  });
  const body = [
    ...reserved(union, (variant) => names.variant(union, variant)),
    `oneof ${names.oneof(union)} {`,
    oneof,
    "}",
    ...emitWrappers(scope),
  ];
  return [...comment(union.doc), `message ${names.type(union.name)} {`, body, "}"];
}

function emitField(field: Field, protoName: string, scope: Scope, isElement: boolean): Code[] {
  const { name, number, optional, doc } = field;
  const type = presentType(field.type);
  const label = isMissable(field) && !isSeveral(type) ? "optional " : "";
  const isNull = field.type.kind === "nullable" && !optional;
  const code = comment(
    doc,
    ruleSentence(type),
    type.kind === "json" ? "JSON as text, none for null." : "",
    isNull ? "Null where it is absent." : "",
  );
  code.push(
    `${label}${fieldType(type, String(number), scope)} ${protoName} = ${number}${isElement ? "" : jsonName(name, protoName)};`,
  );
  return code;
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
      return `map<${type.keys ? type.keys.wire : "string"}, ${elementType(type.values, elementPath(path, type), scope)}>`;
    default:
      return elementType(type, path, scope);
  }
}

function elementType(type: Type, path: string, { names, google, wrappers }: Scope): string {
  switch (type.kind) {
    case "text":
    case "json":
      return "string";
    case "int":
    case "float":
    case "bigint":
      return protoNumber(type);
    case "boolean":
      return "bool";
    case "bytes":
      return "bytes";
    case "timestamp":
      return `${google}.Timestamp`;
    case "enum":
    case "message":
    case "union":
      return names.type(type.name);
    case "null":
      return `${google}.NullValue`;
    case "array":
    case "record":
    case "nullable":
      return wrappers.find((wrapper) => wrapper.path === path)!.name;
  }
}

/** See EMPTY_FIELDS_NUMBER. Not packed, so that other producers write the bytes that ours do. */
function emitMarks(message: Message, names: ProtoNames): Code[] {
  return marksOf(message).flatMap(({ number }) => {
    const isNull = number === NULL_FIELDS_NUMBER;
    const what = isNull ? "fields that are null" : "lists and maps that are there but empty";
    const name = isNull ? names.nullFields(message) : names.emptyFields(message);
    return [
      "",
      `// Numbers of those ${what}: without, they read as absent.`,
      `repeated uint32 ${name} = ${number} [packed = false];`,
    ];
  });
}

const WRAPPED = { array: "items", record: "entries", nullable: "value" } as const;

function emitWrappers(scope: Scope): Code[] {
  return scope.wrappers.flatMap((wrapper) => ["", ...emitWrapper(wrapper, scope)]);
}

function emitWrapper({ path, name, type }: Wrapper, scope: Scope): Code[] {
  const isNullable = type.kind === "nullable";
  const held = isNullable
    ? `optional ${elementType(type.of, elementPath(path, type), scope)}`
    : fieldType(type, path, scope);
  return [`message ${name} {`, [`${held} ${WRAPPED[type.kind]} = 1;`], "}"];
}

function emitEnum(union: Enum, names: ProtoNames): Code[] {
  const prefix = names.unspecified(union).slice(0, -"UNSPECIFIED".length);
  const members = byNumber(union.members).map(({ value, number }) => ({
    value,
    number,
    name: names.member(union, number),
  }));
  return [
    ...comment(union.doc),
    `enum ${names.type(union.name)} {`,
    [
      ...reserved(union, ({ number }) => names.member(union, number)),
      `${names.unspecified(union)} = 0;`,
      ...members.flatMap(({ value, number, name }) => [
        ...(`${prefix}${String(value).toUpperCase()}` === name ? [] : [`// ${JSON.stringify(value)} in TypeScript.`]),
        `${name} = ${number};`,
      ]),
    ],
    "}",
  ];
}

/** Numbers and names that are gone for good. */
function reserved({ removed = [] }: Message | Enum | Union, nameOf: (part: Removed) => string): Code[] {
  if (removed.length === 0) return [];
  const parts = byNumber(removed);
  const numbers = parts.map(({ number }) => number).join(", ");
  const names = parts.map((part) => `"${nameOf(part)}"`).join(", ");
  return [`reserved ${numbers};`, `reserved ${names};`, ""];
}

function comment(...paragraphs: readonly string[]): Code[] {
  return paragraphLines(paragraphs).map((line) => (line === "" ? "//" : `// ${line}`));
}
