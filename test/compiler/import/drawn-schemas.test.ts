import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { type ImportedContract, importContract } from "../../../compiler/importers/import.ts";
import { loadJson } from "../emit/load-json.ts";
import { compileContracts } from "./imported.ts";
import { createDraw, mutated } from "./mutations.ts";

/*
 * Schemas drawn at random from what can be imported in full: those that are imported without a warning accept the values
 * that ajv accepts by the schema, and no others.
 */

type Draw = (limit: number) => number;

/** Schemas that are imported. */
const SCHEMAS = 100;
const NAMES = ["A", "B", "C"];

function pick<T>(draw: Draw, ...choices: readonly T[]): T {
  return choices[draw(choices.length)]!;
}

function drawLeaf(draw: Draw): object {
  return pick<object>(
    draw,
    { type: "string" },
    { type: "boolean" },
    { type: "number", maximum: 2 },
    { type: "integer", minimum: -1, maximum: 3 },
    { type: ["string", "null"] },
    { type: "null" },
    { enum: ["a", "b", null] },
    { enum: ["a", "b", 1] },
    { const: "a" },
    { const: 2 },
    { const: true },
    { type: "string", enum: ["a", "c", 3] },
  );
}

function drawSchema(draw: Draw, depth: number): object {
  if (depth === 0 || draw(3) === 0) return drawLeaf(draw);
  const part = () => drawSchema(draw, depth - 1);
  switch (draw(6)) {
    case 0:
      return { $ref: `#/$defs/${pick(draw, ...NAMES)}` };
    case 1:
      return { anyOf: Array.from({ length: 1 + draw(3) }, part) };
    case 2:
      return { allOf: Array.from({ length: 1 + draw(2) }, part) };
    case 3:
      return { type: "array", items: part(), ...(draw(3) === 0 && { maxItems: 2 }) };
    case 4:
      return { type: "object", additionalProperties: part() };
    default:
      return drawObject(draw, depth - 1);
  }
}

function drawObject(draw: Draw, depth: number) {
  const names = ["kind", "x", "y"].slice(0, 1 + draw(3));
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, drawSchema(draw, depth)])),
    required: names.filter(() => draw(2) === 0),
    additionalProperties: false,
  };
}

function drawEvent(draw: Draw) {
  return { ...drawObject(draw, 3), $defs: Object.fromEntries(NAMES.map((name) => [name, drawSchema(draw, 2)])) };
}

/** Values that may be of a schema: each part of it says what could stand there. */
function drawValue(draw: Draw, depth: number): unknown {
  const leaf = () => pick<unknown>(draw, "a", "b", "c", "", 0, 1, 2, 3, 2.5, -1, true, false, null);
  if (depth === 0 || draw(2) === 0) return leaf();
  const part = () => drawValue(draw, depth - 1);
  if (draw(3) === 0) return Array.from({ length: draw(4) }, part);
  return Object.fromEntries(["kind", "x", "y"].filter(() => draw(3) > 0).map((name) => [name, part()]));
}

test("what is imported without a warning accepts what the schema accepts", async () => {
  const draw = createDraw(20_261_124);
  const schemas: object[] = [];
  const contracts: Record<string, ImportedContract> = {};
  for (let n = 0; schemas.length < SCHEMAS; n++) {
    expect(n).toBeLessThan(40 * SCHEMAS);
    const schema = drawEvent(draw);
    const request = { file: "drawn.json", text: JSON.stringify(schema), readImport: () => undefined };
    const { contract, diagnostics } = await importContract(request);
    const isExact = diagnostics.every(({ message }) => message.startsWith("Integers beyond"));
    if (!contract || !isExact) continue;
    contracts[`drawn-${schemas.length}`] = contract;
    schemas.push(schema);
  }
  const { useCases } = await compileContracts("drawn", contracts);
  const verdicts = { valid: 0, invalid: 0 };
  for (const [i, schema] of schemas.entries()) {
    const validate = new Ajv({ strict: false }).compile(schema);
    const { fromJson, toJson } = loadJson(useCases.get(`drawn-${i}`)!);
    let value: unknown = {};
    for (let n = 0; n < 100; n++) {
      const candidate = draw(2) === 0 ? mutated(value, draw) : drawValue(draw, 3);
      const isValid = validate(candidate);
      if (isValid) value = candidate;
      verdicts[isValid ? "valid" : "invalid"]++;
      expect([JSON.stringify(schema), candidate, accepted(candidate, fromJson)]).toEqual([
        JSON.stringify(schema),
        candidate,
        isValid,
      ]);
      if (isValid) expect(toJson(fromJson(candidate))).toEqual(candidate);
    }
  }
  expect(verdicts.valid).toBeGreaterThan(SCHEMAS);
}, 60_000);

function accepted(value: unknown, fromJson: (value: unknown) => unknown): boolean {
  try {
    fromJson(value);
    return true;
  } catch {
    return false;
  }
}
