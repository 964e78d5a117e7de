import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readAvro } from "../../../compiler/import/avro/read.ts";
import type { ImportedEvent, Reading } from "../../../compiler/import/event.ts";
import { readJsonSchema } from "../../../compiler/import/json-schema/read.ts";
import { createReport } from "../../../compiler/import/report.ts";
import { SOURCES } from "./imported.ts";
import { createDraw, mutated } from "./mutations.ts";

const CHANGES = 3_000;

test.each([
  ["shop/order.schema.json", readJsonSchema],
  ["shop/parcel.avsc", readAvro],
  ["org/apache/avro/interop.avsc", readAvro],
])("however %s is changed, it is read or refused in words", (file, read) => {
  const schema: unknown = JSON.parse(readFileSync(join(SOURCES, file), "utf8"));
  const draw = createDraw(20_261_124);
  const outcomes = { read: 0, refused: 0 };
  for (let n = 0; n < CHANGES; n++) {
    const text = JSON.stringify(mutated(mutated(schema, draw), draw)) ?? "";
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

test("schemas that grow with every level are read in the time that their size takes", () => {
  const level = (n: number) => ({ anyOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] });
  const $defs = Object.fromEntries(Array.from({ length: 24 }, (_, n) => [`d${n}`, level(n)]));
  const text = JSON.stringify({ type: "object", properties: { a: { $ref: "#/$defs/d0" } }, $defs });
  const startedAt = performance.now();
  readText(text, readJsonSchema);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
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
