import type { Enum, Message, Type } from "../model/model.ts";
import { EMPTY_FIELDS_NUMBER } from "../model/protobuf.ts";
import { type CodecNames, inside, type Place } from "./codec-names.ts";
import { isInherited, property, propertyKey, unique, variable } from "./names.ts";
import { type Code, list, literal } from "./source.ts";
import { typeText } from "./type-text.ts";
import { tagOf, wireType } from "./wire-types.ts";

/** A field on its way from the wire to the value's property. */
interface Incoming {
  readonly number: number;
  readonly type: Type;
  readonly optional: boolean;
  /** The variable that holds what was read so far. */
  readonly local: string;
  /** As an error calls it. */
  readonly label: string;
  readonly place: Place;
  /** What reads it where it is a message on the wire: after its parent's other fields, see `Reader.defer`. */
  readonly deferred?: string | undefined;
}

/** Names that the variables of a reading function must not have. */
const OWN_NAMES = ["ABSENT", "end", "reader", "record", "setEntry", "tag", "to", "undefined", "Object", "Uint8Array"];

/** The functions that read a message, its wrappers, and the entries of its maps. */
export function readMessage(message: Message, names: CodecNames): Code[] {
  const taken = new Set(OWN_NAMES);
  const value = unique("value", taken);
  const empty = unique("empty", taken);
  const type = names.types.own(message.name);
  const fields = message.fields.map((field) => ({
    name: field.name,
    number: field.number,
    type: field.type,
    optional: field.optional,
    local: variable(field.name, taken),
    label: `${message.name}.${field.name}`,
    place: { names, message, path: String(field.number) },
    deferred: field.type.kind === "array" || field.type.kind === "record" ? undefined : messageReader(field.type),
  }));
  // An absent field has no property, except where another would be seen through the prototype.
  const isLate = ({ name, optional }: { name: string; optional: boolean }) => optional && !isInherited(name);
  const properties = fields
    .filter((field) => !isLate(field))
    .map((field) => {
      const result = finished(field);
      return propertyKey(field.name) === result ? result : `${propertyKey(field.name)}: ${result}`;
    });
  const optional = fields.filter(isLate).map((field) => setProperty(value, field.name, field));
  const build = (opening: string): Code => {
    if (properties.length === 0) return `${opening}{};`;
    return {
      line: `${opening}{ ${properties.join(", ")} };`,
      lines: [`${opening}{`, properties.map((p) => `${p},`), "};"],
    };
  };
  const body = [
    ...readFields(fields, empty),
    ...(optional.length === 0
      ? [build("return ")]
      : [build(`const ${value}: ${type} = `), ...optional, `return ${value};`]),
  ];
  return [
    ...readFunction(message.name, type, body),
    ...names.wrappers(message).flatMap((wrapper) => readWrapper(wrapper.type, { names, message, path: wrapper.path })),
    ...message.fields.flatMap(({ type, number }) => readEntries(type, { names, message, path: String(number) })),
  ];
}

function readFunction(stem: string, type: string, body: readonly Code[]): Code[] {
  return ["", `function read${stem}(reader: Reader, end: number): ${type} {`, body, "}"];
}

function readWrapper(type: Type, place: Place): Code[] {
  const field = { number: 1, type, optional: false, local: "value", label: "", place };
  const body = [...readFields([field], "empty"), "return value;"];
  return readFunction(place.names.wrapperStem(place), typeText(type, place.names.types), body);
}

/** The reading functions of a map's entries, and of the maps in its elements. */
function readEntries(type: Type, place: Place): Code[] {
  if (type.kind === "array") return readEntries(type.items, inside(place, type));
  if (type.kind !== "record") return [];
  const within = inside(place, type);
  const label = `${place.message.name}: a map's value`;
  const key: Incoming = { number: 1, type: { kind: "text" }, optional: false, local: "key", label, place };
  const deferred = messageReader(type.values, within);
  const value: Incoming = {
    number: 2,
    type: type.values,
    optional: false,
    local: "value",
    label,
    place: within,
    deferred,
  };
  const signature = list(
    `function read${place.names.entryStem(place)}(`,
    ["reader: Reader", "end: number", `record: ${typeText(type, place.names.types)}`],
    "): void {",
  );
  const body = [...readFields([key, value], "empty"), `setEntry(record, key, ${finished(value)});`];
  return ["", signature, body, "}", ...readEntries(type.values, within)];
}

/** Declares the variables and reads all fields into them. */
function readFields(fields: readonly Incoming[], empty: string): Code[] {
  const lists = fields.filter(({ type, optional }) => optional && (type.kind === "array" || type.kind === "record"));
  const marks = lists.length > 0 ? [emptyMarks(empty, lists[0]!.place)] : [];
  const all = [...fields, ...marks].toSorted((a, b) => a.number - b.number);
  const loop =
    fields.length === 0
      ? ["while (reader.pos < end) reader.skip(reader.tag());"]
      : [
          "while (reader.pos < end) {",
          [
            "const tag = reader.tag();",
            "switch (tag) {",
            [...all.flatMap(readCases), "default:", ["reader.skip(tag);"]],
            "}",
          ],
          "}",
        ];
  return [
    ...[...fields, ...marks].map(declare),
    ...loop,
    ...lists.map(({ local, number, type }) => {
      return `if (${empty}?.includes(${number})) ${local} ??= ${type.kind === "array" ? "[]" : "{}"};`;
    }),
  ];
}

/** See EMPTY_FIELDS_NUMBER. */
function emptyMarks(local: string, place: Place): Incoming {
  const items = { kind: "int", wire: "uint32", min: 0, max: 2 ** 32 - 1 } as const;
  return { number: EMPTY_FIELDS_NUMBER, type: { kind: "array", items }, optional: true, local, label: "", place };
}

function declare({ type, optional, local, place, deferred }: Incoming): Code {
  const zero = optional ? undefined : zeroOf(type);
  if (deferred) return `let ${local} = ABSENT;`;
  if (zero === undefined) return `let ${local}: ${typeText(type, place.names.types)} | undefined;`;
  if (type.kind === "array" || type.kind === "record") {
    return `const ${local}: ${typeText(type, place.names.types)} = ${zero};`;
  }
  return `let ${local} = ${zero};`;
}

/** What a required field is when the wire has nothing of it; `undefined`: nothing. */
function zeroOf(type: Type): string | undefined {
  switch (type.kind) {
    case "text":
      return '""';
    case "int":
    case "float":
      return "0";
    case "bigint":
      return "0n";
    case "boolean":
      return "false";
    case "array":
      return "[]";
    case "record":
      return "{}";
    case "bytes":
    case "timestamp":
    case "enum":
    case "message":
      return undefined;
  }
}

/** The function that reads a message of that type; `undefined` where it is none on the wire. */
function messageReader(type: Type, place?: Place): string | undefined {
  switch (type.kind) {
    case "message":
      return `read${type.name}`;
    case "timestamp":
      return "readTimestamp";
    case "array":
    case "record":
      return place && `read${place.names.wrapperStem(place)}`;
    default:
      return undefined;
  }
}

function readCases({ number, type, optional, local, label, place, deferred }: Incoming): Code[] {
  const one = tagOf(number, wireType(type));
  if (deferred) return readCase(one, [`${local} = reader.defer(${local});`]);
  if (type.kind === "record") {
    const record = optional ? `(${local} ??= {})` : local;
    return readCase(one, [`reader.entry(${record}, read${place.names.entryStem(place)});`]);
  }
  if (type.kind !== "array") return readCase(one, [`${local} = ${readElement(type, place)};`]);

  const element = readElement(type.items, inside(place, type));
  const item = type.items.kind === "enum" ? `${element} ?? reader.missing(${literal(label)})` : element;
  const push = `${optional ? `(${local} ??= [])` : local}.push(${item});`;
  const wire = wireType(type.items);
  if (wire === 2) return readCase(one, [push]);
  return [
    ...readCase(tagOf(number, wire), [push]),
    `case ${tagOf(number, 2)}: {`,
    ["const to = reader.enter();", `while (reader.pos < to) ${push}`, "reader.leave(to);", "break;"],
    "}",
  ];
}

function readCase(tag: number, statements: readonly Code[]): Code[] {
  return [`case ${tag}:`, [...statements, "break;"]];
}

/** Reads one value, or one element. */
function readElement(type: Type, place: Place): string {
  switch (type.kind) {
    case "text":
      return "reader.string()";
    case "int":
      return type.wire === "int32" || type.wire === "int64" ? "reader.int()" : "reader.uint()";
    case "float":
      return "reader.double()";
    case "bigint":
      return "reader.bigint()";
    case "boolean":
      return "reader.bool()";
    case "bytes":
      return "reader.bytes()";
    case "enum":
      return `read${type.name}(reader)`;
    case "timestamp":
    case "message":
    case "array":
    case "record":
      return `reader.message(${messageReader(type, place)})`;
  }
}

/** What the field's property becomes. */
function finished({ type, optional, local, label, deferred }: Incoming): string {
  if (deferred) {
    const absent = optional ? "undefined" : zeroOf(type);
    if (absent) return `${local} === ABSENT ? ${absent} : reader.deferred(${local}, ${deferred})`;
    return `reader.required(${local}, ${literal(label)}, ${deferred})`;
  }
  if (optional) return local;
  if (type.kind === "enum") return `${local} ?? reader.missing(${literal(label)})`;
  return type.kind === "bytes" ? `${local} ?? new Uint8Array()` : local;
}

function setProperty(object: string, name: string, { local, deferred }: Incoming): Code {
  const condition = `if (${local} !== ${deferred ? "ABSENT" : "undefined"})`;
  const statement = `${property(object, name)} = ${deferred ? `reader.deferred(${local}, ${deferred})` : local};`;
  return { line: `${condition} ${statement}`, lines: [`${condition} {`, [statement], "}"] };
}

/** From an enum's numbers to its strings: 0 stands for no value. */
export function readEnum({ name, members }: Enum, names: CodecNames): Code[] {
  return [
    "",
    `function read${name}(reader: Reader): ${names.types.own(name)} | undefined {`,
    [
      "const number = reader.int();",
      "switch (number) {",
      [
        "case 0:",
        ["return undefined;"],
        ...members.flatMap(({ value, number }) => [`case ${number}:`, [`return ${literal(value)};`]]),
        "default:",
        [`return reader.unknownValue(${literal(name)}, number);`],
      ],
      "}",
    ],
    "}",
  ];
}
