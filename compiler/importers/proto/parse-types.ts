import type { Cursor } from "./cursor.ts";
import type {
  NameUse,
  NumberRange,
  ProtoEnum,
  ProtoField,
  ProtoMember,
  ProtoMessage,
  ProtoOption,
  ProtoOther,
} from "./file.ts";
import { parseFieldOptions, parseOptionStatement } from "./parse-options.ts";
import { skipBlock } from "./skip.ts";
import { ProtoFault, type Token } from "./tokens.ts";

/** Deeper than any person nests, and shallow enough for the stack. */
const MAX_NESTING = 64;

/** The largest numbers that protobuf has, for ranges up to `max`. */
const MAX_FIELD = 2 ** 29 - 1;
const MAX_MEMBER = 2 ** 31 - 1;

/** A message that is being read. */
interface Body {
  readonly fields: ProtoField[];
  readonly messages: ProtoMessage[];
  readonly enums: ProtoEnum[];
  readonly options: ProtoOption[];
  readonly reserved: { readonly numbers: NumberRange[]; readonly names: string[] };
  readonly extensions: NumberRange[];
  readonly others: ProtoOther[];
}

export function parseMessage(cursor: Cursor, depth = 0): ProtoMessage {
  const keyword = cursor.expect("message");
  const name = cursor.name("the message's name");
  const opening = cursor.expect("{");
  if (depth > MAX_NESTING) throw new ProtoFault(`messages nest deeper than ${MAX_NESTING} levels`, keyword.at);
  const body = parseBody(cursor, depth);
  return { name: name.text, at: name.at, end: name.end, doc: docOf(keyword, opening), ...body };
}

function parseBody(cursor: Cursor, depth: number): Body {
  const body: Body = {
    fields: [],
    messages: [],
    enums: [],
    options: [],
    reserved: { numbers: [], names: [] },
    extensions: [],
    others: [],
  };
  while (!cursor.take("}")) if (!cursor.take(";")) parseElement(cursor, body, depth);
  return body;
}

function parseElement(cursor: Cursor, body: Body, depth: number): void {
  takeVisibility(cursor);
  switch (cursor.peek().text) {
    case "message":
      body.messages.push(parseMessage(cursor, depth + 1));
      return;
    case "enum":
      body.enums.push(parseEnum(cursor));
      return;
    case "option":
      body.options.push(parseOptionStatement(cursor));
      return;
    case "oneof":
      parseOneof(cursor, body, depth);
      return;
    case "extend":
      body.others.push(skipBlock(cursor));
      return;
    case "reserved":
      parseReserved(cursor, body.reserved, MAX_FIELD);
      return;
    case "extensions":
      cursor.next();
      body.extensions.push(...parseRanges(cursor, MAX_FIELD));
      parseFieldOptions(cursor);
      cursor.expect(";");
      return;
  }
  body.fields.push(parseField(cursor, body, depth));
}

/** What editions have before a message or enum that other files see, or don't. */
export function takeVisibility(cursor: Cursor): void {
  const isVisibility = cursor.isAt("export") || cursor.isAt("local");
  if (isVisibility && /^(message|enum)$/.test(cursor.peek(1).text)) cursor.next();
}

function parseOneof(cursor: Cursor, body: Body, depth: number): void {
  cursor.expect("oneof");
  const { text: name, at, end } = cursor.name("the oneof's name");
  cursor.expect("{");
  while (!cursor.take("}")) {
    if (cursor.take(";")) continue;
    if (cursor.isAt("option")) parseOptionStatement(cursor);
    else body.fields.push({ ...parseField(cursor, body, depth), oneof: { name, at, end } });
  }
}

const LABELS = ["optional", "required", "repeated"] as const;

function parseField(cursor: Cursor, body: Body, depth: number): ProtoField {
  const first = cursor.peek();
  const label = LABELS.find((word) => cursor.isAt(word) && !isType(cursor)) ?? "";
  if (label !== "") cursor.next();
  const isMap = cursor.isAt("map") && cursor.peek(1).text === "<";
  const types = isMap ? parseMap(cursor) : { type: nameUse(cursor) };
  const name = cursor.name("the field's name");
  cursor.expect("=");
  const numberAt = cursor.peek();
  const number = cursor.integer("the field's number");
  if (number < 1 || number > MAX_FIELD) {
    throw new ProtoFault(`a field's number is from 1 to ${MAX_FIELD}, and this is ${number}`, numberAt.at);
  }
  const options = parseFieldOptions(cursor);
  const last = types.type.name === "group" ? parseGroup(cursor, name, body, depth) : cursor.expect(";");
  return { ...types, label, name: name.text, number, options, doc: docOf(first, last), at: name.at, end: name.end };
}

/** Whether a label's word is a type's name here: `optional = 1` is none, `optional optional = 1` is both. */
function isType(cursor: Cursor): boolean {
  return cursor.peek(1).text === "." || cursor.peek(2).text === "=";
}

/** A proto2 group declares a message in place; it is read on, so that the fault can be told at its own place. */
function parseGroup(cursor: Cursor, name: Token, body: Body, depth: number): Token {
  const opening = cursor.expect("{");
  if (depth > MAX_NESTING) throw new ProtoFault(`messages nest deeper than ${MAX_NESTING} levels`, name.at);
  const message = { name: name.text, at: name.at, end: name.end, doc: "", ...parseBody(cursor, depth + 1) };
  body.messages.push(message);
  return opening;
}

function parseMap(cursor: Cursor): { readonly key: NameUse; readonly type: NameUse } {
  cursor.expect("map");
  cursor.expect("<");
  const key = nameUse(cursor);
  cursor.expect(",");
  const type = nameUse(cursor);
  cursor.expect(">");
  return { key, type };
}

function nameUse(cursor: Cursor): NameUse {
  const { text: name, at, end } = cursor.path("a type");
  return { name, at, end };
}

export function parseEnum(cursor: Cursor): ProtoEnum {
  const keyword = cursor.expect("enum");
  const name = cursor.name("the enum's name");
  const opening = cursor.expect("{");
  const members: ProtoMember[] = [];
  const options: ProtoOption[] = [];
  const reserved = { numbers: [] as NumberRange[], names: [] as string[] };
  while (!cursor.take("}")) {
    if (cursor.take(";")) continue;
    if (cursor.isAt("option") && cursor.peek(1).text !== "=") options.push(parseOptionStatement(cursor));
    else if (cursor.isAt("reserved") && cursor.peek(1).text !== "=") parseReserved(cursor, reserved, MAX_MEMBER);
    else members.push(parseMember(cursor));
  }
  return { name: name.text, at: name.at, end: name.end, doc: docOf(keyword, opening), members, options, reserved };
}

function parseMember(cursor: Cursor): ProtoMember {
  const name = cursor.name("a value's name");
  cursor.expect("=");
  const number = cursor.integer("a value's number");
  parseFieldOptions(cursor);
  const last = cursor.expect(";");
  return { name: name.text, number, doc: docOf(name, last), at: name.at, end: name.end };
}

/** Names are texts; in editions they are words. */
function parseReserved(cursor: Cursor, into: { numbers: NumberRange[]; names: string[] }, max: number): void {
  cursor.expect("reserved");
  const { kind, text } = cursor.peek();
  if (kind === "number" || text === "-") into.numbers.push(...parseRanges(cursor, max));
  else {
    do into.names.push(kind === "text" ? cursor.text("a name") : cursor.name("a name").text);
    while (cursor.take(","));
  }
  cursor.expect(";");
}

function parseRanges(cursor: Cursor, max: number): NumberRange[] {
  const ranges: NumberRange[] = [];
  do {
    const { at } = cursor.peek();
    const from = cursor.integer("a number");
    const isRange = cursor.take("to");
    const to = !isRange ? from : cursor.take("max") ? max : cursor.integer("a number or 'max'");
    ranges.push({ from, to, at, end: at + 1 });
  } while (cursor.take(","));
  return ranges;
}

/** The comments above and behind. */
function docOf({ above }: Token, { beside }: Token): string {
  return above === "" || beside === "" ? above + beside : `${above}\n${beside}`;
}
