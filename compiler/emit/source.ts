/*
 * Generated code as data, laid out when it is printed: a line breaks only where it is too long at its indentation.
 */

/** A line; a block, one level deeper; or something that has two forms. */
export type Code = string | readonly Code[] | Choice;

/** One line where it fits, else several. */
export interface Choice {
  readonly line: string;
  readonly lines: readonly Code[];
}

const WIDTH = 120;
const INDENT = "  ";

/** The text of a file. */
export function print(code: readonly Code[]): string {
  const lines: string[] = [];
  append(lines, code, "");
  return `${lines.join("\n")}\n`;
}

function append(lines: string[], code: readonly Code[], indent: string): void {
  for (const part of code) {
    if (typeof part === "string") lines.push(part === "" ? "" : indent + part);
    else if (!("line" in part)) append(lines, part, indent + INDENT);
    else if (fits(indent.length, part.line)) lines.push(indent + part.line);
    else append(lines, part.lines, indent);
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
    lines: [opening, items.map((item) => `${item},`), closing],
  };
}

/** An import; the names are sorted as Biome sorts them: without regard to case or to `type`. */
export function imports(names: readonly string[], from: string, type: "type " | "" = ""): Code {
  const key = (name: string) => name.replace(/^type /, "").toLowerCase();
  const sorted = [...names].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a < b ? -1 : 1));
  const { lines } = list(`import ${type}{`, sorted, `} from "${from}";`);
  return { line: `import ${type}{ ${sorted.join(", ")} } from "${from}";`, lines };
}

/** `if (…) {`, with an operand a line where they don't fit one. */
export function when(operands: readonly string[], operator: "||" | "&&"): Choice {
  return { line: `if (${operands.join(` ${operator} `)}) {`, lines: ["if (", chain(operands, operator), ") {"] };
}

/** `if (first && (… || …)) {`, for one or more that come first. */
export function whenAll(first: readonly string[], operands: readonly string[]): Choice {
  const [head = "", ...rest] = chain(operands, "||");
  const either = `(${operands.join(" || ")})`;
  return {
    line: `if (${[...first, either].join(" && ")}) {`,
    lines: [
      "if (",
      [
        ...first.map((operand) => `${operand} &&`),
        { line: either, lines: [`(${head}`, [...rest.slice(0, -1), `${rest.at(-1)})`]] },
      ],
      ") {",
    ],
  };
}

/** `if (condition && …) statement`, with braces where it takes more than a line. */
export function onlyIf(conditions: readonly string[], statement: string): Choice {
  return { line: `if (${conditions.join(" && ")}) ${statement}`, lines: [when(conditions, "&&"), [statement], "}"] };
}

function chain(operands: readonly string[], operator: "||" | "&&"): string[] {
  const last = operands.length - 1;
  return operands.map((operand, i) => (i < last ? `${operand} ${operator}` : operand));
}

/** A comment in JSDoc's form; nothing where there is nothing to say. */
export function jsDoc(...paragraphs: readonly string[]): Code[] {
  const lines = paragraphs.flatMap(textLines).map((line) => line.replaceAll("*/", "*\\/"));
  if (lines.length === 0) return [];
  const block = ["/**", ...lines.map((line) => (line === "" ? " *" : ` * ${line}`)), " */"];
  return lines.length > 1 ? block : [{ line: `/** ${lines[0]} */`, lines: block }];
}

/** The lines of a text that somebody wrote, whatever ends them; empty for a text of blanks. */
export function textLines(text: string): string[] {
  if (text === "" || text.trim() === "") return [];
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => line.trimEnd());
}

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
