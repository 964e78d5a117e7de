import { biguintFromJson } from "../../codec/json-scalars.ts";
import { setEntry } from "../../codec/wire.ts";
import type { AvroCursor } from "./avro-cursor.ts";
import { type AvroDefinition, type AvroField, type AvroSchema, fullName, namespaceOf } from "./avro-schema.ts";

/** Reads one value, as TypeScript has it. */
export type ReadAvro = (cursor: AvroCursor) => unknown;

/** Reads events by the contract that the compiler wrote: what its attributes say makes them those of TypeScript. */
export function avroReader(schema: AvroSchema): ReadAvro {
  return readerOf(schema, "", new Map());
}

/** Of records, which may hold themselves, by their names. */
type Named = Map<string, ReadAvro>;

function readerOf(schema: AvroSchema, namespace: string, named: Named): ReadAvro {
  if (typeof schema === "string") return scalarReader(schema) ?? namedReader(fullName(schema, namespace), named);
  if (Array.isArray(schema)) return unionReader(schema.map((branch) => readerOf(branch, namespace, named)));
  const definition = schema as AvroDefinition;
  const { type, jsonType, logicalType } = definition;
  if (jsonType === "bigint") return (cursor) => BigInt(cursor.long());
  if (jsonType === "uint64") return (cursor) => integerIn(cursor.text());
  if (jsonType === "json") return (cursor) => JSON.parse(cursor.text());
  if (logicalType === "timestamp-millis") return (cursor) => new Date(Number(cursor.long()));
  switch (type) {
    case "record":
      return recordReader(definition, namespace, named);
    case "enum": {
      const name = fullName(definition.name!, definition.namespace ?? namespace);
      const read = enumReader(definition);
      named.set(name, read);
      return read;
    }
    case "array":
      return listReader(readerOf(definition.items!, namespace, named));
    case "map":
      return mapReader(readerOf(definition.values!, namespace, named));
    default:
      return readerOf(type, namespace, named);
  }
}

/** Of decimal digits; what is none stays, for validation to refuse. */
function integerIn(text: string): unknown {
  return biguintFromJson(text) ?? text;
}

function scalarReader(type: string): ReadAvro | undefined {
  switch (type) {
    case "null":
      return () => null;
    case "boolean":
      return (cursor) => cursor.boolean();
    case "int":
    case "long":
      return (cursor) => cursor.long();
    case "float":
      return (cursor) => cursor.float();
    case "double":
      return (cursor) => cursor.double();
    case "string":
      return (cursor) => cursor.text();
    case "bytes":
      // A copy: the body is let go.
      return (cursor) => Uint8Array.from(cursor.raw(cursor.size()));
    default:
      return undefined;
  }
}

/** Found when it is first needed: a record may hold itself. */
function namedReader(name: string, named: Named): ReadAvro {
  return (cursor) => named.get(name)!(cursor);
}

function unionReader(branches: readonly ReadAvro[]): ReadAvro {
  return (cursor) => {
    const index = cursor.size();
    const read = branches[index];
    if (read === undefined) throw new Error(`a union has ${branches.length} types, and it names type ${index}`);
    return read(cursor);
  };
}

function enumReader({ symbols = [], jsonValues = {} }: AvroDefinition): ReadAvro {
  const values = symbols.map((symbol) => (Object.hasOwn(jsonValues, symbol) ? jsonValues[symbol] : symbol));
  return (cursor) => {
    const index = cursor.size();
    if (index >= values.length) throw new Error(`an enum has ${values.length} symbols, and it names symbol ${index}`);
    return values[index];
  };
}

/** What blocks hold, each with its count; a negative one is followed by the block's size. */
function readBlocks(cursor: AvroCursor, readItem: () => void): void {
  for (;;) {
    const count = cursor.long();
    if (count === 0) return;
    if (typeof count !== "number") throw new Error(`${count} is no count of items`);
    if (count < 0) cursor.size();
    cursor.count(Math.abs(count));
    for (let left = Math.abs(count); left > 0; left--) readItem();
  }
}

function listReader(readItem: ReadAvro): ReadAvro {
  return (cursor) => {
    const items: unknown[] = [];
    cursor.enter();
    readBlocks(cursor, () => items.push(readItem(cursor)));
    cursor.leave();
    return items;
  };
}

function mapReader(readValue: ReadAvro): ReadAvro {
  return (cursor) => {
    const record: Record<string, unknown> = {};
    cursor.enter();
    readBlocks(cursor, () => setEntry(record, cursor.text(), readValue(cursor)));
    cursor.leave();
    return record;
  };
}

function recordReader(
  { name = "", namespace: own, fields = [], jsonType }: AvroDefinition,
  outer: string,
  named: Named,
) {
  const full = fullName(name, own ?? outer);
  let parts: readonly { readonly field: AvroField; readonly read: ReadAvro }[] = [];
  const make = MAKERS[jsonType ?? "object"] ?? MAKERS.object!;
  const read: ReadAvro = (cursor) => {
    cursor.enter();
    cursor.count(parts.length);
    const values = parts.map(({ field, read }) => {
      const value = read(cursor);
      return value === null && field.jsonOptional ? undefined : value;
    });
    cursor.leave();
    return make(values, parts);
  };
  named.set(full, read);
  parts = fields.map((field) => ({ field, read: readerOf(field.type, namespaceOf(full), named) }));
  return read;
}

type Make = (values: readonly unknown[], parts: readonly { readonly field: AvroField }[]) => unknown;

/** By `jsonType`; `object`: it has none. */
const MAKERS: Readonly<Partial<Record<string, Make>>> = {
  object(values, parts) {
    const object: Record<string, unknown> = {};
    for (const [i, { field }] of parts.entries()) {
      if (values[i] !== undefined) setEntry(object, field.jsonName ?? field.name, values[i]);
    }
    return object;
  },
  tuple: withoutEnd,
  "open-tuple": (values) => withoutEnd([...values.slice(0, -1), ...(values.at(-1) as unknown[])]),
  union(values) {
    const given = values.filter((value) => value !== null);
    if (given.length === 1) return given[0];
    throw new Error(`of a union's fields one is not null, and it has ${given.length}`);
  },
};

/** Elements that are absent before others stay, as they do in TypeScript. */
function withoutEnd(values: readonly unknown[]): readonly unknown[] {
  return values.slice(0, values.findLastIndex((value) => value !== undefined) + 1);
}
