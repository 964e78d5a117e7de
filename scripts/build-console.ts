import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";

const ROOT = resolve(import.meta.dirname, "..");
const SOURCE = join(ROOT, "console");

/** Writes the console's pages to dist/console: one script, one style sheet, no build and no network where they are used. */
export async function buildConsole(target = join(ROOT, "dist", "console")): Promise<void> {
  const bundling = await rolldown({
    cwd: SOURCE,
    input: "main.tsx",
    platform: "browser",
    tsconfig: join(SOURCE, "tsconfig.json"),
  });
  const { output } = await bundling.generate({ format: "esm", minify: true });
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "console.js"), output[0].code);
  const plots = readFileSync(join(ROOT, "node_modules", "uplot", "dist", "uPlot.min.css"), "utf8");
  writeFileSync(join(target, "console.css"), `${plots}\n${readFileSync(join(SOURCE, "console.css"), "utf8")}`);
  for (const name of ["index.html", "icon.svg"]) copyFileSync(join(SOURCE, name), join(target, name));
}

if (import.meta.main) await buildConsole();
