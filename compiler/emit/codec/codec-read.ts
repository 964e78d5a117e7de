import type { Enum, Field, Message, Type } from "../../model/model.ts";
import { isRest, tupleSize } from "../../model/tuples.ts";
import { type Code, list, literal, literalOf, onlyIf } from "../../text/source.ts";
import { chunksOf } from "../chunks.ts";
import { typeText } from "../modules/type-text.ts";
import { isInherited, property, propertyKey, unique, variable } from "../names.ts";
import { isSeveral, presentType } from "../presence.ts";
import { elementName } from "../tuples.ts";
import { elementOf, isWrapped, keyType, type Owner, type Wrapped } from "../wrappers.ts";
import { earlierOf, setLacking } from "./codec-earlier.ts";
import { type CodecNames, inside, type Place } from "./codec-names.ts";
import {
  finished,
  type Incoming,
  incomingType,
  type MarkNames,
  messageReader,
  readFields,
} from "./codec-read-fields.ts";

/** Names that the variables of a reading function must not have. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  "ABSENT",
  "elements",
  "end",
  "reader",
  "record",
  "setEntry",
  "setProperty",
  "tag",
  "to",
  "undefined",
  "Object",
  "Uint8Array",
]);

/** The functions that read a message, its wrappers, and the entries of its maps. */
export function readMessage(message: Message, names: CodecNames): Code[] {
  const { name, fields, tuple } = message;
  const type = names.types.own(name);
  const chunks = tuple ? [] : chunksOf(fields);
  const code =
    chunks.length > 1
      ? readInParts(message, chunks, names)
      : readFunction(name, type, readBody(message, fields, type, names));
  code.push(...readWrappers(message, names));
  for (const field of fields) {
    const type = presentType(field.type);
    if (isWrapped(type)) code.push(...readEntries(type, placeOf(field, message, names)));
  }
  return code;
}

/** Of many fields: each function reads all of the message, and takes some of its fields. */
function readInParts(message: Message, chunks: readonly (readonly Field[])[], names: CodecNames): Code[] {
  const type = names.types.own(message.name);
  const stems = chunks.map((_, i) => names.stemFor(`${message.name}Fields${i + 1}`));
  const body = [
    "const start = reader.pos;",
    ...stems.flatMap((stem, i) => [
      ...(i > 0 ? ["reader.pos = start;"] : []),
      `const part${i + 1} = read${stem}(reader, end);`,
    ]),
    `return { ${stems.map((_, i) => `...part${i + 1}`).join(", ")} } as ${type};`,
  ];
  return [
    ...readFunction(message.name, type, body),
    ...chunks.flatMap((fields, i) => {
      const part = `Partial<${type}>`;
      return readFunction(stems[i]!, part, readBody(message, fields, part, names));
    }),
  ];
}

function placeOf({ number }: Field, owner: Message, names: CodecNames): Place {
  return { names, owner, path: String(number) };
}

/** Reads the message, and makes a value of that type from those fields. */
function readBody(message: Message, some: readonly Field[], type: string, names: CodecNames): Code[] {
  const taken = new Set(OWN_NAMES);
  const value = unique("value", taken);
  const marks = { nulls: unique("nulls", taken), empty: unique("empty", taken) };
  const fields = some.map((field): Incoming => {
    const { type, missing } = incomingType(field);
    const place = placeOf(field, message, names);
    return {
      number: field.number,
      type,
      missing,
      local: variable(message.tuple ? elementName(message, field) : field.name, taken),
      label: `${message.name}.${field.name}`,
      place,
      deferred: isSeveral(type) ? undefined : messageReader(type, place),
      earlier: earlierOf(field),
    };
  });
  const code = readFields(fields, marks);
  if (message.tuple) {
    const elements = fields.map((field, i) => `${isRest(message, some[i]!) ? "..." : ""}${finished(field, marks)}`);
    code.push(...tupleOf(message, elements, type));
    return code;
  }
  const properties: Property[] = [];
  const optional: Code[] = [];
  for (const [i, { name }] of some.entries()) {
    const field = fields[i]!;
    // An absent field has no property.
    const isLate = field.missing === "undefined" || field.missing === "either";
    if (isLate) optional.push(...setProperty(assignmentTo(value, name), field, marks));
    else properties.push({ key: propertyKey(name), value: finished(field, marks) });
  }
  if (optional.length === 0) code.push(objectOf(properties, "return "));
  else if (some.some(isOptionalInherited)) {
    // TypeScript takes what every object inherits for the field's value, and finds it of another type.
    code.push(objectOf(properties, `const ${value} = `, ` as unknown as ${type}`), ...optional, `return ${value};`);
  } else code.push(objectOf(properties, `const ${value}: ${type} = `), ...optional, `return ${value};`);
  return code;
}

/** Whether the prototype has a property of that name: setting the field must neither call nor be stopped by it. */
export function isOptionalInherited({ name, optional }: Field): boolean {
  return optional && isInherited(name);
}

/** The statement that gives an object's property a value. */
type Assignment = (value: string) => string;

function assignmentTo(object: string, name: string): Assignment {
  if (isInherited(name)) return (value) => `setProperty(${object}, ${literal(name)}, ${value});`;
  const target = property(object, name);
  return (value) => `${target} = ${value};`;
}

interface Property {
  readonly key: string;
  readonly value: string;
}

function objectOf(properties: readonly Property[], opening: string, closing = ""): Code {
  if (properties.length === 0) return `${opening}{}${closing};`;
  const lines = properties.map(({ key, value }) => (key === value ? key : `${key}: ${value}`));
  return {
    line: `${opening}{ ${lines.join(", ")} }${closing};`,
    lines: () => [`${opening}{`, properties.map(brokenProperty), `}${closing};`],
  };
}

function brokenProperty({ key, value }: Property): Code {
  if (key === value) return `${value},`;
  return { line: `${key}: ${value},`, lines: () => [`${key}:`, [`${value},`]] };
}

/** The array that a tuple is; absent elements at its end are none. */
function tupleOf(message: Message, elements: readonly string[], type: string): Code[] {
  if (message.fields.every(({ optional }) => !optional)) return [list("return [", elements, "];")];
  const { least } = tupleSize(message);
  return [list(`const elements: ${type} = [`, elements, "];"), `return trimTuple(elements, ${least});`];
}

export function readWrappers(owner: Owner, names: CodecNames): Code[] {
  return names.wrappers(owner).flatMap(({ type, path }) => readWrapper(type, { names, owner, path }));
}

export function readFunction(stem: string, type: string, body: readonly Code[]): Code[] {
  return ["", `function read${stem}(reader: Reader, end: number): ${type} {`, body, "}"];
}

/** Of functions that read nothing which could be marked. */
const NO_MARKS: MarkNames = { nulls: "", empty: "" };

function readWrapper(type: Wrapped, place: Place): Code[] {
  const inner = type.kind === "nullable" ? inside(place, type) : place;
  const incoming = incomingType({ type, optional: false });
  const deferred = isSeveral(type) ? undefined : messageReader(incoming.type, inner);
  const field: Incoming = { number: 1, ...incoming, local: "value", label: "", place: inner, deferred };
  const body = [...readFields([field], NO_MARKS), `return ${finished(field, NO_MARKS)};`];
  return readFunction(place.names.wrapperStem(place), typeText(type, place.names.reading), body);
}

/** The reading functions of a map's entries, and of the maps in its elements. */
export function readEntries(type: Type, place: Place): Code[] {
  if (!isWrapped(type)) return [];
  const within = inside(place, type);
  const inner = readEntries(elementOf(type), within);
  if (type.kind !== "record") return inner;
  const label = `${place.owner.name}: a map's value`;
  const key: Incoming = { number: 1, type: keyType(type), missing: "zero", local: "key", label, place };
  const deferred = messageReader(type.values, within);
  const value: Incoming = {
    number: 2,
    type: type.values,
    missing: "zero",
    local: "value",
    label,
    place: within,
    deferred,
  };
  const signature = list(
    `function read${place.names.entryStem(place)}(`,
    ["reader: Reader", "end: number", `record: ${typeText(type, place.names.reading)}`],
    "): void {",
  );
  const found = finished(value, NO_MARKS);
  const set = type.keys ? `record[key] = ${found};` : `setEntry(record, key, ${found});`;
  return ["", signature, [...readFields([key, value], NO_MARKS), set], "}", ...inner];
}

function setProperty(assign: Assignment, field: Incoming, { nulls }: MarkNames): Code[] {
  const { missing, number, local, deferred } = field;
  const nothing = deferred ? "ABSENT" : "undefined";
  const statement = assign(deferred ? `reader.deferred(${local}, ${deferred})` : local);
  return [
    ...(missing === "either" ? [onlyIf([`${nulls}?.includes(${number})`], assign("null"))] : []),
    onlyIf([`${local} !== ${nothing}`], statement),
    ...setLacking(assign, `${local} === ${nothing}`, field),
  ];
}

/** From an enum's numbers to its values: 0 stands for none. */
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
        ...members.flatMap(({ value, number }) => [`case ${number}:`, [`return ${literalOf(value)};`]]),
        "default:",
        [`return reader.unknownValue(${literal(name)}, number);`],
      ],
      "}",
    ],
    "}",
  ];
}
