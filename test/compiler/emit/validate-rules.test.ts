import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Type } from "../../../compiler/model/model.ts";
import { TEXT_FORMAT_NAMES } from "../../../compiler/settings/text-formats.ts";
import { TEXT_FORMAT_SAMPLES } from "../text-format-samples.ts";
import { valuesOf } from "./arbitrary-values.ts";
import { load } from "./load.ts";
import { EVERYTHING, enumOf, enumRef, message, record, TEXT, useCaseOf } from "./models.ts";

describe("rules", () => {
  function accepts(type: Type, value: unknown): boolean {
    const useCase = useCaseOf("rules", [message("Rules", { value: type })], [enumOf("Kind", ..."abcdefghij")]);
    return load(useCase).validate({ value }) === undefined;
  }

  test.each<[string, Type, readonly unknown[], readonly unknown[]]>([
    ["length", { kind: "text", minLength: 2, maxLength: 3 }, ["ab", "abc", "é€"], ["a", "abcd"]],
    ["pattern", { kind: "text", pattern: "^a/b\n?$" }, ["a/b", "a/b\n"], ["a\\/b", "xa/b"]],
    ...TEXT_FORMAT_NAMES.map((format): [string, Type, readonly string[], readonly string[]] => {
      const { good, bad } = TEXT_FORMAT_SAMPLES[format];
      return [format, { kind: "text", format }, good, bad];
    }),
    ["the days of a month", { kind: "text", format: "date" }, ["2024-02-29"], ["2023-02-29", "2023-04-31"]],
    ["int", { kind: "int", wire: "int32", min: -5, max: 5 }, [-5, 0, -0, 5], [-6, 6, 1.5, "1", 1n, Number.NaN]],
    ["float", { kind: "float", min: 0 }, [0, 1.5, Number.MAX_VALUE], [-1, Number.POSITIVE_INFINITY, Number.NaN]],
    ["bigint", { kind: "bigint" }, [-(2n ** 63n), 2n ** 63n - 1n], [2n ** 63n, -(2n ** 63n) - 1n, 1]],
    ["uint64", { kind: "bigint", wire: "uint64" }, [0n, 2n ** 64n - 1n], [-1n, 2n ** 64n, 1]],
    ["float of 32 bits", { kind: "float", wire: "float" }, [0.1, 3.4e38, -1e-60], [3.5e38, -1e300, Number.NaN, "1"]],
    [
      "float of 32 bits, in a range",
      { kind: "float", wire: "float", min: -0.1, max: 0.7 },
      [0.7, Math.fround(0.7), -0.1, Math.fround(-0.1)],
      [0.7001, -0.1001],
    ],
    [
      "integer keys",
      { kind: "record", keys: { kind: "int", wire: "int32", min: -5, max: 5 }, values: TEXT },
      [{}, { 1: "" }, { "-5": "", 0: "" }],
      [
        { a: "" },
        { "": "" },
        { 6: "" },
        { "01": "" },
        { "1.5": "" },
        { "-0": "" },
        { "+1": "" },
        { __proto__: null, x: "" },
      ],
    ],
    [
      "keys of a number's widest range",
      { kind: "record", keys: { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER }, values: TEXT },
      [{ 9007199254740991: "" }],
      [{ "9007199254740992": "" }, { "1e3": "" }, { "-1": "" }],
    ],
    [
      "bytes",
      { kind: "bytes", minLength: 1, maxLength: 2 },
      [new Uint8Array(1), Buffer.from("ab")],
      [new Uint8Array(), new Uint8Array(3), [1], new ArrayBuffer(1)],
    ],
    ["boolean", { kind: "boolean" }, [true, false], [0, "true", null]],
    ["enum of many", enumRef("Kind"), ["a", "j"], ["k", "", 1, ["a"]]],
    [
      "items",
      { kind: "array", items: TEXT, minItems: 1, maxItems: 2 },
      [["a"], ["a", "b"]],
      [[], ["a", "b", "c"], [1]],
    ],
    ["record", record(TEXT), [{}, { "": "" }], [{ "a\udc00": "" }, { a: undefined }, new Date()]],
  ])("%s", (_, type, good, bad) => {
    for (const value of good) expect([value, accepts(type, value)]).toEqual([value, true]);
    for (const value of bad) expect([value, accepts(type, value)]).toEqual([value, false]);
  });

  test("patterns of the rules take no longer for text that almost fits", () => {
    const start = performance.now();
    for (const format of TEXT_FORMAT_NAMES) {
      accepts({ kind: "text", format }, `${"a-".repeat(50_000)}!`);
      accepts({ kind: "text", format }, `a@${"a.".repeat(50_000)}!`);
      accepts({ kind: "text", format }, `a:${"%41".repeat(50_000)}%`);
    }
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  test("what is valid by them can be encoded and decoded, at every bound", () => {
    const { validate, encode, decode } = load(EVERYTHING);
    fc.assert(
      fc.property(valuesOf(EVERYTHING), (value) => {
        expect(validate(value)).toBeUndefined();
        expect(decode(encode(value))).toEqual(value);
      }),
    );
  });
});

describe("JSON", () => {
  const { validate, encode, decode } = load(useCaseOf("json", [message("Holder", { json: { kind: "json" } })]));
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

  test.each([
    [null, true, "", "text", 0, -0, 1e300, [], {}, [[1, null], { a: [] }]],
    [nested(32), JSON.parse('{"__proto__":1,"constructor":{"toString":2}}'), Object.create(null)],
  ])("%j and the like pass, and come back", (...values: unknown[]) => {
    for (const json of values) {
      expect(validate({ json })).toBeUndefined();
      expect(decode(encode({ json }))).toEqual({ json });
    }
  });

  test("what JSON can't hold is refused", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle, cycle);
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, i]));
    let bush: unknown = wide;
    for (let i = 0; i < 31; i++) bush = [bush, bush, bush];
    const bad = [
      undefined,
      1n,
      Number.NaN,
      new Date(),
      new Map(),
      () => {},
      { a: undefined },
      new Array(2),
      "\ud800",
      { "\ud800": 1 },
      nested(33),
      cycle,
      bush,
    ];
    for (const json of bad) {
      expect(validate({ json })).toMatchObject([{ path: "json", rule: "must be a JSON value of at most 32 levels" }]);
    }
  });

  test("equal values have equal bytes, whatever the order of keys", () => {
    const bytes = encode({ json: { b: 1, a: { d: 1, c: "é" } } });
    expect(Buffer.from(encode({ json: { a: { c: "é", d: 1 }, b: 1 } }))).toEqual(Buffer.from(bytes));
    expect(Buffer.from(bytes).toString().slice(2)).toBe('{"a":{"c":"é","d":1},"b":1}');
    expect(encode({ json: null })).toHaveLength(0);
  });

  test("text that is no JSON is a plain error", () => {
    expect(() => decode(Uint8Array.from([10, 1, 0x7b]))).toThrow("the text of 1 characters is no JSON");
    expect(() => decode(Buffer.concat([Uint8Array.from([10, 0xa0, 0x8d, 0x06]), Buffer.alloc(100_000, "[")]))).toThrow(
      "is no JSON",
    );
  });
});
