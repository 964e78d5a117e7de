import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slownessOf } from "../../../compiler/pattern/pattern-time.ts";
import { runs } from "../../property-runs.ts";
import { matchBacktracking } from "./backtracking.ts";

describe("exponential patterns, at any length", () => {
  test.each([
    "^(a+)+$",
    "^(a*)*$",
    "^(a|a)*$",
    "^(a|aa)+$",
    "^(?:a|b|ab)*c$",
    "(x+x+)+y",
    "^(\\w+\\s?)*$",
    "^(\\d+\\.?)+$",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "^(https?:\\/\\/)?([\\da-z.-]+)\\.([a-z.]{2,6})([\\/\\w .-]*)*\\/?$",
    "^([a-zA-Z0-9]+\\.?)*@x$",
    "^(?:(?:a?b?)*c?)*$",
    "^(?=(a+)+$)b",
    "^(?:\\p{L}+[^0]?)+$",
    "^(?:[^]|\\n)*$",
    "^(?:a{1,3}){1,1000}$",
    "^(.|\\u{1f600})*x",
    "^((a?)*?)*?b",
  ])("%s", (pattern) => {
    expect(slownessOf(pattern)?.reason).toContain("in ever more ways");
    expect(slownessOf(pattern, 64)).toBeDefined();
  });
});

describe("patterns that take longer than in proportion to the text need a maxLength", () => {
  test.each([
    "\\s+$",
    "^\\s+|\\s+$",
    "^\\s*(.*?)\\s*$",
    "^[a-z]*[a-z0-9]*$",
    ".*a.*b",
    "^.*foo.*$",
    "a*a*b",
    "^(a*b?)a*b?c",
    "^x(?:(?=.*a)|b).*.*y",
    "[^]*x",
  ])("%s", (pattern) => {
    const slow = slownessOf(pattern);
    expect(slow?.fix).toMatch(/^Set maxLength to \d+ or less/);
    const longest = Number(/\d+/.exec(slow?.fix ?? ""));
    expect(longest).toBeGreaterThan(30);
    expect(slownessOf(pattern, longest)).toBeUndefined();
    expect(slownessOf(pattern, longest + 1)).toBeDefined();
    expect(slownessOf(pattern, 10_000_000)).toBeDefined();
  });

  test.each(["^(a?){25}a{25}$", "^(a{0,10}){0,10}$", "^(?:a|b|ab){40}c$"])("%s, which has an end", (pattern) => {
    expect(slownessOf(pattern)).toBeDefined();
    expect(slownessOf(pattern, 40)).toBeDefined();
  });
});

describe("what people write is taken, for texts of any length", () => {
  test.each([
    "",
    "^$",
    "^[a-z]+$",
    "[a-z]+",
    "\\d+",
    "^\\d{4}-\\d{2}$",
    "^[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+$",
    "^([a-zA-Z0-9_.-]+)@([a-z0-9-]+\\.)+[a-z]{2,}$",
    "^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$",
    "^(?=.*[A-Z])(?=.*\\d).{8,}$",
    "^(?!-)[a-z-]+$",
    "\\bfoo\\b",
    "^\\p{L}+ \\p{L}+$",
    "^([01]?\\d|2[0-3]):[0-5]\\d$",
    "^#?([a-f0-9]{6}|[a-f0-9]{3})$",
    "^(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}$",
    "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$",
    "^(?:\\+?\\d{1,3}[ -]?)?\\(?\\d{3}\\)?[ -]?\\d{3}[ -]?\\d{4}$",
    "^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-((?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$",
    "^arn:aws:[a-z0-9-]+:[a-z0-9-]*:\\d{12}:.+$",
    "^.{1,2000}$",
    "^.*a.{20}$",
    "^(a|b)*?c$",
    "(?<=a)b",
    "^[^@\\s]+@[^@\\s]+$",
  ])("%s", (pattern) => {
    expect(slownessOf(pattern)).toBeUndefined();
  });
});

test.each([
  ["^(a*)\\1$", "refers back"],
  ["(?<=a+)b", "looks behind"],
  ["(?i:a)", "changes its flags"],
  [`^${"(".repeat(1_500)}`, "can't be parsed"],
  [`^${"(?:".repeat(390)}a${")*".repeat(390)}$`, "ever more ways"],
  ["a".repeat(2_001), "over 2000 characters"],
  [`^(?:${Array.from({ length: 60 }, (_, i) => `${"a".repeat(i % 7)}[ab]*`).join("|")})*$`, "ever more ways"],
  [`^${"(?:a|b)?".repeat(99)}${"[ab]".repeat(99)}$`, ""],
  [
    Array.from({ length: 40 }, (_, i) => `\\p{Script=${["Latin", "Greek", "Han", "Thai"][i % 4]}}|[${i}\\p{Lu}]`).join(
      "",
    ),
    "",
  ],
])("%.40s, of which nothing can be said or which is too much, is refused soon", (pattern, why) => {
  expect(slownessOf(pattern)?.reason ?? "taken").toContain(why);
});

/** Patterns as a generator that knows nothing of the analysis draws them, over few letters, so that they overlap. */
const patterns = fc
  .letrec<{ element: string; sequence: string; alternatives: string }>((tie) => ({
    element: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.constantFrom("a", "b", "[ab]", "[^a]", ".", "\\w", "c"),
      fc
        .tuple(tie("element"), fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "{0,2}?", "*?", "+?", "{2,}"))
        .map(([body, times]) => `(?:${body})${times}`),
      tie("alternatives").map((all) => `(${all})`),
      tie("alternatives").map((all) => `(?=${all})`),
      tie("alternatives").map((all) => `(?!${all})`),
      fc.constantFrom("^", "$"),
    ),
    sequence: fc.array(tie("element"), { maxLength: 5 }).map((all) => all.join("")),
    alternatives: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((all) => all.join("|")),
  }))
  .alternatives.chain((all) => fc.constantFrom(all, `^${all}`, `^(?:${all})$`, `(?:${all})$`));

/** Texts that attack: something before, something repeated, something behind. */
const attacks = fc.tuple(letters(2), letters(4), letters(2));

function letters(maxLength: number) {
  return fc.string({ unit: fc.constantFrom("a", "b", "c", "!"), maxLength });
}

test("of a pattern that is taken, no text takes more steps than is said, whatever somebody sends", () => {
  let taken = 0;
  let bounded = 0;
  fc.assert(
    fc.property(patterns, fc.array(attacks, { minLength: 8, maxLength: 8 }), (pattern, texts) => {
      const slow = slownessOf(pattern);
      const longest = slow ? Number(/^Set maxLength to (\d+)/.exec(slow.fix)?.[1] ?? 0) : 200;
      if (slow) bounded += longest > 0 ? 1 : 0;
      else taken++;
      for (const [before, repeated, behind] of longest > 0 ? texts : []) {
        const length = Math.min(longest, 200);
        const pumped = repeated.repeat(Math.ceil(length / Math.max(1, repeated.length)));
        const room = Math.max(0, length - before.length - behind.length);
        const text = `${before}${pumped.slice(0, room)}${behind}`.slice(0, length);
        const most = slow ? 2 * 150_000 : 2 * 256 * (text.length + 2);
        const { found } = matchBacktracking(pattern, text, most);
        expect(found).toBe(new RegExp(pattern, "u").test(text));
      }
    }),
    { ...runs(250), seed: 7 },
  );
  expect(taken).toBeGreaterThan(50);
  expect(bounded).toBeGreaterThan(10);
});
