import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emitAvro } from "../../../compiler/emit/avro/avro.ts";
import type { Enum, Event, Type, UseCase } from "../../../compiler/model/model.ts";
import { AvroCursor } from "../../../runtime/gateway/avro/avro-cursor.ts";
import { avroReader } from "../../../runtime/gateway/avro/avro-reader.ts";
import { runs } from "../../property-runs.ts";
import { model } from "./arbitrary.ts";
import { KEYS, valuesOf } from "./arbitrary-values.ts";
import { avroCodec } from "./avro-values.ts";
import {
  enumOf,
  enumRef,
  GENERATE_THUMBNAIL,
  message,
  nullable,
  TEXT,
  unionOf,
  unionRef,
  useCaseOf,
} from "./models.ts";

/** Whether nothing is lost: Avro has nothing that is absent, so what may be absent or null is one of them. */
function isKept({ messages }: Event): boolean {
  return !messages.some(({ fields }) =>
    fields.some(({ type, optional }) => optional && ["json", "null", "nullable"].includes(type.kind)),
  );
}

/** avsc has maps in plain objects, in which `__proto__` is no key. */
const KEPT_KEYS = KEYS.filter((key) => key !== "__proto__");

const useCases = model.filter(({ event }) => isKept(event));

describe("avsc", () => {
  test("reads what it wrote of any event by the emitted schema, and so does the gateway", () => {
    const cases = useCases.chain((useCase) => {
      const values = valuesOf(useCase, KEPT_KEYS);
      return fc.tuple(fc.constant(useCase), fc.array(values, { minLength: 3, maxLength: 3 }));
    });
    fc.assert(
      fc.property(cases, ([useCase, values]) => {
        const { text } = emitAvro(useCase);
        const { encode, decode } = avroCodec(text, useCase.event);
        const read = avroReader(JSON.parse(text));
        for (const value of values) {
          const bytes = encode(value);
          expect(decode(bytes)).toEqual(value);
          const cursor = new AvroCursor(bytes);
          expect(read(cursor)).toEqual(value);
          expect(cursor.left).toBe(0);
        }
      }),
      runs(100),
    );
  });
});

describe("what the schema says", () => {
  interface Field {
    readonly name: string;
    readonly type: unknown;
  }
  const schemaOf = (useCase: UseCase) => JSON.parse(emitAvro(useCase).text) as { readonly fields: readonly Field[] };
  const fieldsOf = (fields: Readonly<Record<string, Type>>, ...enums: readonly Enum[]) => {
    return schemaOf(useCaseOf("sample", [message("Sample", fields)], enums)).fields;
  };

  test("of an event: its name, namespace, comments and rules", () => {
    const schema = schemaOf(GENERATE_THUMBNAIL);
    expect(schema).toMatchObject({
      type: "record",
      name: "FileUploaded",
      namespace: "fivefold.generate_thumbnail.v1",
      doc: "A file finished uploading.",
    });
    expect(schema.fields[0]).toEqual({ name: "fileId", doc: "A string of at most 64 characters.", type: "string" });
    expect(schema.fields.find(({ name }) => name === "note")).toMatchObject({
      type: ["null", "string"],
      default: null,
    });
  });

  test("of types: logical ones, and the shortest integer that holds a range", () => {
    const int = (min: number, max: number): Type => ({ kind: "int", wire: "int64", min, max });
    const types = fieldsOf({
      at: { kind: "timestamp" },
      id: { kind: "text", format: "uuid" },
      small: int(-(2 ** 31), 2 ** 31 - 1),
      large: int(0, 2 ** 31),
      count: { kind: "bigint" },
      json: { kind: "json" },
    }).map(({ type }) => type);
    expect(types).toEqual([
      { type: "long", logicalType: "timestamp-millis" },
      { type: "string", logicalType: "uuid" },
      "int",
      "long",
      { type: "long", jsonType: "bigint" },
      { type: "string", jsonType: "json" },
    ]);
  });

  test("names that are none in Avro are made such, and told; others stay as they are", () => {
    expect(fieldsOf({ a_b: TEXT, "a b": TEXT, aB: TEXT, "1st": TEXT })).toMatchObject([
      { name: "a_b" },
      { name: "aB", jsonName: "a b" },
      { name: "aB_2", jsonName: "aB" },
      { name: "t1st", jsonName: "1st" },
    ]);
    const kind = enumOf("Kind", "red", "dark-red", "", 404, -1, true, "constructor");
    expect(fieldsOf({ kind: enumRef("Kind") }, kind)[0]?.type).toEqual({
      type: "enum",
      name: "Kind",
      symbols: ["red", "dark_red", "value_3", "_404", "minus_1", "true", "_constructor"],
      jsonValues: {
        dark_red: "dark-red",
        value_3: "",
        _404: 404,
        minus_1: -1,
        true: true,
        _constructor: "constructor",
      },
    });
  });

  test("former names are aliases", () => {
    const sample = message("Sample", { id: TEXT });
    const fields = sample.fields.map((field) => ({ ...field, was: ["key", "the key"] }));
    expect(schemaOf(useCaseOf("sample", [{ ...sample, fields }])).fields[0]).toMatchObject({
      aliases: ["key", "theKey"],
    });
  });

  test("what is absent and what is null are one", () => {
    const useCase = useCaseOf("sample", [message("Sample", { "note?": nullable(TEXT) })]);
    const { encode, decode } = avroCodec(emitAvro(useCase).text, useCase.event);
    expect(encode({ note: null })).toEqual(encode({}));
    expect(decode(encode({ note: "" }))).toEqual({ note: "" });
  });

  test("a union of two kinds that Avro has one of is a record of which one field is not null", () => {
    const value = unionOf("Value", { kind: "bigint" }, { kind: "timestamp" });
    const useCase = useCaseOf("sample", [message("Sample", { value: unionRef("Value") })], [], {}, [value]);
    expect(schemaOf(useCase).fields[0]?.type).toMatchObject({
      type: "record",
      name: "Value",
      fields: [{ name: "bigint" }, { name: "date" }],
    });
  });
});
