import { RegExpParser } from "@eslint-community/regexpp";
import { automatonOf, Unbounded } from "./automaton.ts";
import { isExponential } from "./exponential.ts";
import { longestInTime } from "./steps.ts";

/** Why a pattern is not taken, and what to do instead. */
export interface SlowPattern {
  readonly reason: string;
  readonly fix: string;
}

/** How long a check by a pattern can take. */
type Time =
  /** `Infinity`: texts of any length in proportion to it, by each character. */
  | { readonly kind: "bounded"; readonly longest: number }
  | { readonly kind: "exponential" }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * Why no text may be checked by a pattern under the flag `u`, at that length at most: JavaScript's regular expressions try
 * one way to match after another, so that of some patterns a short text that somebody sends would hold a process up for
 * minutes. `undefined`: any text is checked in time that is in proportion to its length, or within 1 ms.
 */
export function slownessOf(pattern: string, maxLength = Infinity): SlowPattern | undefined {
  const time = timeOf(pattern);
  switch (time.kind) {
    case "exponential":
      return {
        reason:
          "the pattern can match one text in ever more ways, and a short text that matches in none takes minutes to check",
        fix: "Repeat nothing that is itself repeated, and let alternatives begin differently: `(a+)+` is `a+`.",
      };
    case "unknown":
      return {
        reason: `how long the pattern takes to check a text can't be bounded: ${time.why}`,
        fix: "Write a simpler pattern, and check the rest in the handler.",
      };
    case "bounded": {
      if (maxLength <= time.longest) return undefined;
      const bound = maxLength === Infinity ? "without a maxLength" : `with a maxLength of ${maxLength}`;
      const simpler = "let what follows a repetition begin with another character than is repeated, or begin with ^";
      return {
        reason: `the pattern's time grows faster than the text, and ${bound} it takes more than 1 ms`,
        fix: `Set maxLength to ${time.longest} or less, or ${simpler}.`,
      };
    }
  }
}

const known = new Map<string, Time>();
/** As many patterns as large projects have. */
const MOST_KNOWN = 10_000;
const LONGEST_PATTERN = 2_000;

function timeOf(pattern: string): Time {
  const before = known.get(pattern);
  if (before) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const time = findTime(pattern);
  known.set(pattern, time);
  return time;
}

function findTime(pattern: string): Time {
  if (pattern.length > LONGEST_PATTERN) return { kind: "unknown", why: `it has over ${LONGEST_PATTERN} characters` };
  try {
    const parsed = new RegExpParser().parsePattern(pattern, 0, pattern.length, { unicode: true });
    const automaton = automatonOf(parsed);
    if (isExponential(automaton)) return { kind: "exponential" };
    const longest = longestInTime(automaton);
    return longest === 0
      ? { kind: "unknown", why: "it tries too much at each character" }
      : { kind: "bounded", longest };
  } catch (error) {
    if (error instanceof Unbounded) return { kind: "unknown", why: error.message };
    if (error instanceof RangeError) return { kind: "unknown", why: "it nests too deeply" };
    if (error instanceof SyntaxError) return { kind: "unknown", why: "it can't be parsed" };
    throw error;
  }
}
