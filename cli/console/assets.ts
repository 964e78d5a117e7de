import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault } from "../../loader/fault.ts";

/** The console's pages, by path: `/index.html`. */
export type Assets = ReadonlyMap<string, { readonly type: string; readonly bytes: Buffer }>;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Reads what the package was built with; of a checkout, what `npm run console` has built. */
export function readAssets(): Assets {
  const folder = join(dirname(fileURLToPath(import.meta.resolve("fivefold/package.json"))), "dist", "console");
  try {
    const names = readdirSync(folder).filter((name) => TYPES[extname(name)]);
    return new Map(
      names.map((name) => [`/${name}`, { type: TYPES[extname(name)]!, bytes: readFileSync(join(folder, name)) }]),
    );
  } catch (cause) {
    throw new Fault("environment", `The console's pages are not at ${folder}. In a checkout: \`npm run console\`.`, {
      cause,
    });
  }
}
