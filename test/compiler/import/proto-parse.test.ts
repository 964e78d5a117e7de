import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FileRegistry } from "@bufbuild/protobuf";
import type { DescriptorProto, EnumDescriptorProto, FieldDescriptorProto } from "@bufbuild/protobuf/wkt";
import { FieldDescriptorProto_Label as Label, FieldDescriptorProto_Type as Type } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  NumberRange,
  ProtoEnum,
  ProtoField,
  ProtoFile,
  ProtoMessage,
} from "../../../compiler/importers/proto/file.ts";
import { parseProto } from "../../../compiler/importers/proto/parse.ts";
import { ProtoFault } from "../../../compiler/importers/proto/tokens.ts";
import { SOURCES } from "./imported.ts";
import { buildFolder, buildTexts } from "./proto-descriptors.ts";

/** What buf and the parser are to agree on: types by the names that they end in, ranges with both ends included. */
interface Outline {
  readonly package: string;
  readonly messages: readonly unknown[];
  readonly enums: readonly unknown[];
}

/** A file as the parser has it. */
function outlineOf(file: ProtoFile): Outline {
  return { package: file.package, messages: file.messages.map(outlineOfMessage), enums: file.enums.map(outlineOfEnum) };
}

function outlineOfMessage({ name, fields, messages, enums, reserved, extensions }: ProtoMessage): unknown {
  return {
    name,
    fields: fields.map((field) => outlineOfField(field)),
    messages: messages.map(outlineOfMessage).sort(byName),
    enums: enums.map(outlineOfEnum),
    reserved: [reserved.numbers.map(bounds), reserved.names],
    extensions: extensions.map(bounds),
  };
}

function outlineOfField({ name, number, label, type, key, oneof, options }: ProtoField): unknown {
  const jsonName = options.find((option) => option.name === "json_name")?.value;
  const last = type.name.split(".").at(-1);
  const isRepeated = label === "repeated" || key !== undefined;
  return {
    name,
    number,
    label: label === "required" ? label : isRepeated ? "repeated" : "",
    type: type.name === "group" ? name : key ? `map<${key.name}, ${last}>` : last,
    oneof: oneof?.name ?? "",
    ...(jsonName !== undefined && { jsonName }),
  };
}

function outlineOfEnum({ name, members, reserved }: ProtoEnum): unknown {
  return {
    name,
    members: members.map(({ name, number }) => [name, number]),
    reserved: [reserved.numbers.map(bounds), reserved.names],
  };
}

function bounds({ from, to }: NumberRange): readonly [number, number] {
  return [from, to];
}

function byName(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/** The same as buf has it. */
function outlineOfBuf(registry: FileRegistry, path: string): Outline {
  const { proto } = registry.getFile(path)!;
  return {
    package: proto.package,
    messages: proto.messageType.map(outlineOfDescriptor),
    enums: proto.enumType.map(outlineOfEnumDescriptor),
  };
}

function outlineOfDescriptor(message: DescriptorProto): unknown {
  const entries = new Map(message.nestedType.filter(({ options }) => options?.mapEntry).map((one) => [one.name, one]));
  const oneofOf = ({ proto3Optional, oneofIndex }: FieldDescriptorProto, isIn: boolean) =>
    isIn && !proto3Optional ? message.oneofDecl[oneofIndex]!.name : "";
  const fields = message.field.map((field) => {
    const entry = entries.get(field.typeName.split(".").at(-1) ?? "");
    const [key, value] = entry?.field ?? [];
    const isCustom = field.jsonName !== defaultJsonName(field.name);
    return {
      name: field.type === Type.GROUP ? field.typeName.split(".").at(-1) : field.name,
      number: field.number,
      label: field.label === Label.REQUIRED ? "required" : field.label === Label.REPEATED ? "repeated" : "",
      type: key && value ? `map<${typeName(key)}, ${typeName(value)}>` : typeName(field),
      oneof: oneofOf(field, Object.hasOwn(field, "oneofIndex")),
      ...(isCustom && { jsonName: field.jsonName }),
    };
  });
  const nested = message.nestedType.filter(({ options }) => !options?.mapEntry);
  return {
    name: message.name,
    fields,
    messages: nested.map(outlineOfDescriptor).sort(byName),
    enums: message.enumType.map(outlineOfEnumDescriptor),
    // Their ends are exclusive here, and inclusive in enums.
    reserved: [message.reservedRange.map(({ start, end }) => [start, end - 1]), message.reservedName],
    extensions: message.extensionRange.map(({ start, end }) => [start, end - 1]),
  };
}

function outlineOfEnumDescriptor({ name, value, reservedRange, reservedName }: EnumDescriptorProto): unknown {
  return {
    name,
    members: value.map(({ name, number }) => [name, number]),
    reserved: [reservedRange.map(({ start, end }) => [start, end]), reservedName],
  };
}

function typeName({ type, typeName }: FieldDescriptorProto): string | undefined {
  return typeName === "" ? Type[type]!.toLowerCase() : typeName.split(".").at(-1);
}

function defaultJsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase());
}

const GRAMMAR = `// A comment /* of one line
syntax = 'proto2';;
package odd . names;
import weak "other.proto"; import "google/protobuf/descriptor.proto";
option java_package = "com" ".odd" /* two texts */ ".names";
extend google.protobuf.FieldOptions { optional Rules rules = 50000; }
message Rules { optional string text = 1; repeated double numbers = 2; extensions 10, 20 to 30, 1000 to max; }
message message2 {
  optional .odd.names.message2 optional = 1; /* beside */ repeated option_ message = 0x2;
  optional group Result = 03 { optional string url = 1; }
  required int32 reserved_ = 4 [(rules) = { text: "a}b" numbers: [1, -2.5e3, inf] }, deprecated=true, default = -7];
  map < string , odd.names.Rules > by_name = 5;
  oneof choice { option (odd.names.flag) = true; string syntax = 6; group Inner = 7 { optional bool x = 1; } }
  reserved 8, 9 to 11, 536870911 to max; reserved "gone", 'lost';
  extensions 100 to 199 [verification = UNVERIFIED];
  enum Level { option allow_alias = true; NONE = 0; LOW = -1; SAME = -1 [deprecated = true]; HIGH = 0x7FFFFFFF; reserved -9 to -5, 2 to 4; reserved "OLD"; }
  extend Rules { optional message2 extra = 10; }
  message option_ { };
}
extend google.protobuf.OneofOptions { optional bool flag = 50001; }
service S { rpc Call(stream Rules) returns (message2) { option idempotency_level = NO_SIDE_EFFECTS; } }
`;

describe("as buf reads it", () => {
  const registry = buildFolder(SOURCES);
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".proto"));

  test.each(files.map((path) => path.replaceAll("\\", "/")).sort())("%s", (path) => {
    const text = readFileSync(join(SOURCES, path), "utf8");
    expect(outlineOf(parseProto({ file: path, text }))).toEqual(outlineOfBuf(registry, path));
  });

  test("all of the grammar, in odd places", () => {
    const odd = buildTexts({ "odd.proto": GRAMMAR, "other.proto": 'syntax = "proto3";' });
    expect(outlineOf(parseProto({ file: "odd.proto", text: GRAMMAR }))).toEqual(outlineOfBuf(odd, "odd.proto"));
  });
});

test.each([
  ["message A {", 1, 12, "expected a type, found the end of the file"],
  ['syntax = "proto4";', 1, 1, "the syntax is 'proto4'"],
  ["message A { int32 a = 0; }", 1, 23, "from 1 to 536870911, and this is 0"],
  ["message A { int32 a = 1.5; }", 1, 23, "expected the field's number, found '1.5'"],
  ["message A { int32 a; }", 1, 20, "expected '=', found ';'"],
  ["message A { map<string> m = 1; }", 1, 23, "expected ',', found '>'"],
  ['import "a.proto\nmessage A {}', 1, 8, "a text without an end on its line"],
  ["message A { string b = 1 [c = ]; }", 1, 31, "expected an option's value, found ']'"],
  ["enum E { A = 1 B = 2; }", 1, 16, "expected ';', found 'B'"],
  ["\n  class A {}", 2, 3, "'class' begins no statement of a file"],
  ["service S { rpc A", 1, 1, "the '{' of service S is not closed"],
  [`message A { ${"message B { ".repeat(100)}`, 1, 781, "nest deeper than 64 levels"],
  ["message € {}", 1, 9, "'€' has no meaning here"],
])("%.60j is refused at its place", (text, line, column, message) => {
  try {
    parseProto({ file: "a.proto", text });
  } catch (fault) {
    const { message: found, at } = fault as ProtoFault;
    const before = text.slice(0, at).split("\n");
    expect({ found, line: before.length, column: before.at(-1)!.length + 1 }).toEqual({
      found: expect.stringContaining(message),
      line,
      column,
    });
    return;
  }
  throw new Error("It was accepted.");
});

test("whatever is cut from a file or put into it, it is read or refused in words", () => {
  const pieces = fc.constantFrom("{", "}", "[", "]", "=", ";", '"', "/*", "//", "message", "9", "-", "\n", "\0", "é");
  fc.assert(
    fc.property(fc.nat(GRAMMAR.length), fc.nat(20), pieces, (at, length, piece) => {
      const text = GRAMMAR.slice(0, at) + piece + GRAMMAR.slice(at + length);
      try {
        parseProto({ file: "odd.proto", text });
      } catch (fault) {
        expect(fault).toBeInstanceOf(ProtoFault);
      }
    }),
    { numRuns: 2_000, seed: 20_261_124 },
  );
});
