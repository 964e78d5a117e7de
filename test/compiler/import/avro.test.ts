import { readFileSync } from "node:fs";
import { join } from "node:path";
import avro from "avsc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { avroPath } from "../../../compiler/emit/avro/avro.ts";
import type { ImportedContract } from "../../../compiler/importers/import.ts";
import { KEYS, valuesOf } from "../emit/arbitrary-values.ts";
import { avroCodec, long } from "../emit/avro-values.ts";
import { load } from "../emit/load.ts";
import { compileContracts, contractOf, SOURCES } from "./imported.ts";

const SEED = 20_261_124;
/** avsc keeps maps in plain objects, in which `__proto__` is no key. */
const KEPT_KEYS = KEYS.filter((key) => key !== "__proto__");

const FILES: Readonly<Record<string, string>> = {
  parcel: "shop/parcel.avsc",
  request: "org/apache/avro/HandshakeRequest.avsc",
  response: "org/apache/avro/HandshakeResponse.avsc",
  interop: "org/apache/avro/interop.avsc",
};

const contracts: Record<string, ImportedContract> = {};
for (const [name, file] of Object.entries(FILES)) contracts[name] = await contractOf(file);
const { useCases, outputs } = await compileContracts("avro", contracts, { types: true });

/**
 * A schema whose names are all of one namespace, since Avro's readers take a record for another by its last name, and
 * avsc by all of it. A fixed type and a float are what importing says it makes of them.
 */
function comparable(schema: unknown, isRoot = true): unknown {
  if (Array.isArray(schema)) return schema.map((branch) => comparable(branch, false));
  if (typeof schema === "string") return schema === "float" ? "double" : (FIXED[last(schema)] ?? last(schema));
  const { namespace: _, aliases: __, name, type, fields, items, values, symbols, logicalType } = schema as Definition;
  if (type === "fixed") return "bytes";
  // avsc's registry is for types that are named alone; what JSON has of them is nothing to Avro.
  if (type === "long" && logicalType === undefined) return "long";
  return {
    ...(isRoot && { namespace: "comparable" }),
    ...(name !== undefined && { name: last(name) }),
    type: comparable(type, false),
    ...(symbols && { symbols }),
    ...(items !== undefined && { items: comparable(items, false) }),
    ...(values !== undefined && { values: comparable(values, false) }),
    ...(logicalType === "timestamp-millis" && { logicalType }),
    ...(fields && { fields: fields.map(({ name, type }) => ({ name, type: comparable(type, false) })) }),
  };
}

interface Definition {
  readonly namespace?: string;
  readonly aliases?: readonly string[];
  readonly name?: string;
  readonly type: unknown;
  readonly items?: unknown;
  readonly values?: unknown;
  readonly symbols?: readonly string[];
  readonly logicalType?: string;
  readonly fields?: readonly { readonly name: string; readonly type: unknown }[];
}

/** Fixed types by name. */
const FIXED: Readonly<Record<string, string>> = { MD5: "bytes" };

/** Fields of a fixed type, and of a UUID: as bytes and strings avsc draws others. */
const HASHES = /^(clientHash|serverHash|fixedField)$/;
const UUID = "2f1acc6c-7c3e-4a5b-9c0e-0a4f1b1d2e3f";

function ruled(value: unknown): object {
  const hash = Buffer.alloc(16, 7);
  return Object.fromEntries(
    Object.entries(value as object).map(([name, part]) => {
      if (name === "id") return [name, UUID];
      if (!HASHES.test(name) || part === null) return [name, part];
      return [name, part instanceof Buffer ? hash : { bytes: hash }];
    }),
  );
}

/** Of a record that holds itself, avsc draws values without an end. */
const LEAF = { recordField: { label: "root", children: [{ label: "leaf", children: [] }] } };

function withoutRecursion({ fields = [], ...record }: Definition): unknown {
  return { ...record, fields: fields.filter(({ name }) => !(name in LEAF)) };
}

function last(name: string): string {
  return name.split(".").at(-1)!;
}

describe.each(Object.entries(FILES))("%s", (name, file) => {
  const useCase = useCases.get(name)!;
  const { encode, decode, validate } = load(useCase);
  const source = JSON.parse(readFileSync(join(SOURCES, file), "utf8")) as avro.Schema;
  const original = comparable(source) as avro.Schema;
  const emitted = comparable(JSON.parse(outputs.find(({ path }) => path === avroPath(name))!.text)) as avro.Schema;
  const [theirs, ours] = [original, emitted].map((schema) => avroCodec(JSON.stringify(schema), useCase.event));
  const [theirType, ourType] = [original, emitted].map((schema) =>
    avro.Type.forSchema(schema, { registry: { long }, wrapUnions: "always" }),
  );

  test("every event is a value of the original schema, and comes back as it was", () => {
    fc.assert(
      fc.property(valuesOf(useCase, KEPT_KEYS), (event) => {
        expect(theirs!.decode(theirs!.encode(decode(encode(event))))).toEqual(event);
      }),
      { numRuns: 100, seed: SEED },
    );
  });

  test("every value of the original schema is an event", () => {
    const type = avro.Type.forSchema(original, { wrapUnions: "always" });
    const drawn = avro.Type.forSchema(withoutRecursion(original as Definition) as avro.Schema, {
      wrapUnions: "always",
    });
    for (let n = 0; n < 100; n++) {
      const value = { ...LEAF, ...ruled(drawn.random()) };
      const event = theirs!.decode(type.toBuffer(value));
      expect(validate(event)).toBeUndefined();
      expect(theirs!.decode(theirs!.encode(decode(encode(event))))).toEqual(event);
    }
  });

  test("readers of either schema read what is written by the other", () => {
    const [asOurs, asTheirs] = [ourType!.createResolver(theirType!), theirType!.createResolver(ourType!)];
    fc.assert(
      fc.property(valuesOf(useCase, KEPT_KEYS), (event) => {
        expect(ours!.decode(ourType!.toBuffer(ourType!.fromBuffer(theirs!.encode(event), asOurs)))).toEqual(event);
        expect(theirs!.decode(theirType!.toBuffer(theirType!.fromBuffer(ours!.encode(event), asTheirs)))).toEqual(
          event,
        );
      }),
      { numRuns: 50, seed: SEED },
    );
  });
});
