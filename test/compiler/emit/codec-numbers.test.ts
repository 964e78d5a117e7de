import { describe, expect, test } from "vitest";
import { load } from "./load.ts";
import { list, message, TEXT, useCaseOf } from "./models.ts";

describe("numbers of other encodings", () => {
  const { encode, decode } = load(
    useCaseOf("numbers", [
      message("Numbers", {
        "single?": { kind: "float", wire: "float" },
        zero: { kind: "float", wire: "float" },
        zigzag: { kind: "int", wire: "sint64", min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
        fixed: { kind: "int", wire: "sfixed64", min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
        big: { kind: "bigint", wire: "fixed64" },
        names: { kind: "record", keys: { kind: "int", wire: "sint32", min: -9, max: 9 }, values: TEXT },
        words: list({ kind: "int", wire: "sfixed32", min: -9, max: 9 }),
      }),
    ]),
  );
  const nothing = { zero: 0, zigzag: 0, fixed: 0, big: 0n, names: {}, words: [] };

  test.each([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 31, -(2 ** 31) - 1, 2 ** 35, -1, 1, 2 ** 52 + 1])(
    "%d comes back",
    (value) => {
      const event = { ...nothing, zigzag: value, fixed: value };
      expect(decode(encode(event))).toEqual(event);
    },
  );

  test("a float is the nearest of 32 bits, again and again, and its zero is none", () => {
    const once = decode(encode({ ...nothing, single: 0.1, zero: 1e-60 })) as { single: number };
    expect(once).toEqual({ ...nothing, single: Math.fround(0.1) });
    expect(encode(once)).toEqual(encode({ ...nothing, single: 0.1 }));
    expect(decode(encode({ ...nothing, zero: -1e-60 }))).toEqual({ ...nothing, zero: -0 });
  });

  test("keys are written in the order of numbers", () => {
    const bytes = encode({ ...nothing, names: { 3: "c", "-2": "b", "-9": "a" } });
    expect(bytes).toEqual(encode({ ...nothing, names: { "-9": "a", "-2": "b", 3: "c" } }));
    expect(
      Buffer.from(bytes)
        .toString("latin1")
        .replace(/[^abc]/g, ""),
    ).toBe("abc");
  });

  test.each<[string, readonly number[]]>([
    ["a word that is cut off", [7 * 8 + 5, 1, 2, 3]],
    ["a packed list that ends in a word's midst", [7 * 8 + 2, 5, 0, 0, 0, 0, 1]],
    ["64 bits beyond what a number holds", [4 * 8 + 1, 0, 0, 0, 0, 0, 0, 0x20, 0]],
    ["a zigzag beyond what a number holds", [3 * 8, ...new Array<number>(9).fill(0xff), 1]],
  ])("%s is refused", (_, bytes) => {
    expect(() => decode(new Uint8Array(bytes))).toThrow(/can't be decoded/);
  });

  test("a list that is not packed is read too", () => {
    const word = (value: number) => [7 * 8 + 5, value, 0, 0, 0];
    expect(decode(new Uint8Array([...word(1), 7 * 8 + 2, 4, 2, 0, 0, 0, ...word(3)]))).toEqual({
      ...nothing,
      words: [1, 2, 3],
    });
  });
});
