import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Type } from "../../../compiler/model/model.ts";
import type { JsonEvent } from "../../../runtime/codec/json.ts";
import { InvalidEventError } from "../../../runtime/contract/errors.ts";
import { runs } from "../../property-runs.ts";
import { model } from "./arbitrary.ts";
import { valuesOf } from "./arbitrary-values.ts";
import { isKeptInJson, loadJson } from "./load-json.ts";
import { GENERATE_THUMBNAIL, list, message, messageRef, nullable, record, TEXT, unionOf, useCaseOf } from "./models.ts";

describe("any event", () => {
  const kept = model.filter(({ event }) => isKeptInJson(event));
  const cases = kept.chain((useCase) =>
    fc.tuple(fc.constant(useCase), fc.array(valuesOf(useCase), { minLength: 3, maxLength: 3 })),
  );

  test("comes back from JSON as it was", () => {
    fc.assert(
      fc.property(cases, ([useCase, values]) => {
        const { fromJson, toJson } = loadJson(useCase);
        for (const value of values) expect(fromJson(toJson(value))).toEqual(value);
      }),
      runs(60),
    );
  });

  test("is the same in JSON's text, but for the sign of zero, which no text of JSON.stringify has", () => {
    fc.assert(
      fc.property(cases, ([useCase, values]) => {
        const { fromJson, toJson } = loadJson(useCase);
        for (const value of values) {
          const json = toJson(value);
          const read: unknown = JSON.parse(JSON.stringify(json));
          expect(read).toEqual(withoutMinusZero(json));
          expect(toJson(fromJson(read))).toEqual(read);
        }
      }),
      runs(50),
    );
  });
});

function withoutMinusZero(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutMinusZero(part)]));
}

/** What is said of a value that is refused; nothing of one that is not. */
function refusal({ fromJson }: JsonEvent<unknown>, value: unknown): string[] {
  try {
    fromJson(value);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    return error.violations.map(({ path, rule, found }) => `${path}: ${rule}, found ${found}`);
  }
}

const UPLOADED = {
  fileId: "f1",
  teamId: "t1",
  sizeBytes: 5,
  kind: "image",
  uploadedAt: "2026-11-24T08:00:00.250Z",
  tags: ["a"],
  origin: { host: "example.org", port: 443 },
};

describe("an event of generate-thumbnail", () => {
  const json = loadJson(GENERATE_THUMBNAIL);

  test("is read from JSON and written as JSON", () => {
    const event = { ...UPLOADED, uploadedAt: new Date("2026-11-24T08:00:00.250Z") };
    expect(json.fromJson(UPLOADED)).toEqual(event);
    expect(json.toJson({ ...event, note: undefined })).toEqual(UPLOADED);
  });

  test("is written without what its type does not know, and read from an instance's own properties", () => {
    const event = { ...UPLOADED, uploadedAt: new Date("2026-11-24T08:00:00.250Z"), secret: () => {} };
    expect(json.toJson(event)).toEqual(UPLOADED);
    expect(refusal(json, Object.create(UPLOADED))).toHaveLength(7);
  });

  test("is told all of its faults at once: of its form in JSON, and of the rules of its type", () => {
    const faulty = {
      ...UPLOADED,
      fileId: "x".repeat(80),
      uploadedAt: "yesterday",
      notes: "mistyped",
      labels: { "a b": 2 },
      origin: { host: "-", port: "443", "po rt": 1 },
    };
    expect(refusal(json, faulty)).toEqual([
      "uploadedAt: must be a date and time in RFC 3339, in the years 1 to 9999, found string of 9 characters",
      'origin["po rt"]: must be absent: Origin has no field of that name, found number 1',
      "notes: must be absent: FileUploaded has no field of that name, found string of 8 characters",
      "fileId: must be a string of at most 64 characters, found string of 80 characters",
      'labels["a b"]: must be a string, found number 2',
      "origin.host: must be a host name, found string of 1 character",
      "origin.port: must be an integer from 1 to 65535, found string of 3 characters",
    ]);
  });

  test.each([[undefined], [null], ["text"], [5], [[UPLOADED]]])("is an object: %o is refused", (value) => {
    expect(refusal(json, value)).toEqual([expect.stringMatching(/^: must be an object, found /)]);
  });
});

describe("the forms of values", () => {
  const of = (type: Type) => loadJson(useCaseOf("forms", [message("Forms", { value: type })]));
  const MANY = { kind: "bytes", minLength: 2, maxLength: 4 } as const;

  test.each<[string, Type, readonly unknown[], readonly unknown[]]>([
    [
      "timestamp",
      { kind: "timestamp" },
      ["2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2024-01-01T00:00:00.1-23:59"],
      [
        "2023-02-29T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01T00:00:00",
        "2024-01-01t00:00:00z",
        "2024-01-01",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2024-01-01T00:00:00.1234567891Z",
        " 2024-01-01T00:00:00Z",
        0,
        new Date(),
        undefined,
      ],
    ],
    [
      "bigint",
      { kind: "bigint" },
      ["0", "-1", "9223372036854775807", "-9223372036854775808"],
      ["9223372036854775808", "-9223372036854775809", "-0", "01", "+1", "1.0", "1e3", "0x1", "", " 1", 1, 1n, null],
    ],
    [
      "bytes",
      { kind: "bytes" },
      ["", "AA==", "AAA=", "AAAA", "/+8="],
      ["A", "AA", "AB==", "A===", "_-8=", "A A=", "AAAA\n", 0],
    ],
    ["bytes of 2 to 4", MANY, ["AAA=", "AAAA", "AAAAAA=="], ["", "AA==", "AAAAAAA=", "AAAAAAAA"]],
    ["null", nullable({ kind: "timestamp" }), [null, "2024-01-01T00:00:00Z"], [undefined, "null", {}]],
  ])("%s", (_, type, good, bad) => {
    const json = of(type);
    for (const value of good) expect([value, refusal(json, { value })]).toEqual([value, []]);
    for (const value of bad) expect([value, refusal(json, { value }).length]).toEqual([value, 1]);
  });

  test("what is finer than a millisecond is cut off, before 1970 too", () => {
    const { fromJson } = of({ kind: "timestamp" });
    const read = (value: string) => (fromJson({ value }) as { value: Date }).value.getTime();
    expect(read("1970-01-01T00:00:00.0019Z")).toBe(1);
    expect(read("1969-12-31T23:59:59.9999Z")).toBe(-1);
  });

  test("rules are told in JSON's words", () => {
    const rule = (type: Type, value: unknown) => refusal(of(type), { value })[0];
    expect(rule(MANY, "AA==")).toBe("value: must be base64 with padding of 2 to 4 bytes, found string of 4 characters");
    expect(rule(nullable({ kind: "bigint" }), 5)).toBe(
      "value: must be a string of decimal digits, of an integer of 64 bits or null, found number 5",
    );
  });
});

describe("fields that were removed", () => {
  const sample = message("Sample", { id: TEXT });
  const json = loadJson(useCaseOf("sample", [{ ...sample, removed: [{ name: "legacy", number: 2 }] }]));

  test("may still be sent, and are not read", () => {
    expect(json.fromJson({ id: "a", legacy: 5 })).toEqual({ id: "a" });
    expect(refusal(json, { id: "a", legaci: 5 })).toHaveLength(1);
  });
});

describe("unions that JSON alone can't tell apart", () => {
  const value = unionOf("Value", TEXT, { kind: "timestamp" }, list(TEXT));
  const json = loadJson(
    useCaseOf("sample", [message("Sample", { value: { kind: "union", name: "Value" } })], [], {}, [value]),
  );

  test("name the variant", () => {
    const AT = "2024-01-01T00:00:00.000Z";
    expect(json.toJson({ value: AT })).toEqual({ value: { string: AT } });
    expect(json.toJson({ value: new Date(AT) })).toEqual({ value: { date: AT } });
    expect(json.fromJson({ value: { string: AT } })).toEqual({ value: AT });
    expect(json.fromJson({ value: { date: AT } })).toEqual({ value: new Date(AT) });
    expect(json.fromJson({ value: { list: [AT] } })).toEqual({ value: [AT] });
  });

  test.each([["a"], [{ text: "a" }], [{ string: "a", list: [] }], [{ list: "a" }], [{}], [null], [undefined]])(
    "%o is refused",
    (value) => {
      expect(refusal(json, { value })).toEqual([
        expect.stringMatching(/^value: must be an object of one property, string or date or list.*, found /),
      ]);
    },
  );
});

describe("values that want to do harm", () => {
  const tree = loadJson(
    useCaseOf("tree", [
      message("Tree", {
        at: { kind: "timestamp" },
        children: list(messageRef("Tree")),
        "by?": record(messageRef("Tree")),
      }),
    ]),
  );
  const at = "2024-01-01T00:00:00Z";

  test("nested deeper than events may be", () => {
    const nested = (depth: number): unknown =>
      JSON.parse(`${`{"at":"${at}","children":[`.repeat(depth)}${"]}".repeat(depth)}`);
    expect(refusal(tree, nested(32))).toEqual([]);
    expect(refusal(tree, nested(33))).toEqual([
      expect.stringMatching(/must nest at most 32 levels deep, found object$/),
    ]);
    expect(refusal(tree, nested(2_000))).toHaveLength(1);
  });

  test("cycles, and few objects that count as very many", () => {
    const cyclic = { at, children: [] as object[] };
    cyclic.children.push(cyclic, cyclic);
    expect(refusal(tree, cyclic)).toContainEqual(
      expect.stringMatching(/^: must have at most 524288 nested objects in all/),
    );
  });

  test("very many faults are told up to a hundred", () => {
    expect(
      refusal(tree, { at, children: Array.from({ length: 10_000 }, () => ({ at: 0, children: [] })) }),
    ).toHaveLength(100);
    expect(
      refusal(tree, { at, children: [], by: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [i, 0])) }),
    ).toHaveLength(100);
  });

  test("properties that throw, also those that the event has not", () => {
    const thrower = {
      get at(): string {
        throw new Error("no");
      },
    };
    expect(refusal(tree, thrower)).toContainEqual(
      expect.stringMatching(/^: must be an object whose properties can be read/),
    );
    expect(refusal(tree, { at, children: [], other: thrower })).toHaveLength(1);
  });

  test("a prototype is never set", () => {
    const json = loadJson(
      useCaseOf("sample", [message("Sample", { labels: record({ kind: "bigint" }), "__proto__?": TEXT })]),
    );
    const read = json.fromJson(JSON.parse('{"labels":{"__proto__":"5"},"__proto__":"a"}')) as { labels: object };
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(read.labels)).toBe(Object.prototype);
    expect(Object.entries(read.labels)).toEqual([["__proto__", 5n]]);
  });
});
