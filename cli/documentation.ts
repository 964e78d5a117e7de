import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suggest } from "../compiler/read/suggestion.ts";
import { Fault } from "../loader/fault.ts";
import { say, sayJson } from "./terminal.ts";

/** The package's own folder, whether it is installed or a checkout. */
const PACKAGE = dirname(fileURLToPath(import.meta.resolve("fivefold/package.json")));
const DOCS = join(PACKAGE, "docs");
const ERRORS = join(DOCS, "errors");

/** The text that says what there is to read. */
const INDEX = join(PACKAGE, "llms.txt");

/** The names of the pages: `types` of docs/types.md. */
function pageNames(): string[] {
  return namesIn(DOCS).filter((name) => readFileSync(INDEX, "utf8").includes(`(docs/${name}.md)`));
}

/** Codes that have a page: of the compiler's diagnostics and of the runtime's errors. */
function codes(): string[] {
  known ??= namesIn(ERRORS).filter((name) => name !== "README");
  return known;
}

let known: string[] | undefined;

function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => name.slice(0, -".md".length))
    .sort();
}

/** The path of a code's page. `undefined`: there is no such code. */
export function pageOf(code: string): string | undefined {
  return codes().includes(code) ? join(ERRORS, `${code}.md`) : undefined;
}

/** The same, relative to the package: what a machine is told, on every machine alike. */
export function packagedPageOf(code: string): string | undefined {
  return pageOf(code) && `docs/errors/${code}.md`;
}

interface OutputOptions {
  readonly json?: boolean;
}

/** `fivefold explain [code]`: prints the page of a code; without one, the codes that there are. */
export function explain(code: string | undefined, { json = false }: OutputOptions): void {
  if (code === undefined) {
    if (json) sayJson({ codes: codes() });
    else say(codes().join("\n"));
    return;
  }
  const page = pageOf(code);
  if (page === undefined) throw unknown(`There is no code '${code}'.`, code, codes(), "fivefold explain");
  const text = readFileSync(page, "utf8").trim();
  if (json) sayJson({ code, page: text });
  else say(text);
}

/** `fivefold docs [page]`: prints a page of the documentation; without one, what there is to read. */
export function showDocs(name: string | undefined, { json = false }: OutputOptions): void {
  if (name === undefined) {
    if (json) sayJson({ pages: pageNames() });
    else say(readFileSync(INDEX, "utf8").trim());
    return;
  }
  const asked = name.replace(/^docs\//, "").replace(/\.md$/, "");
  if (!pageNames().includes(asked)) throw unknown(`There is no page '${name}'.`, asked, pageNames(), "fivefold docs");
  const text = readFileSync(join(DOCS, `${asked}.md`), "utf8").trim();
  if (json) sayJson({ name: asked, page: text });
  else say(text);
}

function unknown(found: string, name: string, names: readonly string[], command: string): Fault {
  const near = suggest(name, names);
  return new Fault("usage", `${found} ${near ? `Did you mean '${near}'?` : `\`${command}\` lists them.`}`);
}
