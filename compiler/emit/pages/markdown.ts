import { textLines } from "../../text/source.ts";

/** What somebody wrote, as Markdown: their own markup stays, and no HTML comes of it. A block of code ends where they do. */
export function prose(text: string): string {
  if (text === "") return "";
  let fence = "";
  let paragraph: string[] = [];
  const result: string[] = [];
  const endParagraph = () => {
    result.push(...withoutHtml(paragraph));
    paragraph = [];
  };
  for (const line of textLines(text)) {
    const [, marks = ""] = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
    const isText = fence === "" && marks === "";
    if (isText) paragraph.push(line);
    if (!isText || line === "") endParagraph();
    if (isText) continue;
    result.push(line);
    if (fence === "") fence = marks;
    else if (marks.startsWith(fence) && line.trim() === marks) fence = "";
  }
  endParagraph();
  return [...result, ...(fence === "" ? [] : [fence])].join("\n");
}

/** The same on one line. */
export function lineOfProse(text: string): string {
  if (text === "") return "";
  const line = textLines(text)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
  return withoutHtml([line]).join("");
}

/** A name or a value, as it is. */
export function code(text: string): string {
  if (PLAIN.test(text)) return `\`${text}\``;
  const line = textLines(text).join(" ").trim();
  if (line === "") return '`""`';
  if (!line.includes("`")) return `\`${line}\``;
  // The fence is longer than any within.
  const fence = "`".repeat(1 + Math.max(0, ...(line.match(/`+/g) ?? []).map(({ length }) => length)));
  const gap = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${gap}${line}${gap}${fence}`;
}

/** Of one line, without a backtick; most are so. */
const PLAIN = /^[!-_a-~]+$/;

/** Cells are Markdown of one line. */
export function tableHead(head: readonly string[]): string[] {
  return [tableRow(head), tableRow(head.map(() => "---"))];
}

export function tableRow(cells: readonly string[]): string {
  let row = "|";
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!;
    row += ` ${cell.includes("|") ? cell.replaceAll("|", "\\|") : cell} |`;
  }
  return row;
}

function slugOf(heading: string): string {
  const lower = heading.toLowerCase();
  return /^[a-z0-9]*$/.test(lower) ? lower : lower.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
}

/** Links to headings, as repository browsers make them: in order of the headings, repeated ones are numbered. */
export function createAnchors(): (heading: string) => string {
  const counts = new Map<string, number>();
  return (heading) => {
    const slug = slugOf(heading);
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return `#${count === 0 ? slug : `${slug}-${count}`}`;
  };
}

const CODE = /(?<!`)(`+)(?!`).*?[^`]\1(?!`)/g;
const CODE_OR_MARK = new RegExp(`${CODE.source}|[&<]`, "g");

/** A paragraph's lines. In code, characters stand for themselves. */
function withoutHtml(lines: readonly string[]): readonly string[] {
  if (!lines.some((line) => /[&<]/.test(line))) return lines;
  // Where a backtick is left over, it may be another's on another line, and what looks like code may be none.
  const hasCode = !lines.some((line) => line.replace(CODE, "").includes("`") || line.includes("\\`"));
  const marks = hasCode ? CODE_OR_MARK : /[&<]/g;
  return lines.map((line) => line.replace(marks, (part) => (part === "&" ? "&amp;" : part === "<" ? "&lt;" : part)));
}
