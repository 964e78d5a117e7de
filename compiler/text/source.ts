/*
 * Generated code as data, laid out when it is printed: a line breaks only where it is too long at its indentation.
 */
import type { UseCase } from "../model/model.ts";

/** A line; a block, one level deeper; or something that has two forms. */
export type Code = string | readonly Code[] | Choice;

/** One line where it fits, else several, which are made only then. */
export interface Choice {
  readonly line: string;
  readonly lines: () => readonly Code[];
}

const WIDTH = 120;
const INDENT = "  ";

/** The text of a file. */
export function print(code: readonly Code[]): string {
  const pieces: string[] = [];
  append(pieces, code, "\n");
  // The first line has no line before it.
  if (pieces.length > 0) pieces[0] = pieces[0]!.slice(1);
  pieces.push("\n");
  return pieces.join("");
}

/** Adds two pieces a line, which are joined only in the whole text; `start` is a line end and the indentation. */
function append(pieces: string[], code: readonly Code[], start: string): void {
  for (let i = 0; i < code.length; i++) {
    const part = code[i]!;
    if (typeof part === "string") pieces.push(part === "" ? "\n" : start, part);
    else if (!("line" in part)) append(pieces, part, start + INDENT);
    else if (fits(start.length - 1, part.line)) pieces.push(start, part.line);
    else append(pieces, part.lines(), start);
  }
}

/** What stands in two columns: a character of Chinese, Japanese or Korean. Those beyond the BMP are two units anyhow. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

/** By columns, as formatters count them: a character takes one or two. */
function fits(indent: number, line: string): boolean {
  const left = WIDTH - indent;
  return line.length * 2 <= left || (line.length <= left && line.length + (line.match(WIDE)?.length ?? 0) <= left);
}

/** `opening`, items, `closing`: on one line where they fit, else an item a line with a comma behind each. */
export function list(opening: string, items: readonly string[], closing: string): Choice {
  return {
    line: `${opening}${items.join(", ")}${closing}`,
    lines: () => brokenList(opening, items, closing),
  };
}

/** As `list`, over several lines. */
export function brokenList(opening: string, items: readonly string[], closing: string): Code[] {
  return [opening, items.map((item) => `${item},`), closing];
}

/** How a generated module names another by its path: `../emit/codec/codec.ts`, or as the project's `tsc` takes it. */
export function importPath(path: string, importEnding: UseCase["importEnding"]): string {
  if (importEnding === ".ts") return path;
  // A bundler finds `.mts` by this name only.
  if (path.endsWith(".mts")) return path.replace(/\.mts$/, ".mjs");
  return path.replace(/\.tsx?$/, importEnding);
}

/** An import; the names are sorted as Biome sorts them: without regard to case or to `type`. */
export function imports(names: readonly string[], from: string, type: "type " | "" = ""): Code {
  const sorted = names.length === 1 ? names : names.toSorted(byImportedName);
  return {
    line: `import ${type}{ ${sorted.join(", ")} } from "${from}";`,
    lines: () => brokenList(`import ${type}{`, sorted, `} from "${from}";`),
  };
}

function byImportedName(a: string, b: string): number {
  const keyOfA = importKey(a);
  const keyOfB = importKey(b);
  return keyOfA < keyOfB ? -1 : keyOfA > keyOfB ? 1 : a < b ? -1 : 1;
}

function importKey(name: string): string {
  return (name.startsWith("type ") ? name.slice("type ".length) : name).toLowerCase();
}

/** `if (…) {`, with an operand a line where they don't fit one. */
export function when(operands: readonly string[], operator: "||" | "&&"): Choice {
  return {
    line: `if (${operands.join(operator === "||" ? " || " : " && ")}) {`,
    lines: () => ["if (", chain(operands, operator), ") {"],
  };
}

/** `if (first && (… || …)) {`, for one or more that come first. */
export function whenAll(first: readonly string[], operands: readonly string[]): Choice {
  const either = `(${operands.join(" || ")})`;
  const lines = () => {
    const [head = "", ...rest] = chain(operands, "||");
    return [`(${head}`, [...rest.slice(0, -1), `${rest.at(-1)})`]];
  };
  return {
    line: `if (${first.join(" && ")} && ${either}) {`,
    lines: () => ["if (", [...first.map((operand) => `${operand} &&`), { line: either, lines }], ") {"],
  };
}

/** `if (condition && …) statement`, with braces where it takes more than a line. */
export function onlyIf(conditions: readonly string[], statement: string): Choice {
  return {
    line: `if (${conditions.join(" && ")}) ${statement}`,
    lines: () => [when(conditions, "&&"), [statement], "}"],
  };
}

function chain(operands: readonly string[], operator: "||" | "&&"): string[] {
  const last = operands.length - 1;
  return operands.map((operand, i) => (i < last ? `${operand} ${operator}` : operand));
}

/** A comment in JSDoc's form; nothing where there is nothing to say. */
export function jsDoc(...paragraphs: readonly string[]): Code[] {
  const lines = paragraphLines(paragraphs);
  if (lines.length === 0) return [];
  const safe = lines.map((line) => line.replaceAll("*/", "*\\/"));
  const block = () => ["/**", ...safe.map((line) => (line === "" ? " *" : ` * ${line}`)), " */"];
  return safe.length > 1 ? block() : [{ line: `/** ${safe[0]} */`, lines: block }];
}

/** The lines of several texts. */
export function paragraphLines(paragraphs: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < paragraphs.length; i++) if (paragraphs[i] !== "") lines.push(...textLines(paragraphs[i]!));
  return lines;
}

/** The lines of a text that somebody wrote, whatever ends them; empty for a text of blanks. */
export function textLines(text: string): string[] {
  if (text === "" || text.trim() === "") return [];
  if (!LINE_END.test(text)) return [text.trimEnd()];
  return text.split(LINE_END).map((line) => line.trimEnd());
}

const LINE_END = /\r\n|[\n\r\u2028\u2029]/;

/** A string literal of TypeScript, in the quotes that need fewer escapes. */
export function literal(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const double = JSON.stringify(text).replace(/[\u2028\u2029]/g, (c) => (c === "\u2028" ? "\\u2028" : "\\u2029"));
  if (text.split('"').length <= text.split("'").length) return double;
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Nothing in it needs an escape; most texts are so. */
const PLAIN = /^[ !#-&(-[\]-~]*$/;

/** A literal of TypeScript. */
export function literalOf(value: string | number | boolean): string {
  return typeof value === "string" ? literal(value) : String(value).replace("e+", "e");
}

/** The line that every generated file starts with. */
export function header(file: string): string {
  return `// ${mark(file)}`;
}

/** What every generated file says near its start, whatever its language: a build knows its own files by it. */
export function mark(file: string): string {
  return `Generated by fivefold from ${file}: a change belongs there.`;
}
