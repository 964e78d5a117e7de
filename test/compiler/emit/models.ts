import type { Enum, EnumMember, Field, Message, Type, Union, UseCase } from "../../../compiler/model/model.ts";
import { fillDefaults } from "../../../compiler/read/settings/defaults.ts";

/*
 * Models as reading would make them, in few words. Numbers are given in order, as the lock does.
 */

const SPAN = { file: "usecases/sample.ts", line: 1, column: 1, endLine: 1, endColumn: 2 };

export const TEXT: Type = { kind: "text" };
export const INT: Type = { kind: "int", wire: "int64", min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
export const FLOAT: Type = { kind: "float" };

export function messageRef(name: string): Type {
  return { kind: "message", name };
}

export function enumRef(name: string): Type {
  return { kind: "enum", name };
}

export function list(items: Type): Type {
  return { kind: "array", items };
}

export function record(values: Type): Type {
  return { kind: "record", values };
}

export function nullable(of: Type): Type {
  return { kind: "nullable", of };
}

/** A tuple; optional elements are marked by a question mark in front of their label, the rest by three dots. */
function tupleOf(name: string, elements: readonly (readonly [label: string, type: Type])[]): Message {
  const isOpen = elements.at(-1)?.[0].startsWith("...") === true;
  const fields = elements.map(([label, type], i): Field => {
    const known = label.replace(/^(\?|\.{3})/, "");
    const optional = label.startsWith("?");
    return { name: String(i), ...(known && { label: known }), optional, type, doc: "", span: SPAN, number: i + 1 };
  });
  return { name, doc: "", span: SPAN, fields, tuple: { isOpen } };
}

/** A message of the given fields; those whose names end in `?` are optional. */
export function message(name: string, fields: Readonly<Record<string, Type>>, doc = ""): Message {
  return messageOf(name, Object.entries(fields), doc);
}

export function messageOf(name: string, fields: readonly (readonly [name: string, type: Type])[], doc = ""): Message {
  return {
    name,
    doc,
    span: SPAN,
    fields: fields.map(
      ([name, type], i): Field => ({
        name: name.endsWith("?") ? name.slice(0, -1) : name,
        optional: name.endsWith("?"),
        type,
        doc: "",
        span: SPAN,
        number: i + 1,
      }),
    ),
  };
}

export function enumOf(name: string, ...values: readonly EnumMember["value"][]): Enum {
  const members = values.map((value, i) => ({ name: String(value), value, number: i + 1 }));
  return { name, doc: "", span: SPAN, members };
}

/** A union of those types; a variant that is no message is named as reading does. */
export function unionOf(name: string, ...types: readonly Type[]): Union {
  const variants = types.map((type, i) => ({ name: variantName(type), type, number: i + 1 }));
  return { name, doc: "", span: SPAN, variants };
}

function variantName(type: Type): string {
  if (type.kind === "message") return type.name;
  const names: Partial<Record<Type["kind"], string>> = {
    text: "string",
    enum: "string",
    int: "number",
    float: "number",
    timestamp: "date",
    array: "list",
  };
  return names[type.kind] ?? type.kind;
}

export function unionRef(name: string): Type {
  return { kind: "union", name };
}

const PLAIN = { importEnding: ".ts", isCommonJs: false, feeds: [], doc: "", owner: "team-samples" } as const;

const DEFAULTS = fillDefaults({ owner: "", written: {}, subscribers: undefined, spans: {} }, SPAN);

/** A use case of that event, with the defaults that reading fills in. */
export function useCaseOf(
  name: string,
  messages: readonly Message[],
  enums: readonly Enum[] = [],
  changes: Partial<UseCase> = {},
  unions: readonly Union[] = [],
): UseCase {
  return {
    name,
    file: `usecases/${name}.ts`,
    ...PLAIN,
    event: { name: messages[0]!.name, version: 1, messages, enums, unions },
    ...DEFAULTS,
    span: SPAN,
    spans: {},
    ...changes,
  };
}

/** The use case of the README, and what the emitted samples in the documentation are of. */
export const GENERATE_THUMBNAIL: UseCase = useCaseOf(
  "generate-thumbnail",
  [
    message(
      "FileUploaded",
      {
        fileId: { kind: "text", maxLength: 64 },
        teamId: TEXT,
        sizeBytes: { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER },
        kind: enumRef("FileKind"),
        uploadedAt: { kind: "timestamp" },
        "note?": { kind: "text", maxLength: 200 },
        tags: { kind: "array", items: { kind: "text", minLength: 1 }, maxItems: 5 },
        "labels?": record(TEXT),
        origin: messageRef("Origin"),
      },
      "A file finished uploading.",
    ),
    message("Origin", {
      host: { kind: "text", format: "hostname" },
      port: { kind: "int", wire: "uint32", min: 1, max: 65_535 },
    }),
  ],
  [enumOf("FileKind", "image", "video", "document")],
  {
    frontend: { ...DEFAULTS.frontend, dedupeBy: "fileId" },
    flowControl: {
      ...DEFAULTS.flowControl,
      ...{ priority: "high", fairBy: "sizeBytes", rate: { count: 500, periodMs: 1_000 } },
    },
  },
);

/** One event with every kind of type in every position, and names that are none elsewhere. */
export const EVERYTHING: UseCase = useCaseOf(
  "delete",
  [
    messageOf("Everything", [
      ["text", { kind: "text", minLength: 1, maxLength: 10, pattern: "^[a-z/]+$" }],
      ["value", { kind: "text", format: "date" }],
      ["mail?", { kind: "text", format: "email" }],
      ["small", { kind: "int", wire: "int32", min: -5, max: 2_147_483_647 }],
      ["big?", INT],
      ["natural", { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER }],
      ["ratio", { kind: "float", min: 0, max: 1 }],
      ["weight?", FLOAT],
      ["count", { kind: "bigint" }],
      ["flag", { kind: "boolean" }],
      ["maybe?", { kind: "boolean" }],
      ["at", { kind: "timestamp" }],
      ["later?", { kind: "timestamp" }],
      ["data", { kind: "bytes", maxLength: 8 }],
      ["blob?", { kind: "bytes" }],
      ["colour", enumRef("Colour")],
      ["colours?", list(enumRef("Colour"))],
      ["month?", enumRef("Month")],
      ["status", enumRef("Status")],
      ["statuses?", list(enumRef("Status"))],
      ["yes", { kind: "boolean", only: true }],
      ["no", { kind: "boolean", only: false }],
      ["maybe no?", { kind: "boolean", only: false }],
      ["yeses", list({ kind: "boolean", only: true })],
      ["by answer", record({ kind: "boolean", only: true })],
      ["reader", messageRef("Reader")],
      ["next?", messageRef("Everything")],
      ["readers", list(messageRef("Reader"))],
      ["by name", record(messageRef("Reader"))],
      ["matrix", list(list(FLOAT))],
      ["lists?", record(list(TEXT))],
      ["maps", list(record(list(list({ kind: "bigint" }))))],
      ["numbers", { kind: "array", items: { kind: "int", wire: "int32", min: -9, max: 9 }, minItems: 1 }],
      ["flags?", list({ kind: "boolean" })],
      ["times", list({ kind: "timestamp" })],
      ["default", TEXT],
      ["constructor?", TEXT],
      ["toString", TEXT],
      ["__proto__?", TEXT],
      ["größe", FLOAT],
      ["emptyFields", TEXT],
      ["holder?", messageRef("Holder")],
      ["nothing", { kind: "null" }],
      ["nil?", { kind: "null" }],
      ["name or null", nullable({ kind: "text", maxLength: 5 })],
      ["nulls?", nullable(INT)],
      ["nullFields?", nullable(list(TEXT))],
      ["points", nullable(list({ kind: "float", max: 5 }))],
      ["index", nullable(record(nullable({ kind: "bigint" })))],
      ["reader or null?", nullable(messageRef("Reader"))],
      ["at or null", nullable({ kind: "timestamp" })],
      ["colour or null", nullable(enumRef("Colour"))],
      ["sparse", list(nullable(list(nullable(enumRef("Colour")))))],
      ["readonly lists?", { kind: "array", items: { kind: "array", items: TEXT, readonly: true }, readonly: true }],
      ["json", { kind: "json" }],
      ["maybe json?", { kind: "json" }],
      ["jsons?", list({ kind: "json" })],
      ["by json", record({ kind: "json" })],
      ["point", messageRef("Point")],
      ["path?", nullable(list(messageRef("Point")))],
      ["entry", messageRef("Entry")],
      ["empty tuple", messageRef("Empty")],
      ["command", unionRef("Command")],
      ["figure", unionRef("Figure")],
      ["figures?", list(unionRef("Figure"))],
      ["figure or names?", unionRef("FigureOrNames")],
      ["owner", nullable(unionRef("Owner"))],
      ["outcome?", nullable(unionRef("Outcome"))],
      ["anything", record(nullable(unionRef("Anything")))],
      ["sparse record?", { kind: "record", values: nullable(TEXT), sparse: true }],
      ["tries?", record(nullable(list(messageRef("Reader"))))],
    ]),
    message("Reader", { "Number?": TEXT, Object: record(INT) }, "Called like a part of the runtime. */ Really."),
    message("Nothing", {}),
    message("Date", { "nothing?": messageRef("Nothing") }),
    message("Record", { "date?": messageRef("Date"), map: record(TEXT), at: { kind: "timestamp" } }),
    message("Holder", { record: messageRef("Record") }),
    message("Circle", { kind: enumRef("CircleKind"), radius: FLOAT }),
    message("Square", { kind: enumRef("SquareKind"), side: FLOAT, "inside?": unionRef("Figure") }),
    tupleOf("Point", [
      ["latitude", FLOAT],
      ["at", { kind: "timestamp" }],
      ["?note", nullable(TEXT)],
      ["?end", { kind: "boolean" }],
    ]),
    tupleOf("Entry", [
      ["", { kind: "null" }],
      ["", unionRef("Figure")],
      ["?", list(TEXT)],
      ["...", list(nullable(messageRef("Entry")))],
    ]),
    tupleOf("Empty", []),
    tupleOf("Move", [
      ["", enumRef("CircleKind")],
      ["", FLOAT],
    ]),
    tupleOf("Stop", [["", enumRef("SquareKind")]]),
    message("User", { login: TEXT, id: INT }),
    message("Team", { slug: TEXT, id: INT, "parent?": nullable(messageRef("Team")) }),
    message("Failed", { error: TEXT, data: { kind: "null" } }),
    message("Succeeded", { error: { kind: "null" }, data: unionRef("Anything") }),
  ],
  [
    enumOf("Colour", "red", "dark-red", 'a "b"', ""),
    enumOf("CircleKind", "circle", 0),
    enumOf("SquareKind", "square"),
    enumOf("Status", 200, 404, -1, 1.5, 0, "none", true),
    enumOf("Month", ..."jan feb mar apr may jun jul aug sep oct nov dec".split(" ")),
  ],
  {},
  [
    unionOf("Figure", messageRef("Circle"), messageRef("Square")),
    unionOf("FigureOrNames", messageRef("Circle"), messageRef("Square"), {
      kind: "array",
      items: TEXT,
      readonly: true,
    }),
    unionOf("Command", messageRef("Move"), messageRef("Stop"), TEXT),
    unionOf("Owner", messageRef("User"), messageRef("Team")),
    unionOf("Outcome", messageRef("Failed"), messageRef("Succeeded")),
    unionOf(
      "Anything",
      { kind: "bigint" },
      { kind: "text", maxLength: 9 },
      { kind: "float", max: 9 },
      { kind: "boolean", only: true },
      { kind: "timestamp" },
      { kind: "bytes" },
      { kind: "array", items: nullable(unionRef("Anything")), maxItems: 3, readonly: true },
      record(unionRef("Anything")),
    ),
  ],
);
