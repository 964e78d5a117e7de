import { textLines } from "./source.ts";

/** What somebody wrote, as Markdown: their own markup stays, and no HTML comes of it. */
export function prose(text: string): string {
  return textLines(text).map(withoutHtml).join("\n");
}

/** The same on one line. */
export function lineOfProse(text: string): string {
  return textLines(text)
    .map((line) => withoutHtml(line.trim()))
    .filter((line) => line !== "")
    .join(" ");
}

/** A name or a value, as it is. */
export function code(text: string): string {
  const line = textLines(text).join(" ").trim();
  if (line === "") return '`""`';
  // The fence is longer than any within.
  const fence = "`".repeat(1 + Math.max(0, ...(line.match(/`+/g) ?? []).map(({ length }) => length)));
  const gap = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${gap}${line}${gap}${fence}`;
}

/** Cells are Markdown of one line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** Links to headings, as repository browsers make them: in order of the headings, repeated ones are numbered. */
export function createAnchors(): (heading: string) => string {
  const counts = new Map<string, number>();
  return (heading) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return `#${count === 0 ? slug : `${slug}-${count}`}`;
  };
}

/** Outside of code, where characters stand for themselves. */
function withoutHtml(line: string): string {
  return line
    .split(/(`+[^`]*`+)/)
    .map((part, i) => (i % 2 === 0 ? part.replaceAll("&", "&amp;").replaceAll("<", "&lt;") : part))
    .join("");
}
