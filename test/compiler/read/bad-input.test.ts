import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../../../compiler/build/compile.ts";
import { formatPretty } from "../../../compiler/diagnostics/format/pretty.ts";
import { openProject } from "../../../compiler/read/open-project.ts";
import { read, useCaseText, writeProject } from "./scratch-project.ts";

const GOOD = useCaseText(
  `/** An order. */
export interface Order { id: Text<{ maxLength: 64 }>; lines: { sku: string; count: Int<{ min: 1 }> }[]; kind: "a" | "b"; at?: Date }
const RETRY = { max: 3, backoff: exponential("1s", "15m") } as const;`,
  "Order",
  'owner: "team", frontend: { dedupeBy: "id" }, flowControl: { rate: perSecond(5) }, delivery: { retry: { ...RETRY } }, handler: () => {}',
);

/** A text with one edit: a stretch of it gone, doubled, or replaced by what has a meaning somewhere in TypeScript. */
const mutant = fc
  .tuple(
    fc.nat(GOOD.length),
    fc.nat(30),
    fc.constantFrom(
      "",
      "`",
      "${",
      "}",
      "{",
      "<",
      ">",
      "...",
      "\0",
      "\ufeff",
      "any",
      "= >",
      "/*",
      "'",
      "=>",
      "🦄",
      "await ",
      "[",
      "(",
      "\\u",
    ),
    fc.boolean(),
  )
  .map(([at, length, text, doubled]) => {
    const end = at + length;
    return GOOD.slice(0, at) + text + (doubled ? GOOD.slice(at, end) : "") + GOOD.slice(end);
  });

test("no edit of a use case makes the compiler throw, and what it refuses has a place and a fix", async () => {
  const texts = fc.sample(mutant, { numRuns: 300, seed: 7 });
  const files = Object.fromEntries(texts.map((text, index) => [`usecases/mutant-${index}.ts`, text]));
  const { diagnostics, sources } = await compile({ root: writeProject("mutants", files), types: false });
  expect(diagnostics.length).toBeGreaterThan(100);
  for (const { span, message, fix } of diagnostics) {
    const line = (files[span.file] ?? "").replace(/^\ufeff/, "").split(/\r\n|[\n\r\u2028\u2029]/)[span.line - 1];
    expect(line?.length).toBeGreaterThanOrEqual(span.column - 1);
    expect(message).toMatch(/\S/);
    expect(fix).toMatch(/\S/);
  }
  expect(formatPretty(diagnostics, sources)).not.toContain("undefined:");
});

test("a use case of 5,000 lines, CRLF, with a byte order mark", () => {
  const handler = Array.from({ length: 5_000 }, (_, index) => `  if (event.id === "${index}") console.log(${index});`);
  const text = useCaseText(
    "interface Event { id: string }",
    "Event",
    `owner: "team", handler: (event) => {\n${handler.join("\n")}\n}, delivery: { deadline: "soon" }`,
  );
  const { diagnostics } = read("long", { "usecases/long.ts": `\ufeff${text.replaceAll("\n", "\r\n")}` });
  expect(diagnostics).toMatchObject([{ code: "bad-duration", span: { line: 5004, column: 26, endColumn: 32 } }]);
});

test("an event of 1,000 fields", () => {
  const fields = Array.from({ length: 1_000 }, (_, index) => `field${index}?: Text<{ maxLength: ${index + 1} }>;`);
  const text = useCaseText(`interface Event { ${fields.join("\n")} }`, "Event", 'owner: "team", handler: () => {}');
  const { useCases } = read("wide", { "usecases/wide.ts": text });
  expect(useCases[0]?.event.messages[0]?.fields).toHaveLength(1_000);
});

test("links that lead in circles, pipes and devices are refused rather than read", () => {
  const root = writeProject("no-files", { "usecases/good.ts": GOOD });
  const usecases = join(root, "usecases");
  symlinkSync("loop.ts", join(usecases, "loop.ts"));
  symlinkSync("/dev/zero", join(usecases, "endless.ts"));
  symlinkSync("..", join(usecases, "up"));
  execFileSync("mkfifo", [join(usecases, "pipe.ts"), join(root, "tsconfig.json")]);
  const project = openProject(root);
  expect(project.files).toEqual(["usecases/good.ts"]);
  expect(project.diagnostics.map(({ code, span, message }) => `${code} ${span.file} ${message}`)).toEqual([
    expect.stringContaining("linked-file usecases/endless.ts 'usecases/endless.ts' is a link to '/dev/zero'."),
    "unreadable-file usecases/loop.ts The file can't be read: ELOOP.",
    "unreadable-file usecases/pipe.ts The file can't be read: it is no regular file.",
    expect.stringContaining("linked-file usecases/up 'usecases/up' is a link to '..'."),
    "unreadable-file tsconfig.json The file can't be read: it is no regular file.",
  ]);
});

test("what nests too deeply for the parser is refused as such", () => {
  const deep = `${"(".repeat(20_000)}1${")".repeat(20_000)}`;
  const { diagnostics } = read("deep-source", {
    "usecases/deep.ts": `export const deep = ${deep};`,
    "usecases/good.ts": GOOD,
  });
  expect(diagnostics).toMatchObject([{ code: "syntax-error", span: { file: "usecases/deep.ts" } }]);
});

test("type errors have their place in UTF-16 columns, in whatever module they are", async () => {
  const root = writeProject("type-errors", {
    "usecases/greet.ts": `const emoji: number = "🦄"; const après: number = "x";\nimport { count } from "../count.ts";\n${GOOD}\nconsole.log(count, emoji, après);`,
    "count.ts": 'export const count: number = "one";\n',
  });
  const { diagnostics, sources } = await compile({ root });
  expect(
    diagnostics.map(({ code, span }) => `${code} ${span.file}:${span.line}:${span.column}-${span.endColumn}`),
  ).toEqual([
    "type-error count.ts:1:14-19",
    "type-error usecases/greet.ts:1:7-12",
    "type-error usecases/greet.ts:1:35-40",
  ]);
  expect(formatPretty(diagnostics, sources)).toContain("export const count: number");
});
