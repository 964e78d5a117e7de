import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const DOCS = join(import.meta.dirname, "../../docs");

/** For people who change Fivefold: not in the package. */
const NOT_SHIPPED = ["architecture.md"];

/** `llms.txt` (llmstxt.org): what there is to read, each page with its first sentence. */
export function llmsPage(): string {
  const pages = readdirSync(DOCS)
    .filter((name) => name.endsWith(".md") && !NOT_SHIPPED.includes(name))
    .sort()
    .map((name) => ({ name, ...introductionOf(readFileSync(join(DOCS, name), "utf8")) }));
  return [
    "# Fivefold",
    "",
    "> A declarative pipeline compiler for asynchronous work. A use case is one typed TypeScript module; the compiler makes",
    "> of it a client, a validator, a codec, contracts for other languages, an executor, and what it takes to deploy.",
    "",
    "`fivefold docs <page>` prints a page, and `fivefold explain <code>` the page of a diagnostic's or an error's code.",
    "",
    "## Pages",
    "",
    ...pages.map(({ name, title, sentence }) => `- [${title}](docs/${name}): ${sentence}`),
    "- [Codes](docs/errors/README.md): of all diagnostics and errors",
    "",
  ].join("\n");
}

/** A page's title, and the first sentence below it. */
function introductionOf(text: string): { readonly title: string; readonly sentence: string } {
  const [heading = "", paragraph = ""] = text.split(/\n{2,}/);
  const [sentence = ""] = /^.*?[.:](?=\s|$)/.exec(paragraph.replaceAll("\n", " ")) ?? [paragraph];
  return { title: heading.replace(/^# /, ""), sentence: sentence.replace(/:$/, ".") };
}
