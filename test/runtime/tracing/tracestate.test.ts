import fc from "fast-check";
import { expect, test } from "vitest";
import { LONGEST_TRACESTATE, readTracestate } from "../../../runtime/contract/tracestate.ts";

test.each([
  ["", ""],
  ["a=1", "a=1"],
  [" a=1 ,\tb=2, ,", "a=1,b=2"],
  ["tenant@vendor=x y!", "tenant@vendor=x y!"],
  ["a=1,a=2", ""],
  ["A=1", ""],
  ["a", ""],
  ["=1", ""],
  ["a=1\r\nevil: 1", ""],
  ["a=ü", ""],
  ["a=b=c", ""],
  [Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(","), ""],
  [`a=${"x".repeat(100_000)}`, ""],
])("%j", (given, kept) => {
  expect(readTracestate(given)).toBe(kept);
});

test("a long list loses whole members: long ones, then those at its end", () => {
  const long = `long=${"x".repeat(200)}`;
  const members = Array.from({ length: 10 }, (_, i) => `k${i}=${"y".repeat(50)}`);
  expect(readTracestate([long, ...members].join(","))).toBe(members.slice(0, 9).join(","));
});

test("whatever comes, what travels is short, printable, and read as itself", () => {
  const parts = fc.oneof(fc.string(), fc.constantFrom("a=1", "b@c=2", "x=", "\r\n", ",", "=", "é=1"));
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 60 }), (list) => {
      const kept = readTracestate(list.join(","));
      expect(kept.length).toBeLessThanOrEqual(LONGEST_TRACESTATE);
      expect(kept).toMatch(/^[\x20-\x7e]*$/);
      expect(readTracestate(kept)).toBe(kept);
    }),
    { numRuns: 300, seed: 17 },
  );
});
