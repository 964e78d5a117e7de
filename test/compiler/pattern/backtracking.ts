import { type AST, RegExpParser } from "@eslint-community/regexpp";

/*
 * A matcher as ECMA-262 describes it, with neither cleverness nor shortcuts, which counts the characters that it compares:
 * what the compiler says of a pattern's time is held against it.
 */

/** Goes on from a place in the text; whether all that follows matches. */
type Continue = (at: number) => boolean;
type Matcher = (at: number, then: Continue) => boolean;

export interface Matched {
  readonly found: boolean;
  readonly steps: number;
}

/** Looks for a match anywhere in a text, as `RegExp.test` does; throws where that takes more steps than `most`. */
export function matchBacktracking(pattern: string, text: string, most: number): Matched {
  const parsed = new RegExpParser().parsePattern(pattern, 0, pattern.length, { unicode: true });
  const letters = Array.from(text);
  let steps = 0;

  function alternatives(all: readonly AST.Alternative[]): Matcher {
    const parts = all.map(({ elements }) => sequence(elements.map(element)));
    return (at, then) => parts.some((part) => part(at, then));
  }

  function sequence(parts: readonly Matcher[]): Matcher {
    return parts.reduceRight<Matcher>(
      (rest, part) => (at, then) => part(at, (next) => rest(next, then)),
      (at, then) => then(at),
    );
  }

  function repeat(body: Matcher, min: number, max: number, greedy: boolean): Matcher {
    const round = (at: number, then: Continue, least: number, left: number): boolean => {
      if (left === 0) return then(at);
      const more = () =>
        body(at, (next) => !(least === 0 && next === at) && round(next, then, Math.max(0, least - 1), left - 1));
      if (least > 0) return more();
      return greedy ? more() || then(at) : then(at) || more();
    };
    return (at, then) => round(at, then, min, max);
  }

  function element(node: AST.Element): Matcher {
    switch (node.type) {
      case "Group":
      case "CapturingGroup":
        return alternatives(node.alternatives);
      case "Quantifier":
        return repeat(element(node.element), node.min, node.max, node.greedy);
      case "Assertion": {
        if (node.kind === "start") return (at, then) => at === 0 && then(at);
        if (node.kind === "end") return (at, then) => at === letters.length && then(at);
        if (node.kind !== "lookahead") throw new Error(`${node.raw} is not drawn here`);
        const ahead = alternatives(node.alternatives);
        return (at, then) => ahead(at, () => true) !== node.negate && then(at);
      }
      default: {
        const one = new RegExp(`^(?:${node.raw})$`, "u");
        return (at, then) => {
          if (++steps > most) throw new Error(`over ${most} steps`);
          const letter = letters[at];
          return letter !== undefined && one.test(letter) && then(at + 1);
        };
      }
    }
  }

  const whole = alternatives(parsed.alternatives);
  for (let at = 0; at <= letters.length; at++) if (whole(at, () => true)) return { found: true, steps };
  return { found: false, steps };
}
