import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sizesOf } from "../../../compiler/check/payload-size.ts";
import type { Message, Type } from "../../../compiler/model/model.ts";
import { model } from "../emit/arbitrary.ts";
import { valuesOf } from "../emit/arbitrary-values.ts";
import { load } from "../emit/load.ts";
import {
  enumOf,
  enumRef,
  message,
  messageRef,
  nullable,
  record,
  TEXT,
  unionOf,
  unionRef,
  useCaseOf,
} from "../emit/models.ts";

const MONTHS = enumOf("Month", ..."abcdefghijkl");

function sizeOf(type: Type, ...others: readonly Message[]): number {
  const holder = message("Holder", { value: type });
  return sizesOf(useCaseOf("sizes", [holder, ...others], [MONTHS]).event).event;
}

test("no event of bounded types takes more, whatever its values", () => {
  const bounded = model.filter((useCase) => Number.isFinite(sizesOf(useCase.event).event));
  const cases = bounded.chain((useCase) =>
    fc.tuple(fc.constant(useCase), fc.array(valuesOf(useCase), { minLength: 3, maxLength: 3 })),
  );
  fc.assert(
    fc.property(cases, ([useCase, values]) => {
      const most = sizesOf(useCase.event).event;
      const { encode } = load(useCase);
      for (const value of values) expect(encode(value).length).toBeLessThanOrEqual(most);
    }),
    { numRuns: 200 },
  );
});

describe("the largest values take exactly what is said", () => {
  test.each<[string, Type, unknown]>([
    ["text", { kind: "text", maxLength: 50 }, "€".repeat(50)],
    ["int", { kind: "int", wire: "int32", min: -1, max: 1 }, -1],
    ["uint", { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER }, Number.MAX_SAFE_INTEGER],
    ["float", { kind: "float" }, 1.5],
    ["bigint", { kind: "bigint" }, -1n],
    ["timestamp", { kind: "timestamp" }, new Date(-1)],
    ["bytes", { kind: "bytes", maxLength: 200 }, new Uint8Array(200)],
    ["enum", enumRef("Month"), "l"],
    ["packed list", { kind: "array", items: { kind: "float" }, maxItems: 40 }, new Array(40).fill(1)],
    ["list", { kind: "array", items: { kind: "text", maxLength: 2 }, maxItems: 40 }, new Array(40).fill("€€")],
    [
      "list of lists that may be null",
      { kind: "array", items: nullable({ kind: "array", items: { kind: "boolean" }, maxItems: 9 }), maxItems: 5 },
      new Array(5).fill(new Array(9).fill(true)),
    ],
    ["null", { kind: "nullable", of: { kind: "text", maxLength: 1 } }, "€"],
  ])("%s", (_, type, value) => {
    const useCase = useCaseOf("sizes", [message("Holder", { value: type })], [MONTHS]);
    expect(load(useCase).encode({ value })).toHaveLength(sizesOf(useCase.event).event);
  });
});

describe("there is no bound", () => {
  test.each<[string, Type]>([
    ["of text", TEXT],
    ["of a list of texts", { kind: "array", items: TEXT, maxItems: 1 }],
    ["of a list", { kind: "array", items: { kind: "boolean" } }],
    ["of a record, whose keys have none", record({ kind: "boolean" })],
    ["of JSON", { kind: "json" }],
    ["of what is in itself", messageRef("Holder")],
    ["of a URI", { kind: "text", format: "uri" }],
  ])("%s", (_, type) => expect(sizeOf({ kind: "nullable", of: type })).toBe(Infinity));

  test("of a union, if one variant has none", () => {
    const sizes = (text: Type) =>
      sizesOf(
        useCaseOf("u", [message("Holder", { u: unionRef("Either") })], [], {}, [
          unionOf("Either", text, { kind: "bigint" }),
        ]).event,
      );
    expect(sizes(TEXT).event).toBe(Infinity);
    expect(sizes({ kind: "text", maxLength: 1 }).event).toBe(13);
  });
});
