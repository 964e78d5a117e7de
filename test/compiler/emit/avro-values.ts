import avro from "avsc";
import type { Event, Message, Type } from "../../../compiler/model/model.ts";
import { rootOf } from "../../../compiler/model/root.ts";
import { variantOf } from "./protobuf-es.ts";

/*
 * Avro as others implement it: avsc reads the emitted schema, and writes and reads by it. Between an event as TypeScript
 * has it and a value of avsc, names go by what the schema says of them: `jsonName` and `jsonValues`.
 */

/** A schema of Avro, as far as emitted ones go. */
type Schema = string | Definition | readonly (string | Definition)[];

interface Definition {
  readonly type: Schema;
  readonly name?: string;
  readonly namespace?: string;
  readonly items?: Schema;
  readonly values?: Schema;
  readonly fields?: readonly { readonly name: string; readonly jsonName?: string; readonly type: Schema }[];
  readonly symbols?: readonly string[];
  readonly jsonValues?: Readonly<Record<string, unknown>>;
}

/** avsc's own longs are numbers, as timestamps remain, and events have bigints beyond. */
export const long = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer(value: bigint) {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

/** avsc's registry is for types that are named alone. */
const typeHook = (schema: avro.Schema) =>
  (schema as { jsonType?: string }).jsonType === "bigint" ? (long as avro.Type) : undefined;

/** Writes and reads events by their schema. */
export function avroCodec(text: string, event: Event) {
  const schema = JSON.parse(text) as Schema;
  const type = avro.Type.forSchema(schema as avro.Schema, { registry: { long }, wrapUnions: "always", typeHook });
  const { toAvro, fromAvro } = converter(event, schema);
  return {
    encode: (value: unknown) => type.toBuffer(toAvro(value, rootOf(event), schema)),
    decode: (bytes: Buffer) => fromAvro(type.fromBuffer(bytes), rootOf(event), schema),
  };
}

function converter(event: Event, root: Schema) {
  const definitions = new Map(definitionsIn(root).map((definition) => [definition.name, definition]));
  const [namespace] = [...definitions.values()].flatMap(({ namespace }) => namespace ?? []);
  const messageOf = (name: string) => event.messages.find((message) => message.name === name)!;
  const unionOf = (name: string) => event.unions.find((union) => union.name === name)!;

  function resolve(schema: Schema): Definition {
    if (typeof schema !== "string") return schema as Definition;
    return definitions.get(schema.split(".").at(-1)) ?? { type: schema };
  }

  /** As avsc has it in front of a union's value. */
  function branchName(schema: Schema): string {
    const { name, type } = resolve(schema);
    return name ? `${namespace}.${name}` : String(type);
  }

  function toAvro(value: unknown, type: Type, schema: Schema): unknown {
    if (type.kind === "json" && resolve(schema).type === "string") return JSON.stringify(value);
    if (value === undefined || value === null) return null;
    if (type.kind === "nullable") return toAvro(value, type.of, schema);
    if (isUnion(schema)) {
      const branches = schema.filter((branch) => branch !== "null");
      const types = typesOf(type, branches);
      const at = types.length > 1 && type.kind === "union" ? variantAt(value, type.name) : 0;
      return { [branchName(branches[at]!)]: toAvro(value, types[at]!, branches[at]!) };
    }
    const { type: base, fields = [], items, values, symbols = [], jsonValues = {} } = resolve(schema);
    switch (type.kind) {
      case "int":
        return base === "long" ? BigInt(value as number) : value;
      case "bigint":
        // Those without a sign are their digits.
        return base === "string" ? String(value) : value;
      case "timestamp":
        return (value as Date).getTime();
      case "bytes":
        return Buffer.from(value as Uint8Array);
      case "enum":
        return symbols.find((symbol) => (jsonValues[symbol] ?? symbol) === value);
      case "array":
        return (value as unknown[]).map((item) => toAvro(item, type.items, items!));
      case "record":
        return mapped(value, (item) => toAvro(item, type.values, values!));
      case "message": {
        const message = messageOf(type.name);
        return Object.fromEntries(
          message.fields.map((field, i) => {
            const { name, jsonName = name, type } = fields[i]!;
            if (message.tuple) return [name, toAvro(elementOf(value as unknown[], message, i), field.type, type)];
            const held = Object.hasOwn(value, jsonName) ? (value as Record<string, unknown>)[jsonName] : undefined;
            return [name, toAvro(held, field.type, type)];
          }),
        );
      }
      case "union": {
        const at = variantAt(value, type.name);
        const { variants } = unionOf(type.name);
        return Object.fromEntries(
          fields.map(({ name, type }, i) => [name, i === at ? toAvro(value, variants[i]!.type, type) : null]),
        );
      }
      default:
        return value;
    }
  }

  function fromAvro(value: unknown, type: Type, schema: Schema): unknown {
    if (value === null) return null;
    if (type.kind === "nullable") return fromAvro(value, type.of, schema);
    if (isUnion(schema)) {
      const [[name, held]] = Object.entries(value as object) as [[string, unknown]];
      const branches = schema.filter((branch) => branch !== "null");
      const at = branches.findIndex((branch) => branchName(branch) === name);
      return fromAvro(held, typesOf(type, branches)[at]!, branches[at]!);
    }
    const { fields = [], items, values, jsonValues = {} } = resolve(schema);
    const parts = value as Record<string, unknown>;
    switch (type.kind) {
      case "int":
        return Number(value);
      case "bigint":
        return BigInt(value as bigint | string);
      case "timestamp":
        return new Date(value as number);
      case "bytes":
        return new Uint8Array(value as Buffer);
      case "enum":
        return jsonValues[value as string] ?? value;
      case "array":
        return (value as unknown[]).map((item) => fromAvro(item, type.items, items!));
      case "record":
        return mapped(value, (item) => fromAvro(item, type.values, values!));
      case "json":
        return JSON.parse(value as string);
      case "message": {
        const message = messageOf(type.name);
        const read = message.fields.map((field, i) => {
          const { name, jsonName = name, type } = fields[i]!;
          const isAbsent = parts[name] === null && field.optional;
          return [jsonName, isAbsent ? undefined : fromAvro(parts[name], field.type, type)] as const;
        });
        if (!message.tuple) return Object.fromEntries(read.filter(([, part]) => part !== undefined));
        const items = read.map(([, part]) => part);
        const all = message.tuple.isOpen ? [...items.slice(0, -1), ...(items.at(-1) as unknown[])] : items;
        return all.slice(0, all.findLastIndex((item) => item !== undefined) + 1);
      }
      case "union": {
        const at = fields.findIndex(({ name }) => parts[name] !== null);
        return fromAvro(parts[fields[at]!.name], unionOf(type.name).variants[at]!.type, fields[at]!.type);
      }
      default:
        return value;
    }
  }

  /** What each branch is: a union's variants, or one record that holds the union. */
  function typesOf(type: Type, { length }: readonly Schema[]): readonly Type[] {
    return type.kind === "union" && length > 1 ? unionOf(type.name).variants.map(({ type }) => type) : [type];
  }

  function variantAt(value: unknown, name: string): number {
    const union = unionOf(name);
    return union.variants.indexOf(variantOf(value, union, event));
  }

  return { toAvro, fromAvro };
}

/** An element of a tuple; of an open one, the last is the list of what is left. */
function elementOf(value: readonly unknown[], { fields, tuple }: Message, at: number): unknown {
  return tuple?.isOpen && at === fields.length - 1 ? value.slice(at) : value[at];
}

function isUnion(schema: Schema): schema is readonly (string | Definition)[] {
  return Array.isArray(schema);
}

/** Those of names, outer ones first. */
function definitionsIn(schema: Schema | undefined): Definition[] {
  if (schema === undefined || typeof schema === "string") return [];
  if (isUnion(schema)) return schema.flatMap(definitionsIn);
  const { name, type, items, values, fields = [] } = schema;
  const inner = [type, items, values, ...fields.map(({ type }) => type)].flatMap(definitionsIn);
  return name ? [schema, ...inner] : inner;
}

function mapped(record: unknown, convert: (value: unknown) => unknown): object {
  const entries = Object.entries(record as object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, convert(value)]));
}
