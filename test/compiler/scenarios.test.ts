import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { CATALOGUE, type Code } from "../../compiler/catalogue/catalogue.ts";
import { type Compilation, compile } from "../../compiler/compile.ts";
import { formatPretty } from "../../compiler/format.ts";

/*
 * A folder of test/scenarios is a project, and holds what the compiler makes of it: `diagnostics.txt` if it finds
 * anything, all outputs if it finds no error. `UPDATE_SCENARIOS=1` rewrites what is expected; review the difference.
 */

const SCENARIOS = resolve(import.meta.dirname, "../scenarios");
const UPDATE = process.env.UPDATE_SCENARIOS === "1";
const names = readdirSync(SCENARIOS).sort();
const provoked = new Set<Code>();

describe("scenarios", () => {
  test.each(names)("%s", async (name) => {
    const root = join(SCENARIOS, name);
    const compilation = await compile({ root });
    for (const { code } of compilation.diagnostics) provoked.add(code);
    const actual = resultOf(compilation);
    if (UPDATE) rewrite(root, actual);
    expect(actual).toEqual(expectedOf(root));
  });
});

test.runIf(!UPDATE)("every code of the catalogue is provoked by a scenario", () => {
  expect(Object.keys(CATALOGUE).filter((code) => !provoked.has(code as Code))).toEqual([]);
});

/** Texts by path, relative to the scenario's folder. */
type Result = Readonly<Record<string, string>>;

function resultOf({ diagnostics, outputs, sources }: Compilation): Result {
  return {
    ...(diagnostics.length > 0 && { "diagnostics.txt": `${formatPretty(diagnostics, sources)}\n` }),
    ...Object.fromEntries(outputs.map(({ path, text }) => [path, text])),
  };
}

function expectedOf(root: string): Result {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
  const expected = files.filter((path) => /^(diagnostics\.txt|contracts\.lock\.json|generated\/.*\.\w+)$/.test(path));
  return Object.fromEntries(expected.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

function rewrite(root: string, result: Result): void {
  for (const path of Object.keys(expectedOf(root))) if (!(path in result)) rmSync(join(root, path));
  for (const [path, text] of Object.entries(result)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target) || readFileSync(target, "utf8") !== text) writeFileSync(target, text);
  }
}
