import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { type Compilation, compile } from "../../compiler/build/compile.ts";
import { CATALOGUE, type Code } from "../../compiler/diagnostics/catalogue/catalogue.ts";
import { formatPretty } from "../../compiler/diagnostics/format/pretty.ts";
import type { History } from "../../compiler/lock/check-history.ts";
import { LOCK_FILE } from "../../compiler/lock/lock.ts";
import { readLock } from "../../compiler/lock/lock-file.ts";
import { claimsOf } from "../../compiler/lock/lock-history.ts";
import { tscScript } from "../../compiler/read/typescript-package.ts";

/*
 * A folder of test/scenarios is a project, and holds what the compiler makes of it: `diagnostics.txt` if it finds
 * anything, all outputs if it finds no error. What is generated is compiled, and a `run.ts` beside it is run.
 * `UPDATE_SCENARIOS=1` rewrites what is expected; review the difference.
 */

const SCENARIOS = resolve(import.meta.dirname, "../scenarios");
const UPDATE = process.env.UPDATE_SCENARIOS === "1";
const names = readdirSync(SCENARIOS).sort();
/** Codes that some scenario shows by itself: one fault, one diagnostic. */
const shown = new Set<Code>();

describe("scenarios", () => {
  test.each(names)("%s", async (name) => {
    const root = join(SCENARIOS, name);
    const compilation = await compile({ root, history: () => historyOf(root) });
    const [first, ...more] = compilation.diagnostics;
    if (first && more.length === 0) shown.add(first.code);
    const actual = resultOf(compilation);
    if (UPDATE) rewrite(root, compilation);
    expect(actual).toEqual(expectedOf(root, compilation));
    const run = join(root, "run.ts");
    if (existsSync(run)) await ((await import(run)) as { default: () => unknown }).default();
  });

  test("what is generated compiles, as strictly as this repository does", async () => {
    const folder = resolve(SCENARIOS, "../../.fivefold/scenarios");
    const config = {
      extends: "../../tsconfig.json",
      // Use cases may have enums; that Node's type stripping can't run them is no fault of what is generated.
      compilerOptions: { erasableSyntaxOnly: false },
      include: [`${SCENARIOS}/*/generated/**/*.ts`, `${SCENARIOS}/*/run.ts`],
      exclude: [],
    };
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = spawnSync(process.execPath, [tscScript(), "--pretty", "false", "-p", folder], { encoding: "utf8" });
    expect(tsc.stdout).toBe("");
    expect(tsc.status).toBe(0);
  });
});

test("every code of the catalogue has a scenario in which it is the only one", () => {
  expect(Object.keys(CATALOGUE).filter((code) => !shown.has(code as Code))).toEqual([]);
});

/** A scenario may have the lock of an earlier commit. */
function historyOf(root: string): History | undefined {
  const path = join(root, "earlier.lock.json");
  if (!existsSync(path)) return undefined;
  const last = { name: "of before", parents: [], lock: readLock(readFileSync(path, "utf8")) };
  return { claims: claimsOf([last]), last, wasBuilt: true };
}

/** Texts by path, relative to the scenario's folder. */
type Result = Readonly<Record<string, string>>;

function resultOf({ diagnostics, outputs, sources }: Compilation): Result {
  return {
    ...(diagnostics.length > 0 && { "diagnostics.txt": `${formatPretty(diagnostics, sources)}\n` }),
    ...Object.fromEntries(outputs.map(({ path, text }) => [path, text])),
  };
}

/** A lock is read by every scenario that has one, and written by those that find no error. */
function expectedOf(root: string, { outputs }: Compilation): Result {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((file) => relative(root, join(file.parentPath, file.name)).replaceAll("\\", "/"));
  const expected = paths.filter((path) => {
    return path === LOCK_FILE ? outputs.length > 0 : path === "diagnostics.txt" || path.startsWith("generated/");
  });
  return Object.fromEntries(expected.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

function rewrite(root: string, compilation: Compilation): void {
  const result = resultOf(compilation);
  for (const path of Object.keys(expectedOf(root, compilation))) if (!(path in result)) rmSync(join(root, path));
  for (const [path, text] of Object.entries(result)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
