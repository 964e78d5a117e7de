import type { AST } from "@eslint-community/regexpp";

/** Code points, as ranges of which both ends belong, in order and apart. */
export type Characters = readonly (readonly [from: number, to: number])[];

const LAST = 0x10_ff_ff;
const DIGIT: Characters = [[0x30, 0x39]];
const WORD: Characters = normalized([...DIGIT, [0x41, 0x5a], [0x61, 0x7a], [0x5f, 0x5f]]);
const LINE_ENDS: Characters = normalized([0x0a, 0x0d, 0x2028, 0x2029].map((one) => [one, one]));
const SPACE: Characters = normalized([
  [0x09, 0x0d],
  ...[0x20, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff].map((one) => [one, one] as const),
  [0x2000, 0x200a],
]);

/** What one character of a text may be, where a pattern under the flag `u` has this. */
export function charactersOf(node: AST.Character | AST.CharacterSet | AST.CharacterClass): Characters {
  if (node.type === "Character") return [[node.value, node.value]];
  if (node.type === "CharacterSet") return setOf(node);
  const all = normalized(node.elements.flatMap((element) => elementOf(element)));
  return node.negate ? complement(all) : all;
}

function elementOf(element: AST.CharacterClassElement): Characters {
  if (element.type === "CharacterClassRange") return [[element.min.value, element.max.value]];
  if (element.type === "Character" || element.type === "CharacterSet" || element.type === "CharacterClass")
    return charactersOf(element);
  throw new Error(`${element.raw} is written under the flag v only`);
}

function setOf(set: AST.CharacterSet): Characters {
  switch (set.kind) {
    case "any":
      return complement(LINE_ENDS);
    case "digit":
      return set.negate ? complement(DIGIT) : DIGIT;
    case "space":
      return set.negate ? complement(SPACE) : SPACE;
    case "word":
      return set.negate ? complement(WORD) : WORD;
    case "property":
      return propertyOf(set.raw);
  }
}

/** All code points, as many at once as a function takes. No block holds both halves of pairs, which would form some. */
const BLOCKS = [
  [0, 0xd7_ff],
  [0xd8_00, 0xdb_ff],
  [0xdc_00, 0xdf_ff],
  [0xe0_00, 0xff_ff],
  ...Array.from({ length: 32 }, (_, i) => [0x1_00_00 + i * 0x80_00, 0x1_7f_ff + i * 0x80_00] as const),
] as const;

const properties = new Map<string, Characters>();

/** JavaScript's own regular expressions know what `\p{…}` stands for, and nothing else does. */
function propertyOf(raw: string): Characters {
  const known = properties.get(raw);
  if (known) return known;
  const ranges = BLOCKS.flatMap(([from, to]) => {
    const text = String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
    const width = from > 0xff_ff ? 2 : 1;
    return [...text.matchAll(new RegExp(`${raw}+`, "gu"))].map(({ index, 0: { length } }) => {
      return [from + index / width, from + (index + length) / width - 1] as const;
    });
  });
  const characters = normalized(ranges);
  properties.set(raw, characters);
  return characters;
}

function normalized(ranges: Characters): Characters {
  const result: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

function complement(ranges: Characters): Characters {
  const result: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) result.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) result.push([next, LAST]);
  return result;
}

/**
 * For each kind of character that these sets tell apart, the indices of the sets that hold it; but of two kinds of which
 * one is in all sets that the other one is in, the latter is left out.
 */
export function richestKinds(sets: readonly Characters[]): readonly (readonly number[])[] {
  const bounds = new Map<number, { readonly opens: number[]; readonly closes: number[] }>();
  const at = (point: number) => {
    const known = bounds.get(point) ?? { opens: [], closes: [] };
    bounds.set(point, known);
    return known;
  };
  for (const [i, set] of sets.entries()) {
    for (const [from, to] of set) {
      at(from).opens.push(i);
      at(to + 1).closes.push(i);
    }
  }
  const open = new Set<number>();
  const kinds = new Map<string, readonly number[]>();
  for (const point of [...bounds.keys()].sort((a, b) => a - b)) {
    for (const i of bounds.get(point)!.closes) open.delete(i);
    for (const i of bounds.get(point)!.opens) open.add(i);
    const kind = [...open].sort((a, b) => a - b);
    if (kind.length > 0) kinds.set(kind.join(), kind);
  }
  const all = [...kinds.values()].sort((a, b) => b.length - a.length).map((kind) => new Set(kind));
  const richest: ReadonlySet<number>[] = [];
  for (const kind of all) if (!richest.some((other) => isWithin(kind, other))) richest.push(kind);
  return richest.map((kind) => [...kind]);
}

function isWithin(kind: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  for (const set of kind) if (!other.has(set)) return false;
  return true;
}
