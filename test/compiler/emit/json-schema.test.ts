import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emitJsonSchema } from "../../../compiler/emit/json-schema/json-schema.ts";
import type { Type, UseCase } from "../../../compiler/model/model.ts";
import { TEXT_FORMAT_NAMES } from "../../../compiler/settings/text-formats.ts";
import { InvalidEventError } from "../../../runtime/contract/errors.ts";
import { runs } from "../../property-runs.ts";
import { TEXT_FORMAT_SAMPLES } from "../text-format-samples.ts";
import { model } from "./arbitrary.ts";
import { valuesOf } from "./arbitrary-values.ts";
import { loadJson } from "./load-json.ts";
import { GENERATE_THUMBNAIL, message, messageRef, TEXT, useCaseOf } from "./models.ts";

/** What Ajv makes of the emitted schema; it says whether a value is valid. */
function compileSchema(useCase: UseCase): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: true, strictTuples: false, allowUnionTypes: true, ownProperties: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(emitJsonSchema(useCase).text));
}

function accepts(useCase: UseCase): (value: unknown) => boolean {
  const { fromJson } = loadJson(useCase);
  return (value) => {
    try {
      fromJson(value);
      return true;
    } catch (error) {
      if (error instanceof InvalidEventError) return false;
      throw error;
    }
  };
}

/** Ajv passes over a property of that name, wherever a schema speaks of one. */
const useCases = model.filter(
  ({ event }) => !event.messages.some(({ fields }) => fields.some(({ name }) => name === "__proto__")),
);

describe("the schema, as Ajv reads it, and fromJson", () => {
  const cases = useCases.chain((useCase) => {
    const values = valuesOf(useCase).filter(isOfTheBmp);
    return fc.tuple(fc.constant(useCase), fc.array(values, { minLength: 2, maxLength: 2 }));
  });

  test("accept what toJson makes of any event", () => {
    fc.assert(
      fc.property(cases, ([useCase, values]) => {
        const { toJson } = loadJson(useCase);
        const isValid = compileSchema(useCase);
        for (const value of values) {
          const json = toJson(value);
          expect([json, isValid(json)]).toEqual([json, true]);
        }
      }),
      runs(20),
    );
  });

  const change = fc.record({ at: fc.nat(), kind: fc.constantFrom("replace", "remove", "add"), by: fc.nat() });

  test("agree on JSON of which any part was replaced, removed or added", () => {
    let [agreed, refused] = [0, 0];
    fc.assert(
      fc.property(
        cases,
        fc.array(fc.array(change, { minLength: 1, maxLength: 2 }), { minLength: 12, maxLength: 12 }),
        ([useCase, values], changes) => {
          const [isAccepted, isValid, { toJson }] = [accepts(useCase), compileSchema(useCase), loadJson(useCase)];
          for (const value of values) {
            for (const some of changes) {
              const json = some.reduce(changed, structuredClone(toJson(value)) as unknown);
              const valid = isValid(json);
              expect([json, isAccepted(json)]).toEqual([json, valid]);
              agreed++;
              if (!valid) refused++;
            }
          }
        },
      ),
      runs(20),
    );
    expect(agreed).toBeGreaterThan(450);
    // Both answers must be common, or the property says little.
    expect(refused / agreed).toBeGreaterThan(0.2);
    expect(refused / agreed).toBeLessThan(0.95);
  });
});

describe("what the schema says", () => {
  interface Schema {
    readonly [keyword: string]: unknown;
    readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  }
  const schemaOf = (useCase: UseCase) => JSON.parse(emitJsonSchema(useCase).text) as Schema;
  const of = (type: Type) => useCaseOf("one", [message("One", { value: type })]);

  test("of an event: its name, comments, rules and parts, and that there is nothing else", () => {
    const schema = schemaOf(GENERATE_THUMBNAIL);
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "FileUploaded",
      description: "A file finished uploading.",
      additionalProperties: false,
      required: ["fileId", "teamId", "sizeBytes", "kind", "uploadedAt", "tags", "origin"],
      $defs: { FileKind: { enum: ["image", "video", "document"] }, Timestamp: { format: "date-time" } },
    });
    expect(schema.properties).toMatchObject({
      fileId: { type: "string", maxLength: 64 },
      uploadedAt: { $ref: "#/$defs/Timestamp" },
      tags: { type: "array", items: { minLength: 1 }, maxItems: 5 },
      origin: { $ref: "#/$defs/Origin" },
    });
  });

  test("names that are taken make way for none of the event's own", () => {
    const stamps = message("Timestamp", { at: { kind: "timestamp" } });
    const schema = schemaOf(useCaseOf("stamp", [message("Stamp", { "at?": messageRef("Timestamp") }), stamps]));
    expect(schema.$defs).toMatchObject({
      Timestamp: { properties: { at: { $ref: "#/$defs/Timestamp2" } } },
      Timestamp2: { format: "date-time" },
    });
  });

  test("fields that were removed may be sent, as fromJson takes them", () => {
    const sample = { ...message("Sample", { id: TEXT }), removed: [{ name: "legacy", number: 2 }] };
    const useCase = useCaseOf("sample", [sample]);
    expect(schemaOf(useCase).properties.legacy).toMatchObject({ deprecated: true });
    expect(compileSchema(useCase)({ id: "a", legacy: [5] })).toBe(true);
    expect(accepts(useCase)({ id: "a", legacy: [5] })).toBe(true);
  });

  test("limits of bytes hold to the byte, though they are of characters in base64", () => {
    for (let minLength = 0; minLength <= 4; minLength++) {
      for (let maxLength = minLength; maxLength <= 7; maxLength++) {
        const useCase = of({ kind: "bytes", minLength, maxLength });
        const isValid = compileSchema(useCase);
        for (let length = 0; length <= 9; length++) {
          const value = Buffer.alloc(length, 0xff).toString("base64");
          const isWithin = length >= minLength && length <= maxLength;
          expect([minLength, maxLength, length, isValid({ value })]).toEqual([minLength, maxLength, length, isWithin]);
          expect(accepts(useCase)({ value })).toBe(isWithin);
        }
      }
    }
  });

  test("integers of 64 bits end where they end", () => {
    const isValid = compileSchema(of({ kind: "bigint" }));
    const near = [-2, -1, 0, 1, 2].map(BigInt);
    const ends = [2n ** 63n, -(2n ** 63n), 10n ** 18n, 10n ** 19n, 0n, 9_200_000_000_000_000_000n];
    for (const end of ends) {
      for (const step of near) {
        const value = end + step;
        expect([value, isValid({ value: String(value) })]).toEqual([value, BigInt.asIntN(64, value) === value]);
      }
    }
  });

  test("characters beyond the BMP count as one, where fromJson counts two, as JavaScript does", () => {
    const useCase = of({ kind: "text", minLength: 2, maxLength: 3 });
    const [isValid, isAccepted] = [compileSchema(useCase), accepts(useCase)];
    expect([isValid({ value: "😀" }), isAccepted({ value: "😀" })]).toEqual([false, true]);
    expect([isValid({ value: "😀😀" }), isAccepted({ value: "😀😀" })]).toEqual([true, false]);
  });

  test("regular expressions are such as other languages have", () => {
    const fields = Object.fromEntries(TEXT_FORMAT_NAMES.map((format) => [format, { kind: "text", format } as const]));
    const { text } = emitJsonSchema(
      useCaseOf("all", [
        message("All", { ...fields, at: { kind: "timestamp" }, n: { kind: "bigint" }, b: { kind: "bytes" } }),
      ]),
    );
    const patterns = [...text.matchAll(/"pattern": ("(?:[^"\\]|\\.)*")/g)].map(
      ([, pattern]) => JSON.parse(pattern!) as string,
    );
    expect(patterns).toHaveLength(TEXT_FORMAT_NAMES.length + 3);
    for (const pattern of patterns) expect(pattern).not.toMatch(/\(\?[^:]|\\[dpubBk]|\{\d{4}/);
  });

  test.each(TEXT_FORMAT_NAMES)("a text's format, %s, is checked by those who check no formats too", (format) => {
    const isValid = new Ajv2020({ validateFormats: false }).compile(schemaOf(of({ kind: "text", format })));
    const { good, bad } = TEXT_FORMAT_SAMPLES[format];
    for (const value of good) expect([value, isValid({ value })]).toEqual([value, true]);
    for (const value of bad) expect([value, isValid({ value })]).toEqual([value, false]);
  });
});

/** What parts are replaced by: near misses of every form. */
const OTHERS: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  0.5,
  6,
  2 ** 31,
  2 ** 53,
  1e21,
  "",
  "a",
  "abc/",
  "a b",
  "5",
  "-5",
  "05",
  "-0",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "-9223372036854775809",
  "2024-02-29",
  "2023-02-29",
  "2024-13-01",
  "2024-02-29T10:00:00Z",
  "2024-02-29T10:00:00.123456789+02:00",
  "2023-02-29T10:00:00Z",
  "2024-02-29T24:00:00Z",
  "2024-02-29t10:00:00z",
  "2024-02-29 10:00:00Z",
  "2024-02-29T10:00:00",
  "2016-12-31T23:59:60Z",
  "0000-01-01T00:00:00Z",
  "QQ==",
  "QUI=",
  "QUJD",
  "QUJDRA==",
  "QUJDREU=",
  "QUJDREVG",
  "QR==",
  "QQ",
  "Q===",
  "QUJ_",
  "1.2.3.4",
  "1.2.3.256",
  "123e4567-e89b-12d3-a456-426614174000",
  "urn:uuid:123e4567-e89b-12d3-a456-426614174000",
  "a@b.c",
  [],
  [null],
  [0, 1],
  ["a"],
  [[]],
  {},
  { a: 1 },
  { a: null },
  { string: "a" },
  { number: 1 },
  { kind: "circle" },
  { login: "a", id: 1 },
];

/** Characters beyond count as one in JSON Schema's lengths and as two in JavaScript's: see below. */
function isOfTheBmp(value: unknown): boolean {
  if (typeof value === "string") return !/[\u{10000}-\u{10ffff}]/u.test(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isOfTheBmp);
}

interface Change {
  readonly at: number;
  readonly kind: string;
  readonly by: number;
}

/** Changes one part of a JSON value, in place where it is one of another. */
function changed(root: unknown, { at, kind, by }: Change): unknown {
  const other = structuredClone(OTHERS[by % OTHERS.length]);
  const places = placesIn(root);
  if (places.length === 0) return other;
  const { holder, key } = places[at % places.length]!;
  if (kind === "replace") define(holder, key, other);
  else if (kind === "remove" && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (kind === "remove") delete (holder as Record<string, unknown>)[key];
  else if (Array.isArray(holder)) holder.push(other);
  else define(holder, `${key}x`, other);
  return root;
}

function placesIn(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [{ holder: value, key }, ...placesIn(part)]);
}

function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}
