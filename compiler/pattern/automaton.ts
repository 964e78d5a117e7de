import type { AST } from "@eslint-community/regexpp";
import { type Characters, charactersOf } from "./characters.ts";

/**
 * The ways that a backtracking matcher can take through a text. A state is a place of the pattern that reads a character;
 * an edge leads to one that may read the next, with the number of ways in which the matcher gets there.
 */
export interface Automaton {
  /** What each state reads. */
  readonly reads: readonly Characters[];
  /** By state: others and numbers of ways. */
  readonly edges: readonly ReadonlyMap<number, number>[];
  /** The states that may read a text's first character. */
  readonly atStart: ReadonlyMap<number, number>;
  /** Those that may read one further on, where a match is looked for there, too. */
  readonly later: ReadonlyMap<number, number>;
  /** Where a matcher that gets to one of these has found a match for sure. */
  readonly accepting: ReadonlySet<number>;
  /** Whether a match is found for sure without a character read. */
  readonly acceptsNothing: boolean;
}

/** The pattern has something whose time nothing can be said of, or too much of all. */
export class Unbounded extends Error {}

const MOST_STATES = 400;
/** What repetitions of a counted number are written out to; beyond, they are taken for any number of times. */
const MOST_COPIES = 100;
/** To find what a `\p{…}` stands for takes a while. */
const MOST_PROPERTIES = 8;

/** A part of a pattern: how it can be passed, and what can be read first and last in it. */
interface Part {
  /** In how many ways it can be passed without reading; with `ways.start`, at a text's start only. */
  readonly ways: { readonly anywhere: number; readonly start: number };
  readonly first: { readonly anywhere: ReadonlyMap<number, number>; readonly start: ReadonlyMap<number, number> };
  readonly last: ReadonlyMap<number, number>;
}

const NOTHING: ReadonlyMap<number, number> = new Map();
const PASSED: Part = { ways: { anywhere: 1, start: 0 }, first: { anywhere: NOTHING, start: NOTHING }, last: NOTHING };
const DEAD: Part = { ...PASSED, ways: { anywhere: 0, start: 0 } };
const AT_START: Part = { ...PASSED, ways: { anywhere: 0, start: 1 } };

export function automatonOf(pattern: AST.Pattern): Automaton {
  const reads: Characters[] = [];
  const edges: Map<number, number>[] = [];
  const properties = new Set<string>();
  /** Whether something besides characters decides if a match is found. */
  let isConditional = false;

  function link(from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): void {
    for (const [p, m] of from) for (const [q, n] of to) edges[p]!.set(q, (edges[p]!.get(q) ?? 0) + m * n);
  }

  function then(a: Part, b: Part): Part {
    link(a.last, b.first.anywhere);
    const { anywhere, start } = a.ways;
    return {
      ways: {
        anywhere: anywhere * b.ways.anywhere,
        start: start * (b.ways.anywhere + b.ways.start) + anywhere * b.ways.start,
      },
      first: {
        anywhere: sum(a.first.anywhere, times(anywhere, b.first.anywhere)),
        start: sum(a.first.start, times(start, b.first.anywhere), times(anywhere + start, b.first.start)),
      },
      last: sum(b.last, times(b.ways.anywhere, a.last)),
    };
  }

  function read(characters: Characters): Part {
    if (reads.length >= MOST_STATES) throw new Unbounded("it has too many parts");
    const state = reads.push(characters) - 1;
    edges.push(new Map());
    const self = new Map([[state, 1]]);
    return { ways: DEAD.ways, first: { anywhere: self, start: NOTHING }, last: self };
  }

  /** A round of a repetition that reads nothing is given up, as the language says, so there is one way without. */
  function optional(part: Part): Part {
    return { ...part, ways: PASSED.ways };
  }

  function repeated(quantifier: AST.Quantifier): Part {
    const { element, min, max } = quantifier;
    const copies = Number.isFinite(max) ? max : min + 1;
    if (max === 0) return PASSED;
    const isWrittenOut = copies === 1 || copies * sizeOf(element) <= MOST_COPIES;
    const [least, most] = isWrittenOut ? [min, max] : [Math.min(min, 1), Infinity];
    let tail = PASSED;
    if (most === Infinity) {
      const body = elementOf(element);
      link(body.last, body.first.anywhere);
      tail = optional(body);
    } else for (let i = least; i < most; i++) tail = optional(then(elementOf(element), tail));
    for (let i = 0; i < least; i++) tail = then(elementOf(element), tail);
    return tail;
  }

  function assertion(node: AST.Assertion): Part {
    if (node.kind === "start" || node.kind === "end") return node.kind === "start" ? AT_START : DEAD;
    isConditional = true;
    if (node.kind === "lookahead") {
      // What is looked for ahead is read, and then the matcher is back where it was: as if it might do either.
      const { first } = alternatives(node.alternatives);
      return { ways: PASSED.ways, first, last: NOTHING };
    }
    if (node.kind === "lookbehind" && node.alternatives.some(isEndless)) {
      throw new Unbounded("it looks behind for any number of characters");
    }
    return PASSED;
  }

  function elementOf(node: AST.Element): Part {
    switch (node.type) {
      case "CharacterSet":
      case "CharacterClass":
      case "Character":
        for (const [property] of node.raw.matchAll(/\\p\{/gi)) properties.add(`${property}${node.raw}`);
        if (properties.size > MOST_PROPERTIES) throw new Unbounded("it names too many properties of characters");
        return read(charactersOf(node));
      case "Group":
        if (node.modifiers) throw new Unbounded("it changes its flags within");
        return alternatives(node.alternatives);
      case "CapturingGroup":
        return alternatives(node.alternatives);
      case "Quantifier":
        return repeated(node);
      case "Assertion":
        return assertion(node);
      case "Backreference":
        throw new Unbounded("it refers back to what it has found");
      default:
        throw new Unbounded(`it has ${node.raw}`);
    }
  }

  function alternatives(all: readonly AST.Alternative[]): Part {
    const parts = all.map(({ elements }) => elements.reduce((before, node) => then(before, elementOf(node)), PASSED));
    return {
      ways: {
        anywhere: parts.reduce((total, { ways }) => total + ways.anywhere, 0),
        start: parts.reduce((total, { ways }) => total + ways.start, 0),
      },
      first: {
        anywhere: sum(...parts.map(({ first }) => first.anywhere)),
        start: sum(...parts.map(({ first }) => first.start)),
      },
      last: sum(...parts.map(({ last }) => last)),
    };
  }

  const whole = alternatives(pattern.alternatives);
  return {
    reads,
    edges,
    atStart: sum(whole.first.anywhere, whole.first.start),
    later: whole.first.anywhere,
    accepting: new Set(isConditional ? [] : whole.last.keys()),
    acceptsNothing: !isConditional && whole.ways.anywhere + whole.ways.start > 0,
  };
}

/** How many characters are read in a part of a pattern, repetitions written out as above. */
function sizeOf(node: AST.Element): number {
  switch (node.type) {
    case "Group":
    case "CapturingGroup":
      return Math.max(
        1,
        node.alternatives.flatMap(({ elements }) => elements.map(sizeOf)).reduce((a, b) => a + b, 0),
      );
    case "Quantifier": {
      const copies = Number.isFinite(node.max) ? node.max : node.min + 1;
      const size = sizeOf(node.element);
      return copies * size <= MOST_COPIES ? copies * size : 2 * size;
    }
    case "Assertion":
      if (node.kind !== "lookahead") return 0;
      return node.alternatives.flatMap(({ elements }) => elements.map(sizeOf)).reduce((a, b) => a + b, 0);
    default:
      return 1;
  }
}

function isEndless({ elements }: AST.Alternative): boolean {
  return elements.some((node) => {
    if (node.type === "Quantifier")
      return !Number.isFinite(node.max) || node.max > MOST_COPIES || isEndlessPart(node.element);
    return isEndlessPart(node);
  });
}

function isEndlessPart(node: AST.Element): boolean {
  if (node.type === "Backreference") return true;
  return "alternatives" in node && node.alternatives.some(isEndless);
}

function times(factor: number, map: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  if (factor === 1) return map;
  return factor === 0 ? NOTHING : new Map([...map].map(([state, count]) => [state, factor * count]));
}

function sum(...maps: readonly ReadonlyMap<number, number>[]): ReadonlyMap<number, number> {
  const filled = maps.filter(({ size }) => size > 0);
  if (filled.length < 2) return filled[0] ?? NOTHING;
  const result = new Map<number, number>();
  for (const map of filled) for (const [state, count] of map) result.set(state, (result.get(state) ?? 0) + count);
  return result;
}
