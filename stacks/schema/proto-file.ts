import { type Token, tokensOf } from "./proto-tokens.ts";

/*
 * The part of protobuf's language that the compiler's contracts are written in: proto3 with messages, enums, oneofs, maps,
 * reserved numbers and names, and the options json_name and packed.
 */

export interface ProtoFile {
  readonly package: string;
  readonly imports: readonly string[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
}

export interface ProtoMessage {
  readonly name: string;
  readonly fields: readonly ProtoField[];
  readonly oneofs: readonly string[];
  readonly messages: readonly ProtoMessage[];
  readonly reserved: Reserved;
}

export interface ProtoField {
  readonly name: string;
  readonly number: number;
  readonly label: "optional" | "repeated" | "map" | "single";
  /** Of a map: that of its values. */
  readonly type: string;
  /** Of a map's keys; "": it is none. */
  readonly key: string;
  /** Index in `oneofs`. */
  readonly oneof?: number;
  readonly jsonName?: string;
  readonly packed?: boolean;
}

export interface ProtoEnum {
  readonly name: string;
  readonly values: readonly { readonly name: string; readonly number: number }[];
  readonly reserved: Reserved;
}

export interface Reserved {
  readonly numbers: readonly number[];
  readonly names: readonly string[];
}

/** Throws, with what was expected, on what is no such file. */
export function parseProto(text: string): ProtoFile {
  const cursor = createCursor(tokensOf(text));
  const imports: string[] = [];
  const messages: ProtoMessage[] = [];
  const enums: ProtoEnum[] = [];
  let packageName = "";
  while (!cursor.done) {
    const word = cursor.word();
    if (word === "syntax") cursor.skip("=");
    if (word === "syntax" || word === "import") {
      const value = cursor.text();
      if (word === "import") imports.push(value);
      cursor.skip(";");
    } else if (word === "package") {
      packageName = cursor.word();
      cursor.skip(";");
    } else if (word === "message") messages.push(parseMessage(cursor));
    else if (word === "enum") enums.push(parseEnum(cursor));
    else throw new Error(`'${word}' is unknown where a message or enum may begin`);
  }
  return { package: packageName, imports, messages, enums };
}

function parseMessage(cursor: Cursor): ProtoMessage {
  const name = cursor.word();
  const fields: ProtoField[] = [];
  const oneofs: string[] = [];
  const messages: ProtoMessage[] = [];
  const reserved = { numbers: [] as number[], names: [] as string[] };
  cursor.skip("{");
  while (!cursor.took("}")) {
    const word = cursor.word();
    if (word === "message") messages.push(parseMessage(cursor));
    else if (word === "reserved") addReserved(cursor, reserved);
    else if (word === "oneof") {
      const oneof = oneofs.push(cursor.word()) - 1;
      cursor.skip("{");
      while (!cursor.took("}")) fields.push({ ...parseField(cursor, "single", cursor.word()), oneof });
    } else if (word === "optional" || word === "repeated") fields.push(parseField(cursor, word, cursor.word()));
    else if (word === "map" && cursor.took("<")) {
      const key = cursor.word();
      cursor.skip(",");
      const values = cursor.word();
      cursor.skip(">");
      fields.push({ ...parseField(cursor, "map", values), key });
    } else fields.push(parseField(cursor, "single", word));
  }
  return { name, fields, oneofs, messages, reserved };
}

function parseField(cursor: Cursor, label: ProtoField["label"], type: string): ProtoField {
  const name = cursor.word();
  cursor.skip("=");
  const number = cursor.number();
  const options: { jsonName?: string; packed?: boolean } = {};
  if (cursor.took("[")) {
    do {
      const option = cursor.word();
      cursor.skip("=");
      if (option === "json_name") options.jsonName = cursor.text();
      else if (option === "packed") options.packed = cursor.word() === "true";
      else throw new Error(`'${option}' is no option that fields have here`);
    } while (cursor.took(","));
    cursor.skip("]");
  }
  cursor.skip(";");
  return { name, number, label, type, key: "", ...options };
}

function parseEnum(cursor: Cursor): ProtoEnum {
  const name = cursor.word();
  const values: { name: string; number: number }[] = [];
  const reserved = { numbers: [] as number[], names: [] as string[] };
  cursor.skip("{");
  while (!cursor.took("}")) {
    const word = cursor.word();
    if (word === "reserved") addReserved(cursor, reserved);
    else {
      cursor.skip("=");
      values.push({ name: word, number: cursor.number() });
      cursor.skip(";");
    }
  }
  return { name, values, reserved };
}

function addReserved(cursor: Cursor, { numbers, names }: { numbers: number[]; names: string[] }): void {
  do {
    if (cursor.isText) names.push(cursor.text());
    else numbers.push(cursor.number());
  } while (cursor.took(","));
  cursor.skip(";");
}

interface Cursor {
  readonly done: boolean;
  readonly isText: boolean;
  word(): string;
  text(): string;
  number(): number;
  skip(mark: string): void;
  /** Whether it was there; then it is behind. */
  took(mark: string): boolean;
}

function createCursor(tokens: readonly Token[]): Cursor {
  let at = 0;
  const take = (kind: Token["kind"], expected: string, value?: string): string => {
    const token = tokens[at++];
    if (token?.kind === kind && (value === undefined || token.value === value)) return token.value;
    throw new Error(`${expected} is expected where there is ${token ? `'${token.value}'` : "nothing more"}`);
  };
  return {
    get done() {
      return at >= tokens.length;
    },
    get isText() {
      return tokens[at]?.kind === "text";
    },
    word: () => take("word", "a word"),
    text: () => take("text", "a text in quotes"),
    number: () => {
      const word = take("word", "a number");
      if (!/^\d+$/.test(word)) throw new Error(`a number is expected where there is '${word}'`);
      return Number(word);
    },
    skip: (mark) => {
      take("mark", `'${mark}'`, mark);
    },
    took: (mark) => {
      const found = tokens[at]?.kind === "mark" && tokens[at]?.value === mark;
      if (found) at++;
      return found;
    },
  };
}
