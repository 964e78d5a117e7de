import type { ProtoEnum, ProtoField, ProtoFile, ProtoMessage, Reserved } from "./proto-file.ts";

/*
 * protobuf's own description of .proto files, as `protoc --descriptor_set_out` writes it:
 * https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto
 */

export interface NamedFile {
  readonly name: string;
  readonly file: ProtoFile;
}

const TYPE: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};
const LABEL = { optional: 1, single: 1, repeated: 3, map: 3 } as const;

/** A FileDescriptorSet. Files come behind those that they import. */
export function descriptorSet(files: readonly NamedFile[]): Buffer {
  const types = new Map(files.flatMap(({ file }) => typesOf(file)));
  return joined(files.map(({ name, file }) => part(1, fileDescriptor(name, file, types))));
}

type TypeKind = "message" | "enum";
/** By full name. */
type Types = ReadonlyMap<string, TypeKind>;

function typesOf({ package: scope, messages, enums }: ProtoFile): [string, TypeKind][] {
  const ofMessage = (message: ProtoMessage, scope: string): [string, TypeKind][] => {
    const name = `${scope}.${message.name}`;
    return [[name, "message"], ...message.messages.flatMap((inner) => ofMessage(inner, name))];
  };
  return [
    ...messages.flatMap((message) => ofMessage(message, scope)),
    ...enums.map(({ name }): [string, TypeKind] => [`${scope}.${name}`, "enum"]),
  ];
}

function fileDescriptor(name: string, file: ProtoFile, types: Types): Buffer {
  return joined([
    text(1, name),
    text(2, file.package),
    ...file.imports.map((path) => text(3, path)),
    ...file.messages.map((message) => part(4, messageDescriptor(message, file.package, types))),
    ...file.enums.map((one) => part(5, enumDescriptor(one))),
    text(12, "proto3"),
  ]);
}

function messageDescriptor(message: ProtoMessage, outer: string, types: Types): Buffer {
  const scope = `${outer}.${message.name}`;
  const maps = message.fields.filter(({ label }) => label === "map");
  // proto3 has a oneof of its own for each optional field, behind those that are written.
  const optional = message.fields.filter(({ label }) => label === "optional");
  const oneofOf = (field: ProtoField) =>
    field.label === "optional" ? message.oneofs.length + optional.indexOf(field) : field.oneof;
  const nested = [
    ...maps.map((field) => mapEntry(field, scope, types)),
    ...message.messages.map((inner) => messageDescriptor(inner, scope, types)),
  ];
  return joined([
    text(1, message.name),
    ...message.fields.map((field) => part(2, fieldDescriptor(field, oneofOf(field), scope, types))),
    ...nested.map((inner) => part(3, inner)),
    ...message.oneofs.map((name) => part(8, text(1, name))),
    ...optional.map(({ name }) => part(8, text(1, `_${name}`))),
    // The end of a message's range is outside of it.
    ...reserved(message.reserved, { rangeField: 9, nameField: 10, end: 1 }),
  ]);
}

function fieldDescriptor(field: ProtoField, oneof: number | undefined, scope: string, types: Types): Buffer {
  const isMap = field.label === "map";
  const named = isMap
    ? `${scope}.${entryName(field)}`
    : TYPE[field.type] === undefined
      ? resolve(field.type, scope, types)
      : undefined;
  const kind = isMap ? "message" : named === undefined ? field.type : (types.get(named) as TypeKind);
  return joined([
    text(1, field.name),
    number(3, field.number),
    number(4, LABEL[field.label]),
    number(5, TYPE[kind] as number),
    ...(named === undefined ? [] : [text(6, `.${named}`)]),
    ...(field.packed === undefined ? [] : [part(8, number(2, field.packed ? 1 : 0))]),
    ...(oneof === undefined ? [] : [number(9, oneof)]),
    text(10, field.jsonName ?? jsonName(field.name)),
    ...(field.label === "optional" ? [number(17, 1)] : []),
  ]);
}

function mapEntry(field: ProtoField, scope: string, types: Types): Buffer {
  const inner = `${scope}.${entryName(field)}`;
  const key: ProtoField = { name: "key", number: 1, label: "single", type: field.key, key: "" };
  const value: ProtoField = { name: "value", number: 2, label: "single", type: field.type, key: "" };
  return joined([
    text(1, entryName(field)),
    part(2, fieldDescriptor(key, undefined, inner, types)),
    part(2, fieldDescriptor(value, undefined, inner, types)),
    part(7, number(7, 1)),
  ]);
}

function enumDescriptor({ name, values, reserved: gone }: ProtoEnum): Buffer {
  return joined([
    text(1, name),
    ...values.map((value) => part(2, joined([text(1, value.name), number(2, value.number)]))),
    ...reserved(gone, { rangeField: 4, nameField: 5, end: 0 }),
  ]);
}

function reserved({ numbers, names }: Reserved, to: { rangeField: number; nameField: number; end: number }): Buffer[] {
  return [
    ...numbers.map((one) => part(to.rangeField, joined([number(1, one), number(2, one + to.end)]))),
    ...names.map((name) => text(to.nameField, name)),
  ];
}

/** As protobuf looks names up: from the innermost scope outwards. */
function resolve(name: string, scope: string, types: Types): string {
  if (name.startsWith(".")) return name.slice(1);
  for (let outer = scope; ; outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")))) {
    const full = outer === "" ? name : `${outer}.${name}`;
    if (types.has(full)) return full;
    if (outer === "") throw new Error(`'${name}' is used in ${scope}, and declared nowhere`);
  }
}

/** `FooBarEntry` for `foo_bar`, as protoc names it. */
function entryName({ name }: ProtoField): string {
  const camel = name.replace(/(^|_)([a-z0-9]?)/g, (_, _bar, letter: string) => letter.toUpperCase());
  return `${camel}Entry`;
}

function jsonName(name: string): string {
  return name.replace(/_+([a-z0-9]?)/gi, (_, letter: string) => letter.toUpperCase());
}

function number(field: number, value: number): Buffer {
  return joined([varint(field * 8), varint(value)]);
}

function text(field: number, value: string): Buffer {
  return part(field, Buffer.from(value));
}

function part(field: number, bytes: Buffer): Buffer {
  return joined([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function joined(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
