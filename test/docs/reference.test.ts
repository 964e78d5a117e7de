import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ErrorCode, FivefoldError, InvalidEventError } from "../../runtime/contract/errors.ts";
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

test("each error at run time names its code, whose page there is, once, however often it is wrapped", () => {
  const codes = errorPages().flatMap(({ text }) => /`FivefoldError` whose `code` is `"(.+)"`/.exec(text)?.[1] ?? []);
  expect(codes.length).toBeGreaterThan(15);
  for (const code of codes as ErrorCode[]) {
    const { message } = new FivefoldError(code, "The store is gone.");
    expect(message).toBe(`The store is gone. [${code}]`);
    expect(new FivefoldError(code, message).message).toBe(message);
  }
  const refused = new InvalidEventError("greet", [{ path: "count", rule: "must be an integer", found: "string" }]);
  expect(refused.message.split("\n")[0]).toContain("[invalid-event]");
  expect(refused.message).toMatch(/found string$/);
});

test("README, package.json and the command line name the same Node", () => {
  const textOf = (path: string) => readFileSync(join(DOCS, "..", path), "utf8");
  const { node } = JSON.parse(textOf("package.json")).engines as { node: string };
  for (const path of ["README.md", "cli/main.js"]) {
    const named = textOf(path).match(/Node \d+(\.\d+)?( or newer)?/g) ?? [];
    expect(new Set(named)).toEqual(new Set([`${node.replace(">=", "Node ")} or newer`]));
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
