import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE } from "../../compiler/diagnostics/catalogue/catalogue.ts";
import { IMPORT_CATALOGUE } from "../../compiler/importers/catalogue.ts";

const ROOT = join(import.meta.dirname, "../..");
const SCENARIOS = join(ROOT, "test/scenarios");
const IMPORT_CASES = join(ROOT, "test/compiler/import/cases");
const RUNTIME_ERRORS = join(ROOT, "runtime/contract/errors.ts");

export interface Page {
  /** Below docs/errors. */
  readonly name: string;
  readonly text: string;
}

/** `docs/errors/`: a page for each diagnostic of the compiler and each error of the runtime, and a list of all. */
export function errorPages(): Page[] {
  const compiler = Object.entries(CATALOGUE).map(([code, { severity }]) => diagnosticPage(code, severity));
  const imports = Object.entries(IMPORT_CATALOGUE).map(([code, { severity }]) => importPage(code, severity));
  const runtime = runtimeErrors().map(({ code, text }) => runtimePage(code, text));
  return [...compiler, ...imports, ...runtime, listPage({ compiler, imports, runtime })];
}

const WRITTEN = "This page is written by `npm run reference`.";

type Severity = "error" | "warning";

/** With the scenario that shows the code and nothing else: its source, and what the compiler says of it. */
function diagnosticPage(code: string, severity: Severity): Page {
  const found = readdirSync(SCENARIOS)
    .sort()
    .map((name) => ({ folder: join(SCENARIOS, name), said: textOf(join(SCENARIOS, name, "diagnostics.txt")) }))
    .find(({ said }) => codesIn(said).join() === code);
  if (!found) throw new Error(`no scenario shows ${code} alone`);
  const { folder, said } = found;
  return examplePage(code, EFFECTS[severity], sourceIn(folder, said), `The compiler says:`, said);
}

function importPage(code: string, severity: Severity): Page {
  const found = readdirSync(IMPORT_CASES)
    .sort()
    .map((name) => ({ folder: join(IMPORT_CASES, name), said: textOf(join(IMPORT_CASES, name, "expected.txt")) }))
    .map(({ folder, said }) => ({ folder, said: said.slice(Math.max(0, said.search(PLACE))) }))
    .find(({ said }) => codesIn(said).join() === code);
  if (!found) throw new Error(`no case shows ${code} alone`);
  const effect =
    severity === "error" ? "An error: nothing is imported until it is fixed." : "A warning: the rest is imported.";
  return examplePage(code, effect, sourceIn(found.folder, found.said), "`fivefold import` says:", found.said);
}

const EFFECTS: Readonly<Record<Severity, string>> = {
  error: "An error: nothing is written until it is fixed.",
  warning: "A warning: outputs are written.",
};

function examplePage(code: string, effect: string, source: string, says: string, said: string): Page {
  const parts = [`# \`${code}\``, effect, source, says, `\`\`\`text\n${said.trim()}\n\`\`\``, WRITTEN];
  return { name: `${code}.md`, text: `${parts.filter((part) => part !== "").join("\n\n")}\n` };
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8").replaceAll("\r\n", "\n") : "";
}

const PLACE = /^\S+:\d+:\d+ (?:error|warning) (\S+)$/m;

function codesIn(said: string): string[] {
  return Array.from(said.matchAll(new RegExp(PLACE, "gm")), ([, code]) => code!);
}

/** The file that the first line is about; locks and long files say nothing to a reader. */
function sourceIn(folder: string, said: string): string {
  const [, file = ""] = /^(\S+):\d+:\d+ /m.exec(said) ?? [];
  const [, ending = ""] = /\.(ts|tsx|proto|avsc|json)$/.exec(file) ?? [];
  const text = ending === "" || file.startsWith("contracts.lock") ? "" : textOf(join(folder, file)).trim();
  if (text === "" || text.split("\n").length > MOST_LINES) return "";
  return `For example \`${file}\`:\n\n\`\`\`${ending}\n${text}\n\`\`\``;
}

const MOST_LINES = 60;

/** The codes of the runtime with their comments. */
function runtimeErrors(): { readonly code: string; readonly text: string }[] {
  const source = readFileSync(RUNTIME_ERRORS, "utf8");
  const [, union = ""] = /export type ErrorCode =\n([\s\S]*?);\n/.exec(source) ?? [];
  return Array.from(union.matchAll(/\/\*\*([\s\S]*?)\*\/\s*\| "([^"]+)"/g), ([, comment = "", code = ""]) => ({
    code,
    text: comment.replaceAll(/\s*\n\s*\*?\s*/g, " ").trim(),
  }));
}

function runtimePage(code: string, text: string): Page {
  const [meaning = "", fix = ""] = text.split(" Fix: ");
  const page = `# \`${code}\`

An error at run time: a \`FivefoldError\` whose \`code\` is \`"${code}"\`. Its message names the place.

${meaning}

**Fix:** ${fix}

${WRITTEN}
`;
  return { name: `${code}.md`, text: page };
}

function listPage(pages: Readonly<Record<"compiler" | "imports" | "runtime", readonly Page[]>>): Page {
  const list = (pages: readonly Page[]) =>
    pages.map(({ name }) => `- [\`${name.replace(".md", "")}\`](${name})`).join("\n");
  const text = `# Errors

\`fivefold explain <code>\` prints these pages.

## Of the compiler

${list(pages.compiler)}

## Of \`fivefold import\`

${list(pages.imports)}

## At run time

${list(pages.runtime)}

${WRITTEN}
`;
  return { name: "README.md", text };
}
