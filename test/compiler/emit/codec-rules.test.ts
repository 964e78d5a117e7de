import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { load } from "./load.ts";
import { loadJson } from "./load-json.ts";
import {
  enumOf,
  enumRef,
  INT,
  list,
  message,
  messageOf,
  messageRef,
  nullable,
  record,
  TEXT,
  useCaseOf,
} from "./models.ts";

const TIME = { kind: "timestamp" } as const;

describe("protobuf's rules", () => {
  const sample = useCaseOf(
    "sample",
    [
      message("Sample", {
        text: TEXT,
        "note?": TEXT,
        count: INT,
        big: { kind: "bigint" },
        numbers: list(INT),
        "at?": TIME,
        "part?": messageRef("Part"),
        "kind?": enumRef("Kind"),
        names: record(TEXT),
        "list?": list(TEXT),
        natural: { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER },
        "next?": messageRef("Sample"),
      }),
      message("Part", { a: TEXT, b: TEXT, at: TIME, kind: enumRef("Kind"), "inner?": messageRef("Part") }),
    ],
    [enumOf("Kind", "one", "two")],
  );
  const { encode, decode } = load(sample);
  const nothing = { text: "", count: 0, big: 0n, numbers: [], names: {}, natural: 0 };

  function field(number: number, wire: number, ...bytes: readonly number[]): number[] {
    return [number * 8 + wire, ...bytes];
  }
  function sized(number: number, ...bytes: readonly number[]): number[] {
    return field(number, 2, bytes.length, ...bytes);
  }
  const ones = (count: number, last: number) => [...new Array<number>(count).fill(0xff), last];
  const PART = [...sized(1, 0x61), ...sized(3), ...field(4, 0, 1)];

  test.each<[string, readonly number[], object]>([
    ["nothing at all is an event of zeros", [], {}],
    ["of a field that comes twice the last counts", [...sized(1, 0x61), ...sized(1, 0x62)], { text: "b" }],
    ["an explicit zero is a zero", sized(1), { text: "" }],
    ["an optional field may be a zero", sized(2), { note: "" }],
    ["a list may be packed", sized(5, 1, 2), { numbers: [1, 2] }],
    ["a list may be unpacked", [...field(5, 0, 1), ...field(5, 0, 2)], { numbers: [1, 2] }],
    ["a list may be both", [...sized(5, 1), ...field(5, 0, 2), ...sized(5)], { numbers: [1, 2] }],
    ["an optional list without items is absent", [], {}],
    ["an optional list may be marked as empty", [0xb8, 0xa3, 0x09, 10], { list: [] }],
    ["marks may be packed", [0xba, 0xa3, 0x09, 1, 10], { list: [] }],
    ["a mark of a list with items says nothing", [...sized(10, 0x61), 0xb8, 0xa3, 0x09, 10], { list: ["a"] }],
    ["a mark of no list says nothing", [0xb8, 0xa3, 0x09, 1], {}],
    [
      "parts of a message are one message",
      [
        ...sized(7, ...sized(1, 0x61)),
        ...sized(1, 0x78),
        ...sized(7, ...sized(2, 0x62), ...sized(3), ...field(4, 0, 1)),
      ],
      { text: "x", part: { a: "a", b: "b", at: new Date(0), kind: "one" } },
    ],
    [
      "also of three parts, the last of which counts",
      [...sized(7, ...PART), ...sized(7, ...field(4, 0, 2)), ...sized(7, ...sized(1, 0x62))],
      { part: { a: "b", b: "", at: new Date(0), kind: "two" } },
    ],
    [
      "also inside another such message",
      [...sized(7, ...PART, ...sized(5, ...sized(1, 0x61), ...sized(3))), ...sized(7, ...sized(5, ...field(4, 0, 2)))],
      { part: { a: "a", b: "", at: new Date(0), kind: "one", inner: { a: "a", b: "", at: new Date(0), kind: "two" } } },
    ],
    [
      "parts of a timestamp are one timestamp",
      [...sized(6, ...field(1, 0, 5)), ...sized(6, ...field(2, 0, 0xc0, 0x84, 0x3d))],
      { at: new Date(5_001) },
    ],
    [
      "what is finer than a Date is cut off",
      sized(6, ...field(2, 0, ...[0xff, 0x93, 0xeb, 0xdc, 0x03])),
      { at: new Date(999) },
    ],
    ["an enum's 0 is none", field(8, 0, 0), {}],
    ["an entry of a map may lack its key or value", sized(9), { names: { "": "" } }],
    [
      "the last entry of a key counts",
      [...sized(9, ...sized(1, 0x6b), ...sized(2, 0x61)), ...sized(9, ...sized(1, 0x6b), ...sized(2, 0x62))],
      { names: { k: "b" } },
    ],
    [
      "a key may be __proto__",
      sized(9, ...sized(1, ...Buffer.from("__proto__")), ...sized(2, 0x61)),
      { names: Object.fromEntries([["__proto__", "a"]]) },
    ],
    [
      "unknown fields of all wire types are passed over",
      [
        ...[...field(14, 0, 0x81, 1)],
        ...field(14, 1, 1, 2, 3, 4, 5, 6, 7, 8),
        ...sized(14, 9),
        ...field(14, 5, 1, 2, 3, 4),
        ...field(14, 3, ...field(1, 3, ...field(1, 4)), ...sized(2, 1), ...field(14, 4)),
        ...sized(1, 0x61),
      ],
      { text: "a" },
    ],
    ["a known field of another wire type is unknown", [...field(1, 0, 5), ...field(1, 5, 1, 2, 3, 4)], {}],
    ["a varint may have more bytes than it needs", [0x8a, 0x00, 0x81, 0x00, 0x61], { text: "a" }],
    ["a negative integer has ten bytes", field(3, 0, ...ones(9, 1)), { count: -1 }],
    ["a byte order mark is text", sized(1, 0xef, 0xbb, 0xbf), { text: "\ufeff" }],
    ["the largest safe integer", field(3, 0, ...ones(7, 0x0f)), { count: Number.MAX_SAFE_INTEGER }],
    ["the least bigint", field(4, 0, ...new Array<number>(9).fill(0x80), 1), { big: -(2n ** 63n) }],
  ])("%s", (_, bytes, expected) => {
    expect(decode(Uint8Array.from(bytes))).toEqual({ ...nothing, ...expected });
  });

  test.each<[string, readonly number[], string]>([
    ["a length beyond the end", [0x0a, 5, 0x61], "goes on beyond its end"],
    [
      "a length beyond the parent's end",
      [...sized(7, 0x0a, 9), ...sized(1, ...Buffer.from("enough"))],
      "goes on beyond its end",
    ],
    ["a varint without an end", [0x18, 0x80], "goes on beyond its end"],
    ["a varint that goes on beyond its list", [...sized(5, 0x80), 1], "goes on beyond its end"],
    ["a number without an end", [113, 1, 2], "goes on beyond its end"],
    ["a varint of eleven bytes", [0x18, ...ones(10, 1)], "a varint of more than 10 bytes"],
    ["a length above 32 bits", [0x0a, ...ones(5, 1)], "a length is above 32 bits"],
    ["an integer that a number can't hold", field(3, 0, ...ones(7, 0x1f)), "beyond ±(2^53 - 1)"],
    ["a natural one that a number can't hold", field(11, 0, ...ones(9, 1)), "beyond ±(2^53 - 1)"],
    ["text that is no UTF-8", sized(1, 0xff), "the text of 1 bytes is no UTF-8"],
    ["text with a surrogate", sized(1, 0xed, 0xa0, 0x80), "no UTF-8"],
    [
      "long text that is no UTF-8",
      [0x0a, 0xa0, 0x1f, ...new Array<number>(3_999).fill(0x61), 0xc3],
      "the text of 4000 bytes is no UTF-8",
    ],
    ["a message without what it requires", sized(7, ...sized(1, 0x61)), "'Part.at' is missing, and it is required"],
    ["a required enum of 0", sized(7, ...sized(3), ...field(4, 0, 0)), "'Part.kind' is missing, and it is required"],
    ["an enum's number of no value", field(8, 0, 3), "3 is the number of no value of Kind"],
    [
      "a timestamp after the year 9999",
      sized(6, 0x08, 0x80, 0x83, 0xd1, 0xff, 0xaf, 0x7),
      "not in the years 1 to 9999",
    ],
    ["a timestamp of negative nanoseconds", sized(6, 0x10, ...ones(9, 1)), "not in the years 1 to 9999"],
    ["field 0", [0, 0], "field number 0"],
    ["wire type 6", field(14, 6), "wire type 6"],
    ["a group's end without its start", field(14, 4), "wire type 4"],
    ["a group that another one ends", [...field(14, 3), ...field(13, 4)], "group 14 is closed as group 13"],
    ["a group without an end", field(14, 3), "goes on beyond its end"],
  ])("%s is refused", (_, bytes, expected) => {
    expect(() => decode(Uint8Array.from(bytes))).toThrow(expected);
  });

  test("messages nest up to 100 levels, whoever wrote them", () => {
    const nested = (depth: number): number[] => {
      let bytes: number[] = [];
      for (let i = 0; i < depth; i++) {
        const length = bytes.length < 0x80 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
        bytes = [12 * 8 + 2, ...length, ...bytes];
      }
      return bytes;
    };
    expect(() => decode(Uint8Array.from(nested(100)))).not.toThrow();
    expect(() => decode(Uint8Array.from(nested(101)))).toThrow("messages nest deeper than 100 levels");
    expect(() => decode(new Uint8Array(5_000).fill(14 * 8 + 3))).toThrow("groups nest deeper than 100 levels");
  });

  test("many parts of one message take time in proportion", () => {
    const part = sized(7, ...sized(1, 0x61));
    const bytes = Uint8Array.from([
      ...new Array<number[]>(100_000).fill(part).flat(),
      ...sized(7, ...sized(3), ...field(4, 0, 1)),
    ]);
    const start = performance.now();
    expect(decode(bytes)).toMatchObject({ part: { a: "a" } });
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test("lengths of more than a byte, in messages, entries and texts", () => {
    for (const length of [126, 127, 128, 16_383, 16_384, 70_000]) {
      const text = "x".repeat(length);
      const value = {
        ...nothing,
        text,
        names: { [text]: text },
        part: { a: text, b: "é".repeat(length), at: new Date(1), kind: "two" },
      };
      expect(decode(encode(value))).toEqual(value);
    }
  });

  test("payloads stay as they are, however many follow", () => {
    const payloads = Array.from({ length: 500 }, (_, i) => encode({ ...nothing, text: `${i}`.repeat(100) }));
    for (const [i, payload] of payloads.entries()) expect(decode(payload)).toMatchObject({ text: `${i}`.repeat(100) });
  });

  test("an event may encode another while it is read", () => {
    const inner = { ...nothing, text: "inner" };
    let payload = new Uint8Array();
    const outer = {
      ...nothing,
      text: "outer",
      get count() {
        payload = encode(inner) as Uint8Array<ArrayBuffer>;
        return 7;
      },
    };
    expect(decode(encode(outer))).toEqual({ ...nothing, text: "outer", count: 7 });
    expect(decode(payload)).toEqual(inner);
  });

  test("an event that can't be read leaves nothing behind", () => {
    const broken = {
      ...nothing,
      text: "broken",
      get count(): number {
        throw new Error("no count");
      },
    };
    expect(() => encode(broken)).toThrow("no count");
    expect(decode(encode({ ...nothing, note: "next" }))).toEqual({ ...nothing, note: "next" });
  });

  test("what is absent has no property", () => {
    expect(Object.keys(decode(new Uint8Array()) as object)).toEqual(Object.keys(nothing));
  });
});

describe("optional fields that are called as what every object inherits", () => {
  const NAMES = Object.getOwnPropertyNames(Object.prototype);
  const useCase = useCaseOf("inherited", [
    messageOf("Inherited", [
      ["id", TEXT],
      ...NAMES.map((name) => [`${name}?`, TEXT] as const),
      ["nested?", messageRef("Nested")],
    ]),
    messageOf("Nested", [
      ["constructor?", nullable(list(TEXT))],
      ["valueOf?", messageRef("Nested")],
      ["__proto__?", nullable({ kind: "json" })],
    ]),
  ]);
  const inherited = load(useCase);
  const { toJson, fromJson } = loadJson(useCase, inherited);
  const own = (entries: readonly (readonly [string, unknown])[]) => Object.fromEntries([["id", "a"], ...entries]);

  test.each<readonly [string, object]>([
    ["absent", own([])],
    ["absent in an object that is there", own([["nested", {}]])],
    ["there", own(NAMES.map((name) => [name, `its ${name}`]))],
    ...NAMES.map((name) => [`${name} alone`, own([[name, ""]])] as const),
    ["empty or null", own([["nested", JSON.parse('{"constructor":[],"valueOf":{},"__proto__":null}')]])],
    ["objects", own([["nested", JSON.parse('{"valueOf":{"constructor":null},"__proto__":{"a":1}}')]])],
  ])("%s: comes back as it was by bytes and by JSON, without a property for what is absent", (_, value) => {
    expect(inherited.validate(value)).toBeUndefined();
    expect(isDeepStrictEqual(inherited.decode(inherited.encode(value)), value)).toBe(true);
    expect(isDeepStrictEqual(fromJson(JSON.parse(JSON.stringify(toJson(value)))), value)).toBe(true);
  });

  test("can be set where what objects inherit may not be changed, as in hardened programs", () => {
    const value = own(NAMES.map((name) => [name, "x"]));
    const bytes = inherited.encode(value);
    const inheritedOne = Object.getOwnPropertyDescriptor(Object.prototype, "valueOf")!;
    Object.defineProperty(Object.prototype, "valueOf", { ...inheritedOne, writable: false });
    try {
      expect(isDeepStrictEqual(inherited.decode(bytes), value)).toBe(true);
    } finally {
      Object.defineProperty(Object.prototype, "valueOf", inheritedOne);
    }
  });
});
