import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../compiler/settings/duration.ts";
import * as runtime from "../../runtime/authoring/use-case.ts";

/** Texts near durations: what both parsers must agree on is where the one ends and the other begins. */
const nearDuration = fc
  .tuple(
    fc.constantFrom("", "-", "+", " ", "0", "."),
    fc.oneof(fc.double({ min: 0, noNaN: true }).map(String), fc.nat().map(String)),
    fc.constantFrom("", ".", ".5", "e3", " ", "_000"),
    fc.constantFrom("ms", "s", "m", "h", "d", "w", "", "S", "ms ", "min"),
  )
  .map((parts) => parts.join(""));

test("the compiler reads durations as the runtime does", () => {
  fc.assert(
    fc.property(fc.oneof(nearDuration, fc.string()), (text) => {
      expect(parseDuration(text)).toBe(runtime.parseDuration(text));
    }),
    { numRuns: 2_000 },
  );
});

test("a formatted duration is read back as the same", () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat({ max: 400 * 86_400_000 }), fc.nat(1_000)), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 3);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [0, "0ms"],
  [250, "250ms"],
  [1_500, "1.5s"],
  [60_000, "1m"],
  [5_400_000, "1.5h"],
  [2_592_000_000, "30d"],
  [61_234, "61234ms"],
  [1_000.1, "1.0001s"],
  [0.5, "0.5ms"],
])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
