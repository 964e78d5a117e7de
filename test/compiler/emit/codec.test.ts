import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../property-runs.ts";
import { model } from "./arbitrary.ts";
import { valuesOf } from "./arbitrary-values.ts";
import { load } from "./load.ts";
import { EVERYTHING } from "./models.ts";

const cases = model.chain((useCase) =>
  fc.tuple(fc.constant(useCase), fc.array(valuesOf(useCase), { minLength: 4, maxLength: 4 })),
);

describe("any event", () => {
  test("is decoded as it was, and the validator lets it pass", () => {
    fc.assert(
      fc.property(cases, ([useCase, values]) => {
        const { encode, decode, validate } = load(useCase);
        for (const value of values) {
          expect(validate(value)).toBeUndefined();
          const decoded = decode(encode(value));
          expect(decoded).toEqual(value);
          expect(hasUndefined(decoded)).toBe(false);
        }
      }),
      runs(100),
    );
  });

  test("has one encoding, whatever the order of its records' keys", () => {
    fc.assert(
      fc.property(cases, ([useCase, values]) => {
        const { encode } = load(useCase);
        for (const value of values) expect(Buffer.from(encode(reversed(value)))).toEqual(Buffer.from(encode(value)));
      }),
      runs(50),
    );
  });
});

/** Whether an object in it has a property for what is absent. */
function hasUndefined(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const parts = Object.values(value);
  return (!Array.isArray(value) && parts.includes(undefined)) || parts.some(hasUndefined);
}

/** The same value with all its objects' properties the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
}

describe("bytes that anybody may have written", () => {
  const { encode, decode } = load(EVERYTHING);

  /** Decodes in the midst of other bytes, which must not be read, and says what came of it. */
  function outcome(bytes: Uint8Array, around: number): unknown {
    const buffer = new Uint8Array(bytes.length + 64).fill(around);
    buffer.set(bytes, 32);
    try {
      return { value: decode(buffer.subarray(32, 32 + bytes.length)) };
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("The payload can't be decoded: ")) throw error;
      return { message: error.message };
    }
  }

  test("random ones end in a value or a plain error, and nothing around them matters", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(outcome(bytes, 0x00)).toEqual(outcome(bytes, 0xff));
      }),
      runs(1_000),
    );
  });

  test("so do events of which bytes were changed, lost or added", () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat(3), add: fc.uint8Array({ maxLength: 3 }) });
    fc.assert(
      fc.property(valuesOf(EVERYTHING), fc.array(edit, { minLength: 1, maxLength: 3 }), (value, edits) => {
        let bytes = [...encode(value)];
        for (const { at, remove, add } of edits) bytes = bytes.toSpliced(at % (bytes.length + 1), remove, ...add);
        expect(outcome(Uint8Array.from(bytes), 0x00)).toEqual(outcome(Uint8Array.from(bytes), 0x7f));
      }),
      runs(200),
    );
  });

  test("none of an event's beginnings is hung on, and each is refused or an event of fewer fields", () => {
    const [value] = fc.sample(valuesOf(EVERYTHING), { numRuns: 1, seed: 5 });
    const bytes = encode(value);
    for (let length = 0; length < bytes.length; length++) outcome(bytes.subarray(0, length), 0x80);
    expect(outcome(bytes, 0x80)).toEqual({ value });
  });
});
