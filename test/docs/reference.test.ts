import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { differingDefaults, settingsPage } from "../../scripts/reference/settings.ts";

const DOCS = join(import.meta.dirname, "../../docs");

test("docs/settings.md is what `npm run reference` writes", () => {
  expect(words(readFileSync(join(DOCS, "settings.md"), "utf8"))).toBe(words(settingsPage()));
});

test("a setting's comment names the default that holds", () => {
  expect(differingDefaults()).toEqual([]);
});

/** Without what the formatter does to tables. */
function words(page: string): string {
  return page.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
}
