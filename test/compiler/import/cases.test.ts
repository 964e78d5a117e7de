import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { formatPretty } from "../../../compiler/diagnostics/format/pretty.ts";
import { IMPORT_CATALOGUE, type ImportCode } from "../../../compiler/importers/catalogue.ts";
import type { ImportResult } from "../../../compiler/importers/import.ts";
import { seedLock } from "../../../compiler/importers/import.ts";
import { compileContracts, importFile } from "./imported.ts";

/*
 * A folder of cases holds a contract, `source.*`, and what importing it comes to: `expected.txt`, with the diagnostics
 * and the types. `UPDATE_SCENARIOS=1` rewrites what is expected; review the difference.
 */

const CASES = resolve(import.meta.dirname, "cases");
const UPDATE = process.env.UPDATE_SCENARIOS === "1";
/** Codes that some case shows by itself. */
const shown = new Set<ImportCode>();

describe("cases", () => {
  test.each(readdirSync(CASES).sort())("%s", async (name) => {
    const root = join(CASES, name);
    const source = readdirSync(root).find((file) => file.startsWith("source."))!;
    const result = await importFile(source, { root });
    const codes = new Set(result.diagnostics.map(({ code }) => code));
    if (codes.size === 1) for (const code of codes) shown.add(code);

    const actual = textOf(result);
    const expected = join(root, "expected.txt");
    if (UPDATE) writeFileSync(expected, actual);
    expect(actual).toBe(existsSync(expected) ? readFileSync(expected, "utf8") : "");
    if (result.contract) await compileContracts("case", { subject: result.contract }, { types: true });
  });
});

test("every code has a case that shows nothing else", () => {
  expect(Object.keys(IMPORT_CATALOGUE).filter((code) => !shown.has(code as ImportCode))).toEqual([]);
});

function textOf({ diagnostics, sources, contract }: ImportResult): string {
  const parts = [
    formatPretty(diagnostics, sources),
    ...(contract ? [`imports: ${contract.imports.join(", ")}`, contract.text] : []),
    ...(contract?.locked ? [seedLock(undefined, "subject", contract.locked)!.trimEnd()] : []),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
