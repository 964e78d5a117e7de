import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorPages } from "../../scripts/reference/errors.ts";
import { llmsPage } from "../../scripts/reference/llms.ts";
import { differingDefaults, settingsPage } from "../../scripts/reference/settings.ts";

const DOCS = join(import.meta.dirname, "../../docs");

test("docs/settings.md is what `npm run reference` writes", () => {
  expect(words(readFileSync(join(DOCS, "settings.md"), "utf8"))).toBe(words(settingsPage()));
});

test("docs/errors is what `npm run reference` writes: a page for each code, which is one thing's alone", () => {
  const pages = errorPages();
  const names = pages.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(readdirSync(join(DOCS, "errors")).sort()).toEqual(names.toSorted());
  for (const { name, text } of pages) {
    expect(words(readFileSync(join(DOCS, "errors", name), "utf8"))).toBe(words(text));
  }
});

test("llms.txt is what `npm run reference` writes", () => {
  expect(readFileSync(join(DOCS, "../llms.txt"), "utf8")).toBe(llmsPage());
});

test("a setting's comment names the default that holds", () => {
  expect(differingDefaults()).toEqual([]);
});

/** Without what the formatter does to tables. */
function words(page: string): string {
  return page.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
}
