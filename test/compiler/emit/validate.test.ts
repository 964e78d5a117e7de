import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Type, UseCase } from "../../../compiler/model/model.ts";
import { rootOf } from "../../../compiler/model/root.ts";
import { runs } from "../../property-runs.ts";
import { model } from "./arbitrary.ts";
import { valuesOf } from "./arbitrary-values.ts";
import { load } from "./load.ts";
import { GENERATE_THUMBNAIL, list, message, messageRef, record, TEXT, useCaseOf } from "./models.ts";

const UPLOADED = {
  fileId: "f1",
  teamId: "t1",
  sizeBytes: 5,
  kind: "image",
  uploadedAt: new Date("2026-11-24T08:00:00Z"),
  tags: ["a"],
  origin: { host: "example.org", port: 443 },
};

describe("an event of generate-thumbnail", () => {
  const { validate } = load(GENERATE_THUMBNAIL);

  test("is valid, with properties that its type does not know, and as an instance of a class", () => {
    class Uploaded {
      constructor() {
        Object.assign(this, UPLOADED);
      }
    }
    expect(validate(UPLOADED)).toBeUndefined();
    expect(validate({ ...UPLOADED, note: undefined, labels: {}, more: () => {} })).toBeUndefined();
    expect(validate(new Uploaded())).toBeUndefined();
    expect(validate(Object.create(UPLOADED))).toBeUndefined();
  });

  test("is told all of its faults at once: where, the rule, and what was found", () => {
    const faulty = {
      fileId: "x".repeat(80),
      sizeBytes: 1.5,
      kind: "imgae",
      uploadedAt: new Date(Number.NaN),
      note: null,
      tags: ["", 5, "b"],
      labels: { ok: "1", "a b": 2, ["k".repeat(100)]: true },
      origin: { host: "-", port: 0 },
    };
    const lines = validate(faulty)!.map(({ path, rule, found }) => `${path}: ${rule}, found ${found}`);
    expect(lines).toEqual([
      "fileId: must be a string of at most 64 characters, found string of 80 characters",
      "teamId: must be a string, found undefined",
      "sizeBytes: must be an integer from 0, found number 1.5",
      'kind: must be one of "image", "video", "document", found string "imgae"',
      "uploadedAt: must be a Date in the years 1 to 9999, found invalid Date",
      "note: must be a string of at most 200 characters, found null",
      "tags[0]: must be a string of at least 1 character, found string of 0 characters",
      "tags[1]: must be a string of at least 1 character, found number 5",
      'labels["a b"]: must be a string, found number 2',
      `labels.${"k".repeat(64)}…: must be a string, found boolean true`.replace(/labels\.(k+…)/, 'labels["$1"]'),
      "origin.host: must be a host name, found string of 1 character",
      "origin.port: must be an integer from 1 to 65535, found number 0",
    ]);
  });

  test.each<[unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    ["text", "string of 4 characters"],
    [[UPLOADED], "array of 1 item"],
    [() => UPLOADED, "function"],
    [Symbol("s"), "symbol"],
    [10n ** 1000n, "bigint of more than 64 bits"],
  ])("is an object: %o is refused", (value, found) => {
    expect(validate(value)).toEqual([{ path: "", rule: "must be an object", found }]);
  });

  test.each<[string, object, string]>([
    ["a Map for a record", { labels: new Map([["a", "b"]]) }, "instance of Map"],
    ["an array for a record", { labels: ["a"] }, "array of 1 item"],
    ["an object for an array", { tags: { length: 0 } }, "object"],
    ["a string for a Date", { uploadedAt: "2026-11-24" }, "string of 10 characters"],
    ["a Date after the year 9999", { uploadedAt: new Date(253_402_300_800_000) }, "Date +010000-01-01T00:00:00.000Z"],
    ["a Date before the year 1", { uploadedAt: new Date(-62_135_596_800_001) }, "Date 0000-12-31T23:59:59.999Z"],
    ["a lone surrogate", { fileId: "a\ud800" }, "string with a lone surrogate, which UTF-8 can't hold"],
    ["a String object", { fileId: new String("f1") }, "instance of String"],
    ["an unsafe integer", { sizeBytes: 2 ** 53 }, "number 9007199254740992"],
    ["NaN", { sizeBytes: Number.NaN }, "number NaN"],
    ["a bigint", { sizeBytes: 5n }, "bigint 5"],
  ])("%s is refused", (_, change, found) => {
    const [violation, ...more] = validate({ ...UPLOADED, ...change })!;
    expect(violation).toMatchObject({ path: Object.keys(change)[0], found });
    expect(more).toEqual([]);
  });

  test("a record of another realm, or without a prototype, is a record", () => {
    expect(validate({ ...UPLOADED, labels: Object.assign(Object.create(null), { a: "b" }) })).toBeUndefined();
  });
});

describe("values that want to do harm", () => {
  const tree = load(
    useCaseOf("tree", [
      message("Tree", { name: TEXT, children: list(messageRef("Tree")), "by?": record(messageRef("Tree")) }),
    ]),
  );
  const { validate } = load(GENERATE_THUMBNAIL);
  const hostile = {
    get fileId(): string {
      throw new Error("no");
    },
  };
  const REFUSED = [
    { path: "", rule: "must be an object whose properties can be read", found: "one that throws where it is read" },
  ];

  test("getters and proxies that throw", () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(validate(hostile)).toEqual(REFUSED);
    expect(validate(revoked.proxy)).toEqual(REFUSED);
    expect(validate({ ...UPLOADED, origin: revoked.proxy })).toEqual(REFUSED);
    expect(validate({ ...UPLOADED, uploadedAt: Object.create(Date.prototype) })).toEqual(REFUSED);
  });

  test("objects without an end: what nests deeper than 32 levels is refused", () => {
    const chain = (depth: number): object => ({ name: "", children: depth > 1 ? [chain(depth - 1)] : [] });
    expect(tree.validate(chain(32))).toBeUndefined();
    expect(tree.validate(chain(33))).toEqual([
      {
        path: "children[0]".repeat(32).replaceAll("]c", "].c"),
        rule: "must nest at most 32 levels deep",
        found: "object",
      },
    ]);
    expect(tree.decode(tree.encode(chain(32)))).toEqual(chain(32));
  });

  test("cycles, also those that branch, end with 100 violations at most", () => {
    const cyclic = { name: "", children: [] as object[], by: {} };
    cyclic.children.push(cyclic, cyclic, cyclic);
    cyclic.by = { a: cyclic };
    expect(tree.validate(cyclic)).toHaveLength(100);
  });

  test("objects that are few but count as very many end too", () => {
    let wide: object = { name: "", children: [] };
    for (let i = 0; i < 30; i++) wide = { name: "", children: [wide, wide] };
    expect(tree.validate(wide)?.[0]?.rule).toBe("must have at most 524288 nested objects in all");
  });

  test("lists that say they have no end", () => {
    const endless = new Proxy([], { get: (_, key) => (key === "length" ? Number.POSITIVE_INFINITY : "a") });
    const { validate } = load(useCaseOf("lists", [message("Lists", { items: list(TEXT) })]));
    expect(validate({ items: endless })).toMatchObject([
      { path: "items", rule: "must be an array of at most 1048576 items" },
    ]);
    expect(validate({ items: new Array(2 ** 31) })).toHaveLength(1);
    expect(validate({ items: new Array(1_000) })).toHaveLength(100);
  });
});

describe("any event", () => {
  const cases = model.chain((useCase) => fc.tuple(fc.constant(useCase), valuesOf(useCase), fc.nat()));

  test("with one part replaced by a function is refused, at that part", () => {
    fc.assert(
      fc.property(cases, ([useCase, value, choice]) => {
        const { validate } = load(useCase);
        const places = placesIn(useCase, value);
        fc.pre(places.length > 0);
        const place = places[choice % places.length]!;
        place.replace(() => {});
        expect(validate(value)).toEqual([
          { path: place.path, rule: expect.stringMatching(/^must be /), found: "function" },
        ]);
        place.replace(undefined);
        if (place.isOptional) expect(validate(value)).toBeUndefined();
        else expect(validate(value)).toMatchObject([{ path: place.path, found: "undefined" }]);
      }),
      runs(100),
    );
  });
});

interface Part {
  readonly path: string;
  readonly isOptional: boolean;
  readonly replace: (value: unknown) => void;
}

/** Where a value of that event has parts that its type prescribes. */
function placesIn({ event }: UseCase, root: unknown): Part[] {
  const parts: Part[] = [];
  const replaceIn = (object: object, key: string | number) => (value: unknown) => {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  };
  const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
  const step = (path: string, key: string) =>
    identifier.test(key) ? `${path}${path && "."}${key}` : `${path}[${JSON.stringify(key)}]`;
  const visit = (type: Type, value: unknown, path: string): void => {
    if (value === undefined || value === null) return;
    if (type.kind === "nullable") visit(type.of, value, path);
    else if (type.kind === "message") {
      const { fields, tuple } = event.messages.find(({ name }) => name === type.name)!;
      for (const field of fields) {
        if (tuple?.isOpen && field === fields.at(-1)) continue;
        const at = tuple ? `${path}[${field.name}]` : step(path, field.name);
        parts.push({ path: at, isOptional: field.optional, replace: replaceIn(value as object, field.name) });
        if (Object.hasOwn(value as object, field.name))
          visit(field.type, (value as Record<string, unknown>)[field.name], at);
      }
    } else if (type.kind === "union") {
      // What is wrong in a variant is told of that variant, unless it is what tells it from the others.
    } else if (type.kind === "array") {
      for (const [i, item] of (value as unknown[]).entries()) {
        parts.push({ path: `${path}[${i}]`, isOptional: false, replace: replaceIn(value as object, i) });
        visit(type.items, item, `${path}[${i}]`);
      }
    } else if (type.kind === "record") {
      for (const [key, item] of Object.entries(value as object)) {
        const at = step(path, key.length > 64 ? `${key.slice(0, 64)}…` : key);
        parts.push({ path: at, isOptional: type.sparse === true, replace: replaceIn(value as object, key) });
        visit(type.values, item, at);
      }
    }
  };
  visit(rootOf(event), root, "");
  return parts;
}
