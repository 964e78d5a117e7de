import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suggest } from "../compiler/read/suggestion.ts";
import { Fault } from "./fault.ts";
import { say, sayJson } from "./terminal.ts";

/** Where the pages of all codes are, of the compiler's diagnostics and of the runtime's errors. */
const PAGES = join(dirname(fileURLToPath(import.meta.resolve("fivefold/package.json"))), "docs", "errors");

/** The page of a code. `undefined`: there is no such code. */
export function pageOf(code: string): string | undefined {
  return codes().includes(code) ? join(PAGES, `${code}.md`) : undefined;
}

function codes(): string[] {
  known ??= readdirSync(PAGES)
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .map((name) => name.slice(0, -".md".length))
    .sort();
  return known;
}

let known: string[] | undefined;

/** Prints the page of a code; without one, the codes that there are. */
export function explain(code: string | undefined, { json = false }: { readonly json?: boolean }): void {
  if (code === undefined) {
    if (json) sayJson({ codes: codes() });
    else say(codes().join("\n"));
    return;
  }
  const page = pageOf(code);
  if (page === undefined) {
    const near = suggest(code, codes());
    const fix = near ? `Did you mean '${near}'?` : "`fivefold explain` lists them.";
    throw new Fault("usage", `There is no code '${code}'. ${fix}`);
  }
  const text = readFileSync(page, "utf8").trim();
  if (json) sayJson({ code, page: text });
  else say(text);
}
