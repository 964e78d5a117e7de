import pc from "picocolors";

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for what goes to that stream: on a terminal that has them, unless NO_COLOR is set. */
export function colorsOf(stream: NodeJS.WriteStream): Colors {
  return pc.createColors(hasColors(stream));
}

export function hasColors(stream: NodeJS.WriteStream): boolean {
  // What is no terminal says `undefined`, for which picocolors would decide by itself, and colour what CI reads.
  return stream.isTTY === true && stream.hasColors();
}

/** A line of a result. */
export function say(line: string): void {
  process.stdout.write(`${harmless(line)}\n`);
}

/** A line of trouble. */
export function complain(line: string): void {
  process.stderr.write(`${harmless(line)}\n`);
}

/** With what a terminal would obey shown instead, but for colours: an event's or an error's text may hold anything. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069](\[[\d;]*m)?/gu, (control, colour) => {
    if (control === "\n" || control === "\t" || (colour && control.startsWith("\u001b"))) return control;
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}${colour ?? ""}`;
  });
}

/** One JSON object a line, for machines. */
export function sayJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** `1 file`, `2 files`, `4,406 files`. */
export function count(n: number, noun: string): string {
  return `${grouped(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** `4,406`. By hand: the first call of `toLocaleString` takes 10 ms. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `12 ms`, `0.9 s`, `75 s`. */
export function duration(ms: number): string {
  if (ms < 100) return `${Math.max(1, Math.round(ms))} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
