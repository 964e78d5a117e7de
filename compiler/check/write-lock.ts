import { LOCK_VERSION, type Lock, type LockedPart, type LockedType, type LockedUseCase } from "./lock-file.ts";

/** The text of a lock: sorted, a field or member a line, so that reviews and merges see each on its own. */
export function writeLock(lock: Lock): string {
  const lines = [
    "{",
    `  "lockVersion": ${LOCK_VERSION},`,
    ...block("  ", "useCases", sorted(lock), (indent, [name, useCase]) => recallUseCase(indent, name, useCase)),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** Texts of use cases that are written again and again, as a watching compiler does. */
const written = new WeakMap<LockedUseCase, string>();

function recallUseCase(indent: string, name: string, useCase: LockedUseCase): string[] {
  const text = written.get(useCase) ?? writeUseCase(indent, name, useCase).join("\n");
  written.set(useCase, text);
  return [text];
}

function writeUseCase(indent: string, name: string, { version, event, messages, enums }: LockedUseCase): string[] {
  const inner = `${indent}  `;
  return [
    `${indent}${JSON.stringify(name)}: {`,
    `${inner}"version": ${version},`,
    `${inner}"event": ${JSON.stringify(event)},`,
    ...withComma(
      block(inner, "messages", sorted(messages), (indent, [name, type]) => writeType(indent, name, "fields", type)),
    ),
    ...block(inner, "enums", sorted(enums), (indent, [name, type]) => writeType(indent, name, "members", type)),
    `${indent}}`,
  ];
}

function writeType(indent: string, name: string, key: string, { parts, removed }: LockedType): string[] {
  const inner = `${indent}  `;
  const byNumber = (parts: readonly LockedPart[]) => parts.toSorted((a, b) => a.number - b.number);
  const text = ({ number, type }: LockedPart) =>
    type === "" ? String(number) : `{ "number": ${number}, "type": ${JSON.stringify(type)} }`;
  const current = block(inner, key, byNumber(parts), (indent, part) => [
    `${indent}${JSON.stringify(part.name)}: ${text(part)}`,
  ]);
  if (removed.length === 0) return [`${indent}${JSON.stringify(name)}: {`, ...current, `${indent}}`];
  const gone = byNumber(removed).map(({ name, number, type }) => {
    const rest = type === "" ? "" : `, "type": ${JSON.stringify(type)}`;
    return `${inner}  { "name": ${JSON.stringify(name)}, "number": ${number}${rest} }`;
  });
  return [
    `${indent}${JSON.stringify(name)}: {`,
    ...withComma(current),
    `${inner}"removed": [`,
    ...gone.slice(0, -1).map((line) => `${line},`),
    ...gone.slice(-1),
    `${inner}]`,
    `${indent}}`,
  ];
}

/** An object as a property, an item below the other. */
function block<T>(
  indent: string,
  key: string,
  items: readonly T[],
  write: (indent: string, item: T) => readonly string[],
): string[] {
  if (items.length === 0) return [`${indent}${JSON.stringify(key)}: {}`];
  const texts = items.map((item) => write(`${indent}  `, item));
  return [
    `${indent}${JSON.stringify(key)}: {`,
    ...texts.slice(0, -1).flatMap(withComma),
    ...texts.slice(-1).flat(),
    `${indent}}`,
  ];
}

function withComma(lines: readonly string[]): string[] {
  return [...lines.slice(0, -1), `${lines.at(-1)},`];
}

function sorted<T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
