/*
 * JSON with one thing a line, so that reviews and merges see each on its own.
 */

/** An object as a property, an item below the other. */
export function block<T>(
  indent: string,
  key: string,
  items: readonly T[],
  write: (indent: string, item: T) => readonly string[],
): string[] {
  if (items.length === 0) return [`${indent}${JSON.stringify(key)}: {}`];
  const texts = items.map((item) => write(`${indent}  `, item));
  return [`${indent}${JSON.stringify(key)}: {`, ...commas(texts), `${indent}}`];
}

/** A comma behind the last line. */
export function withComma(lines: readonly string[]): string[] {
  return [...lines.slice(0, -1), `${lines.at(-1)},`];
}

/** Properties or items one below the other. */
export function commas(items: readonly (readonly string[])[]): string[] {
  return [...items.slice(0, -1).flatMap(withComma), ...items.slice(-1).flat()];
}

/** A small value on one line: `{ "number": 1, "type": "text" }`. */
export function inline(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  return `{ ${Object.entries(value)
    .map(([key, part]) => `${JSON.stringify(key)}: ${inline(part)}`)
    .join(", ")} }`;
}
