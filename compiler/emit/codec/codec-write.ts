import type { Enum, Field, Message, RecordType, Type } from "../../model/model.ts";
import { byNumber } from "../../model/protobuf.ts";
import { type Code, literal, literalOf, onlyIf, when } from "../../text/source.ts";
import { chunksOf } from "../chunks.ts";
import { typeText } from "../modules/type-text.ts";
import { isInherited, property, variable } from "../names.ts";
import {
  EMPTY_FIELDS,
  isMissable,
  isSeveral,
  type Marks,
  marksOf,
  NULL_FIELDS,
  presenceConditions,
  presentType,
} from "../presence.ts";
import { destructured, isWritten } from "../tuples.ts";
import { tagOf, wireType } from "../wire-types.ts";
import { keyType, type Owner } from "../wrappers.ts";
import { type CodecNames, inside, type Place } from "./codec-names.ts";
import { numberWriter } from "./codec-numbers.ts";

/** The functions that write a message's fields in the order of their numbers, and its wrappers'. */
export function writeMessage(message: Message, names: CodecNames): Code[] {
  const fields = byNumber(message.fields);
  const taken = new Set(OWN_NAMES);
  const tuple = message.tuple && destructured(message, isWritten, taken);
  const reads = fields.map((field): Read => {
    return tuple ? { declaration: undefined, expression: tuple.locals.get(field)! } : readField(field, taken);
  });
  const steps = fields.map((field, i): Step => {
    const read = reads[i]!;
    const place = { names, owner: message, path: String(field.number) };
    return { read, code: writeField(field, read.expression, place) };
  });
  for (const marks of marksOf(message)) {
    const mark = marks === NULL_FIELDS ? markNull : markEmpty;
    fields.forEach((field, i) => {
      if (marks.isMarked(field)) steps.push({ read: reads[i]!, code: [mark(field, reads[i]!.expression)] });
    });
  }
  const type = names.types.own(message.name);
  const chunks = tuple ? [] : chunksOf(steps);
  const stems = chunks.length > 1 ? chunks.map((_, i) => names.stemFor(`${message.name}Fields${i + 1}`)) : [];
  const body = stems.length > 0 ? stems.map((stem) => `write${stem}(writer, value);`) : statements(steps);
  if (tuple?.pattern) body.unshift(`${tuple.pattern} = value;`);
  const code = writeFunction(message.name, type, body);
  for (const [i, stem] of stems.entries()) code.push(...writeFunction(stem, type, statements(chunks[i]!)));
  code.push(...writeWrappers(message, names));
  return code;
}

/** Names that the variables of a writing function must not have. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  "writer",
  "value",
  "at",
  "item",
  "key",
  "integerKeys",
  "Object",
  "undefined",
]);

/** How a field is read: by its variable's declaration, if it needs one, and an expression. */
interface Read {
  readonly declaration: string | undefined;
  readonly expression: string;
}

/** What is written for a field, and what comes of it after all fields. */
interface Step {
  readonly read: Read;
  readonly code: readonly Code[];
}

function statements(steps: readonly Step[]): Code[] {
  const result: Code[] = [];
  const declared = new Set<Read>();
  for (const { read, code } of steps) {
    if (read.declaration !== undefined && !declared.has(read)) {
      declared.add(read);
      result.push(read.declaration);
    }
    result.push(...code);
  }
  return result;
}

export function writeWrappers(owner: Owner, names: CodecNames): Code[] {
  return names.wrappers(owner).flatMap(({ path, type }) => {
    const place = { names, owner, path };
    return writeFunction(names.wrapperStem(place), typeText(type, names.types), writeValue(1, type, "value", place));
  });
}

export function writeFunction(stem: string, type: string, body: readonly Code[]): Code[] {
  if (body.length === 0) return ["", `function write${stem}(_writer: Writer, _value: ${type}): void {}`];
  return ["", `function write${stem}(writer: Writer, value: ${type}): void {`, body, "}"];
}

/** What every object has through its prototype is no optional field's value. */
function readField({ name, optional }: Field, taken: Set<string>): Read {
  const expression = property("value", name);
  if (!optional || !isInherited(name)) return { declaration: undefined, expression };
  const local = variable(name, taken);
  const own = `Object.hasOwn(value, ${literal(name)})`;
  return { declaration: `const ${local} = ${own} ? ${expression} : undefined;`, expression: local };
}

function writeField(field: Field, value: string, place: Place): Code[] {
  const { number, type } = field;
  const present = presentType(type);
  if (!isMissable(field)) return writeValue(number, present, value, place);
  // Written whenever it is there, a zero too.
  const conditions = presenceConditions(field, value);
  if (isSeveral(present)) return [when(conditions, "&&"), writeValue(number, present, value, place), "}"];
  return [onlyIf(conditions, `${writeTagged(tagOf(number, wireType(present)), present, value, place)};`)];
}

/** A field that is there; proto3 leaves out a scalar's zero. */
function writeValue(number: number, type: Type, value: string, place: Place): Code[] {
  switch (type.kind) {
    case "null":
      return [];
    case "nullable": {
      const write = writeTagged(tagOf(number, wireType(type.of)), type.of, value, inside(place, type));
      return [onlyIf([`${value} !== null`], `${write};`)];
    }
    case "array":
      return writeItems(number, type.items, value, inside(place, type));
    case "record": {
      const item = type.sparse ? "item" : `${value}[key]!`;
      return [
        `for (const key of ${keysInOrder(type, value)}) {`,
        [
          ...(type.sparse ? [`const item = ${value}[key];`, "if (item === undefined) continue;"] : []),
          `const at = writer.open(${tagOf(number, 2)});`,
          `${writeTagged(tagOf(1, wireType(keyType(type))), keyType(type), "key", place)};`,
          `${writeTagged(tagOf(2, wireType(type.values)), type.values, item, inside(place, type))};`,
          "writer.close(at);",
        ],
        "}",
      ];
    }
    default: {
      const write = `${writeTagged(tagOf(number, wireType(type)), type, value, place)};`;
      const condition = notZero(type, value);
      return [condition === "" ? write : onlyIf([condition], write)];
    }
  }
}

/** In one order, so that equal records have equal bytes. */
function keysInOrder({ keys }: RecordType, value: string): string {
  return keys ? `integerKeys(${value})` : `Object.keys(${value}).sort()`;
}

function writeItems(number: number, items: Type, value: string, place: Place): Code[] {
  if (wireType(items) === 2) {
    return [`for (const item of ${value}) ${writeTagged(tagOf(number, 2), items, "item", place)};`];
  }
  return [
    `if (${value}.length > 0) {`,
    [
      `const at = writer.open(${tagOf(number, 2)});`,
      `for (const item of ${value}) ${writePacked(items)};`,
      "writer.close(at);",
    ],
    "}",
  ];
}

/** What holds of a value that is written; empty where each is. */
function notZero(type: Type, value: string): string {
  switch (type.kind) {
    case "text":
      return `${value} !== ""`;
    case "int":
      return `${value} !== 0`;
    case "float":
      // Minus zero is a value of its own, and a small number of 64 bits a zero of 32.
      return `!Object.is(${type.wire === "float" ? `Math.fround(${value})` : value}, 0)`;
    case "bigint":
      return `${value} !== 0n`;
    case "boolean":
      return value;
    case "bytes":
      return `${value}.length > 0`;
    case "json":
      return `${value} !== null`;
    case "timestamp":
    case "enum":
    case "message":
    case "union":
    case "array":
    case "record":
    case "null":
    case "nullable":
      return "";
  }
}

export function writeTagged(tag: number, type: Type, value: string, place: Place): string {
  switch (type.kind) {
    case "text":
      return `writer.string(${tag}, ${value})`;
    case "int":
    case "float":
    case "bigint":
      return `writer.${numberWriter(type)}(${tag}, ${value})`;
    case "boolean":
      return `writer.bool(${tag}, ${value})`;
    case "bytes":
      return `writer.bytes(${tag}, ${value})`;
    case "json":
      return `writer.json(${tag}, ${value})`;
    case "timestamp":
      return `writer.timestamp(${tag}, ${value})`;
    case "enum":
      return `writer.int(${tag}, numberOf${type.name}(${value}))`;
    case "message":
    case "union":
      return `writer.message(${tag}, ${value}, write${type.name})`;
    case "null":
      return `writer.int(${tag}, 0)`;
    case "array":
    case "record":
    case "nullable":
      return `writer.message(${tag}, ${value}, write${place.names.wrapperStem(place)})`;
  }
}

/** An item of a packed list. */
function writePacked(type: Type): string {
  switch (type.kind) {
    case "int":
    case "float":
    case "bigint":
      return `writer.${numberWriter(type)}Item(item)`;
    case "boolean":
      return "writer.boolItem(item)";
    case "enum":
      return `writer.intItem(numberOf${type.name}(item))`;
    case "null":
      return "writer.intItem(item ?? 0)";
    default:
      return "writer.intItem(item)";
  }
}

function markNull({ number }: Field, value: string): Code {
  return onlyIf([`${value} === null`], markAs(NULL_FIELDS, number));
}

function markEmpty({ number, type, optional }: Field, value: string): Code {
  const mark = markAs(EMPTY_FIELDS, number);
  const present = presentType(type);
  if (present.kind === "array") return onlyIf([`${value}?.length === 0`], mark);
  const isEmpty =
    present.kind === "record" && present.sparse
      ? `Object.values(${value}).every((item) => item === undefined)`
      : `Object.keys(${value}).length === 0`;
  return onlyIf([...presenceConditions({ type, optional }, value), isEmpty], mark);
}

function markAs({ number: marks }: Marks, number: number): string {
  return `writer.int(${tagOf(marks, 0)}, ${number});`;
}

/** From an enum's values to its numbers. */
export function writeEnum({ name, members }: Enum, names: CodecNames): Code[] {
  return [
    "",
    `function numberOf${name}(value: ${names.types.own(name)}): number {`,
    [
      "switch (value) {",
      members.flatMap(({ value, number }) => [`case ${literalOf(value)}:`, [`return ${number};`]]),
      "}",
    ],
    "}",
  ];
}
