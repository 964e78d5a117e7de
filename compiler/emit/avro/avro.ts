import type { Enum, Event, Field, IntType, Message, Type, Union, UseCase } from "../../model/model.ts";
import { isUnsigned } from "../../model/number-encoding.ts";
import type { Output } from "../../model/output.ts";
import { rootOf } from "../../model/root.ts";
import { TEXT_FORMATS } from "../../settings/text-formats.ts";
import { mark, paragraphLines } from "../../text/source.ts";
import { type Json, type JsonObject, jsonText } from "../json-layout.ts";
import { packageName } from "../proto/proto-names.ts";
import { ownersIn } from "../recursion.ts";
import { ruleSentence } from "../rules.ts";
import { type AvroNames, avroNames, fieldName } from "./avro-names.ts";

/** Where the contract for Avro is. */
export function avroPath(useCase: string): string {
  return `generated/contracts/${packageName(useCase)}.avsc`;
}

/** The contract for Avro: the event as a schema of Avro 1.12. */
export function emitAvro({ name, file, event }: UseCase): Output {
  const branches = branchesOf(rootOf(event), { event, names: avroNames(event), defined: new Set() });
  const namespace = `fivefold.${packageName(name)}.v1`;
  const [root, ...others] = branches.map((branch, i) => {
    if (typeof branch === "string") return `${namespace}.${branch}`;
    const { type, name, ...rest } = branch as JsonObject;
    // What a definition holds is in its namespace too.
    return { ...(i === 0 && { generator: mark(file) }), type, name, namespace, ...rest };
  });
  return { path: avroPath(name), text: jsonText(others.length > 0 ? [root!, ...others] : root!) };
}

interface Scope {
  readonly event: Event;
  readonly names: AvroNames;
  /** Those that stand in the schema already: Avro defines a name where it is first met. */
  readonly defined: Set<string>;
}

function typeSchema(type: Type, scope: Scope): Json {
  return oneOrUnion(branchesOf(type, scope));
}

function oneOrUnion(branches: readonly Json[]): Json {
  return branches.length === 1 ? branches[0]! : branches;
}

/** The types that a value may be of: several where Avro has a union for it, and those of a union may hold none. */
function branchesOf(type: Type, scope: Scope): readonly Json[] {
  switch (type.kind) {
    case "nullable":
      return ["null", ...branchesOf(type.of, scope)];
    case "union": {
      const union = scope.event.unions.find(({ name }) => name === type.name)!;
      if (isUnionInAvro(union, scope.event))
        return union.variants.flatMap((variant) => branchesOf(variant.type, scope));
      return [define(union, scope, taggedSchema)];
    }
    case "message": {
      const message = scope.event.messages.find(({ name }) => name === type.name)!;
      return [define(message, scope, messageSchema)];
    }
    case "enum": {
      const union = scope.event.enums.find(({ name }) => name === type.name)!;
      return [define(union, scope, enumSchema)];
    }
    case "array":
      return [{ type: "array", items: typeSchema(type.items, scope) }];
    case "record":
      return [{ type: "map", values: typeSchema(type.values, scope) }];
    case "text": {
      const logicalType = type.format && TEXT_FORMATS[type.format].avro;
      return [logicalType ? { type: "string", logicalType } : "string"];
    }
    case "timestamp":
      return [{ type: "long", logicalType: "timestamp-millis" }];
    case "bigint":
      if (isUnsigned(type)) return [{ type: "string", jsonType: "uint64" }];
      return [{ type: "long", jsonType: type.kind }];
    case "json":
      // Avro has the same type for others: who reads into TypeScript must know.
      return [{ type: baseOf(type), jsonType: type.kind }];
    case "int":
    case "float":
    case "boolean":
    case "bytes":
    case "null":
      return [baseOf(type)];
  }
}

/** The Avro type of which a union can hold one; a named type's is its name. */
function baseOf(type: Type): string {
  switch (type.kind) {
    case "text":
    case "json":
      return "string";
    case "int":
      return fitsInt(type) ? "int" : "long";
    case "float":
      return type.wire ?? "double";
    case "bigint":
      // Avro's long has a sign.
      return isUnsigned(type) ? "string" : "long";
    case "timestamp":
      return "long";
    case "boolean":
    case "bytes":
    case "null":
    case "array":
      return type.kind;
    case "record":
      return "map";
    case "enum":
    case "message":
    case "union":
      return type.name;
    case "nullable":
      return baseOf(type.of);
  }
}

/** Avro's int has a sign, and 32 bits. */
function fitsInt({ min, max }: IntType): boolean {
  return min >= -(2 ** 31) && max < 2 ** 31;
}

/** Avro's unions hold one type of each kind, and have no name to hold themselves by. */
function isUnionInAvro(union: Union, { unions }: Event): boolean {
  const bases = new Set(union.variants.map(({ type }) => baseOf(type)));
  if (bases.size < union.variants.length) return false;
  const held = new Set<string>();
  const open = [union];
  for (let one = open.pop(); one; one = open.pop()) {
    const names = one.variants.flatMap(({ type }) => ownersIn(type)).filter((name) => !held.has(name));
    for (const name of names) held.add(name);
    open.push(...unions.filter(({ name }) => names.includes(name)));
  }
  return !held.has(union.name);
}

function define<T extends Message | Enum | Union>(
  declared: T,
  scope: Scope,
  schema: (declared: T, name: string, scope: Scope) => JsonObject,
): Json {
  const name = scope.names.type(declared.name);
  if (scope.defined.has(declared.name)) return name;
  scope.defined.add(declared.name);
  return schema(declared, name, scope);
}

function messageSchema(message: Message, name: string, scope: Scope): JsonObject {
  return {
    type: "record",
    name,
    doc: docOf(message.doc, message.tuple ? "A list elsewhere, of these in this order." : ""),
    jsonType: message.tuple && (message.tuple.isOpen ? "open-tuple" : "tuple"),
    fields: message.fields.map((field) => fieldSchema(field, message, scope)),
  };
}

function fieldSchema(field: Field, message: Message, scope: Scope): JsonObject {
  const { name, type, optional, doc, was } = field;
  const branches = branchesOf(type, scope);
  // Avro has nothing that is absent.
  const isNullable = optional || type.kind === "nullable";
  const avroName = scope.names.field(message, field);
  const aliases = was?.map(fieldName).filter((alias) => alias !== avroName) ?? [];
  return {
    name: avroName,
    jsonName: avroName === name || message.tuple ? undefined : name,
    jsonOptional: optional || undefined,
    doc: docOf(doc, ruleSentence(type), type.kind === "json" ? "A JSON value, as its text." : ""),
    aliases: aliases.length > 0 ? aliases : undefined,
    type: oneOrUnion(isNullable ? ["null", ...branches.filter((branch) => branch !== "null")] : branches),
    default: isNullable ? null : undefined,
  };
}

/** A union that is none in Avro: a record of which one field is not null. */
function taggedSchema({ doc, variants }: Union, name: string, scope: Scope): JsonObject {
  return {
    type: "record",
    name,
    doc: docOf(doc, "One field is not null: the value."),
    jsonType: "union",
    fields: variants.map(({ name, type }) => ({
      name: fieldName(name),
      type: ["null", ...branchesOf(type, scope)],
      default: null,
    })),
  };
}

function enumSchema(union: Enum, name: string, scope: Scope): JsonObject {
  const symbols = union.members.map((member) => [scope.names.symbol(union, member), member.value] as const);
  const others = symbols.filter(([symbol, value]) => symbol !== value);
  return {
    type: "enum",
    name,
    doc: docOf(union.doc),
    symbols: symbols.map(([symbol]) => symbol),
    jsonValues: others.length > 0 ? Object.fromEntries(others) : undefined,
  };
}

function docOf(...paragraphs: readonly string[]): string | undefined {
  return paragraphLines(paragraphs).join("\n") || undefined;
}
