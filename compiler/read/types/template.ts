import { ts } from "ts-morph";

/** What `${number}` is taken for: decimal digits. */
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`;
const BIGINT = String.raw`-?\d+`;

/** `${string}`: anything, line ends too. */
const ANYTHING = "[^]*";

/**
 * The regular expression that a template literal's strings match, and no others. `undefined`: there is none that takes
 * time in proportion to the text, whatever the text, since what stands for anything can end at many places.
 */
export function patternOf(type: ts.TemplateLiteralType): string | undefined {
  const { texts, types } = type;
  const parts = texts.flatMap((text, i) => {
    const placeholder = types[i];
    return [...(text === "" ? [] : [escaped(text)]), ...(placeholder ? [placeholderPattern(placeholder)] : [])];
  });
  const isFree = (part: string | undefined) => part === ANYTHING;
  const isPlaceholder = (part: string | undefined) => part === ANYTHING || part === NUMBER || part === BIGINT;
  if (parts.some((part, i) => isPlaceholder(part) && isPlaceholder(parts[i + 1]))) return undefined;
  const inner = parts.slice(1, -1).filter(isFree).length;
  if (inner > 1 || (inner === 1 && isFree(parts[0]))) return undefined;
  const [start, end] = [isFree(parts[0]) ? 1 : 0, isFree(parts.at(-1)) ? -1 : parts.length];
  return `${start === 0 ? "^" : ""}${parts.slice(start, end).join("")}${end < 0 ? "" : "$"}`;
}

/** The pattern of one string only. */
export function literalPattern(text: string): string {
  return `^${escaped(text)}$`;
}

function placeholderPattern({ flags }: ts.Type): string {
  if (flags & ts.TypeFlags.NumberLike) return NUMBER;
  return flags & ts.TypeFlags.BigIntLike ? BIGINT : ANYTHING;
}

function escaped(text: string): string {
  return text.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&");
}
