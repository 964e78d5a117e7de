import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const PAGE = resolve(import.meta.dirname, "../../docs/deploy.md");

/** A file that docs/deploy.md shows: the first block behind a line that is its path in bold. */
export function documentedFile(path: string): string {
  const page = readFileSync(PAGE, "utf8");
  const at = page.indexOf(`\n**\`${path}\`**`);
  const block = at < 0 ? null : /```\w*\n([\s\S]*?)```/.exec(page.slice(at));
  if (!block) throw new Error(`docs/deploy.md shows no file '${path}'.`);
  return block[1] as string;
}
