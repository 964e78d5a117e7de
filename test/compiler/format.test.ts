import { expect, test } from "vitest";
import { diagnostic, type Span, sortDiagnostics, uniqueDiagnostics } from "../../compiler/diagnostics/diagnostics.ts";
import { formatPretty } from "../../compiler/diagnostics/format/pretty.ts";

function span(line: number, column: number, endColumn: number, endLine = line): Span {
  return { file: "usecases/a.ts", line, column, endLine, endColumn };
}

/** What is printed of the code, for a span in a text. */
function frameOf(text: string, at: Span): string[] {
  const shown = formatPretty([diagnostic("event-type-missing", at, {})], new Map([["usecases/a.ts", text]]));
  return shown.split("\n").filter((line) => line.includes("│"));
}

test("a diagnostic in full", () => {
  const sources = new Map([
    ["usecases/a.ts", 'first\n  owner: "x"\n'],
    ["shared.ts", "second"],
  ]);
  const related = [{ message: "It comes from here.", span: { ...span(1, 1, 7), file: "shared.ts" } }];
  const found = diagnostic("setting-not-constant", span(2, 10, 13), { reason: "it is not" }, related);
  expect(formatPretty([found], sources)).toBe(
    [
      "usecases/a.ts:2:10 error setting-not-constant",
      "  This is not a constant: it is not. The compiler evaluates settings itself, and never runs a use case module.",
      '  2 │   owner: "x"',
      "    │          ^^^",
      "  Fix: Write a literal, or a `const` made of literals, operators, spreads and fivefold's own functions.",
      "  shared.ts:1:1 It comes from here.",
      "  1 │ second",
      "    │ ^^^^^^",
    ].join("\n"),
  );
});

test.each([
  ["tabs stay tabs, so that the marks are below", "\tx: \t1", span(1, 6, 7), ["  1 │ \tx: \t1", "    │ \t   \t^"]],
  ["wide characters take two columns", '大: "🦄"', span(1, 4, 8), ['  1 │ 大: "🦄"', "    │     ^^^^"]],
  ["marks on a letter take none", "e\u0301: 1", span(1, 5, 6), ["  1 │ e\u0301: 1", "    │    ^"]],
  ["several lines: the first", "a {\n}", span(1, 1, 2, 2), ["  1 │ a {", "    │ ^^^"]],
  ["the end of a line", "abc", span(1, 4, 5), ["  1 │ abc", "    │    ^"]],
  ["control characters do not reach the terminal", "a\u001b[31mb", span(1, 1, 2), ["  1 │ a�[31mb", "    │ ^"]],
  ["CRLF", "one\r\ntwo\r\n", span(2, 1, 4), ["  2 │ two", "    │ ^^^"]],
  ["no text: no frame", "", span(5, 1, 3), []],
  ["nothing to mark: no frame", "abc", span(1, 1, 1), []],
])("%s", (_, text, at, lines) => expect(frameOf(text, at)).toEqual(lines));

test("a long line is cut around the place", () => {
  const text = `${"a".repeat(500)}HERE${"b".repeat(500)}`;
  const [line, marks] = frameOf(text, span(1, 501, 505));
  expect(line).toBe(`  1 │ …${"a".repeat(40)}HERE${"b".repeat(116)}…`);
  expect(marks).toBe(`    │ ${" ".repeat(41)}^^^^`);
});

test("colours only where they are asked for", () => {
  const found = [diagnostic("event-type-missing", span(1, 1, 2), {})];
  expect(formatPretty(found, new Map())).not.toContain("\u001b");
  expect(formatPretty(found, new Map(), { colors: true })).toContain("\u001b[31merror");
});

test("by file, line and column, each once", () => {
  const places = [span(2, 1, 2), span(1, 5, 6), span(1, 1, 2), { ...span(9, 9, 9), file: "a.ts" }, span(1, 5, 6)];
  const found = places.map((place) => diagnostic("event-type-missing", place, {}));
  expect(
    sortDiagnostics(uniqueDiagnostics(found)).map((one) => `${one.span.file}:${one.span.line}:${one.span.column}`),
  ).toEqual(["a.ts:9:9", "usecases/a.ts:1:1", "usecases/a.ts:1:5", "usecases/a.ts:2:1"]);
});

test("a diagnostic is plain data", () => {
  const found = diagnostic("bad-duration", span(1, 1, 2), { path: "p", found: "x" });
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  expect(Object.keys(found)).toEqual(["code", "severity", "message", "fix", "span"]);
});
