import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readAvro } from "../../../compiler/importers/avro/read.ts";
import type { ImportedEvent, Reading } from "../../../compiler/importers/event.ts";
import { readJsonSchema } from "../../../compiler/importers/json-schema/read.ts";
import { createReport } from "../../../compiler/importers/report.ts";
import { SOURCES } from "./imported.ts";
import { createDraw, mutated } from "./mutations.ts";

const CHANGES = 800;

test.each([
  ["shop/order.schema.json", readJsonSchema],
  ["shop/parcel.avsc", readAvro],
  ["org/apache/avro/interop.avsc", readAvro],
])("however %s is changed, it is read or refused in words", (file, read) => {
  const schema: unknown = JSON.parse(readFileSync(join(SOURCES, file), "utf8"));
  const draw = createDraw(20_261_124);
  const outcomes = { read: 0, refused: 0 };
  for (let n = 0; n < CHANGES; n++) {
    const once = mutated(schema, draw);
    const text = JSON.stringify(n % 2 === 0 ? once : mutated(once, draw)) ?? "";
    const { event, errors } = readText(text, read);
    // What is not read has a reason, and what is read has types for all of its fields.
    if (!event) expect(errors).toBeGreaterThan(0);
    for (const declaration of event?.declarations ?? []) {
      if (declaration.kind === "interface") for (const { shape } of declaration.fields) expect(shape.text).not.toBe("");
    }
    if (errors === 0) outcomes.read++;
    else outcomes.refused++;
  }
  expect(outcomes.read).toBeGreaterThan(CHANGES / 10);
  expect(outcomes.refused).toBeGreaterThan(CHANGES / 10);
});

test.each([
  ["an object", `${'{"a":'.repeat(300)}1${"}".repeat(300)}`],
  ["a list", "[".repeat(100_000)],
])("%s that nests without an end is refused", (_, text) => {
  for (const read of [readAvro, readJsonSchema]) expect(readText(text, read)).toEqual({ event: undefined, errors: 1 });
});

/** A schema of which every level is in the one before twice. */
function doubling(level: (next: object) => object) {
  const entries = Array.from({ length: 40 }, (_, n) => [`d${n}`, level({ $ref: `#/$defs/d${n + 1}` })] as const);
  const $defs = { ...Object.fromEntries(entries), d40: { type: "string" } };
  return { type: "object", properties: { a: { $ref: "#/$defs/d0" } }, $defs };
}

test.each([
  ["alternatives", (next: object) => ({ anyOf: [next, next] })],
  ["different alternatives", (next: object) => ({ anyOf: [next, { allOf: [next], maxLength: 9 }] })],
  ["several types", (next: object) => ({ type: ["array", "object"], items: next, additionalProperties: next })],
])("what grows with every level is refused before it takes all time and memory: %s", (_, level) => {
  // Read to its end, it would take years.
  expect(readText(JSON.stringify(doubling(level)), readJsonSchema)).toEqual({ event: expect.anything(), errors: 1 });
});

test.each([
  ["references", (next: object) => next],
  ["parts", (next: object) => ({ allOf: [next] })],
  ["lists", (next: object) => ({ type: "array", items: next })],
  ["records", (next: object) => ({ type: "object", additionalProperties: next })],
])("%s that lead on and on are refused", (_, level) => {
  const entries = Array.from({ length: 20_000 }, (_, n) => [`d${n}`, level({ $ref: `#/$defs/d${n + 1}` })] as const);
  const schema = { type: "object", properties: { a: { $ref: "#/$defs/d0" } }, $defs: Object.fromEntries(entries) };
  expect(readText(JSON.stringify(schema), readJsonSchema)).toEqual({ event: expect.anything(), errors: 1 });
});

function readText(text: string, read: (reading: Reading) => ImportedEvent | undefined) {
  const { report, diagnostics } = createReport();
  const event = read({
    source: { file: "odd.json", text },
    type: undefined,
    fallbackName: "odd",
    report,
    isOmitted: () => false,
    readImport: () => undefined,
  });
  return { event, errors: diagnostics().filter(({ severity }) => severity === "error").length };
}
