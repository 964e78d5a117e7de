import type { Json, JsonArray, JsonObject } from "../../text/json.ts";
import { placeOf, plainOf, stringAt } from "../json-source.ts";
import { list, NULL, named, nullable, record, type Shape, unionOf } from "../shape.ts";
import type { AvroDefinition } from "./names.ts";
import { type AvroScalar, logicalOf, primitiveOf } from "./scalars.ts";
import { type AvroScope, wrong } from "./scope.ts";

/** A field's type, or a part of it. */
export interface TypeUse {
  readonly scope: AvroScope;
  /** Adds to the field's comment. */
  readonly note: (doc: string) => void;
  /** Reports that a part has no form here. */
  readonly refuse: (json: Json, found: string, reason: string, otherwise: string) => undefined;
}

/** `undefined`: it has no form here, which has been reported. */
export function readType(json: Json, use: TypeUse): Shape | undefined {
  if (json.kind === "array") return readUnion(json, use);
  if (json.kind === "object") return readObject(json, use);
  if (typeof json.value === "string") return readName(json.value, json, use);
  wrong(json, "a type is a name, an object or a list", use.scope);
  return undefined;
}

function readName(name: string, json: Json, { scope }: TypeUse): Shape | undefined {
  const scalar = primitiveOf(name);
  if (scalar) return readScalar(scalar, json, scope);
  const definition = scope.resolve(name);
  if (definition) return readReference(definition, scope);
  const { report, source } = scope.reading;
  const reason = "is declared nowhere in the schema";
  const fix = "Declare the type in this file: Avro's tools can put the files of several into one.";
  report("unresolved-reference", placeOf(source, json), { name, reason, fix });
  return undefined;
}

function readScalar({ shape, differs: what }: AvroScalar, json: Json, { reading }: AvroScope): Shape {
  if (what) {
    const fix = "Nothing, if no producer sends them.";
    reading.report("values-differ", placeOf(reading.source, json), { what, fix });
  }
  return shape;
}

function readReference(definition: AvroDefinition, { declare }: AvroScope): Shape {
  const kind = { enum: "string", fixed: "bytes" } as const;
  const type = stringAt(definition.json, "type");
  return named(declare(definition), type === "enum" || type === "fixed" ? kind[type] : "object");
}

function readObject(json: JsonObject, use: TypeUse): Shape | undefined {
  const { scope } = use;
  const definition = scope.definitionAt(json);
  if (definition) return readReference(definition, scope);
  const type = json.entries.get("type");
  if (!type) {
    wrong(json, "a type says what it is, in 'type'", scope);
    return undefined;
  }
  const part = (key: string): Shape | undefined => {
    const inner = json.entries.get(key);
    if (!inner) wrong(json, `'${key}' is missing`, scope);
    return inner && readType(inner, use);
  };
  if (type.kind !== "scalar") return readType(type, use);
  if (type.value === "array") {
    const items = part("items");
    return items && list(items);
  }
  if (type.value === "map") {
    const values = part("values");
    return values && record(values);
  }
  return readLogical(json, type, use);
}

/** A primitive with a logical type, or with nothing. */
function readLogical(json: JsonObject, type: Json, use: TypeUse): Shape | undefined {
  const { reading } = use.scope;
  const logical = logicalOf(json);
  if (logical.kind === "own") return readScalar(logical, json, use.scope);
  if (logical.kind === "carried") {
    if (logical.unit !== undefined) use.note(`It holds ${logical.unit}.`);
    reading.report("values-differ", placeOf(reading.source, json), {
      what: `The logical type '${logical.name}' is no type here: a value is what carries it, ${logical.unit ?? "as Avro has it"}.`,
      fix: "Convert it in the handler.",
    });
  }
  return readType(type, use);
}

function readUnion(json: JsonArray, use: TypeUse): Shape | undefined {
  const isNull = (item: Json) => item.kind === "scalar" && item.value === "null";
  const branches = json.items.filter((item) => !isNull(item));
  const shapes = branches.map((item) => readType(item, use));
  const read = shapes.filter((shape) => shape !== undefined);
  if (read.length < shapes.length) return undefined;
  const [first, ...others] = read;
  if (!first) {
    if (json.items.length > 0) return NULL;
    wrong(json, "a union has a type at least", use.scope);
    return undefined;
  }
  const union = unionOf(read);
  const refuse = (alike: readonly string[]) => {
    const found = branches.map(nameOf).join(" | ");
    const reason = `a union in which nothing tells ${alike.join(" and ")} apart`;
    use.refuse(json, found, reason, "Give each a field of its own, with null beside it.");
  };
  if (others.length > 0) use.scope.noteUnion({ members: read, refuse });
  return branches.length < json.items.length ? nullable(union) : union;
}

function nameOf(json: Json): string {
  if (json.kind !== "object") return String(plainOf(json));
  return stringAt(json, "name") ?? stringAt(json, "type") ?? "union";
}
