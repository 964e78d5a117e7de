import { readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** Sources below `folder` of `root`, relative to it, in one order on every machine. Hidden folders are passed over. */
export function findSources(root: string, folder: string): string[] {
  const found: string[] = [];
  const visit = (path: string) => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const child = posix.join(path, entry.name);
      // Linked folders are not followed: they may lead in circles. A linked file is one, also if its target is missing.
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && entry.name !== "node_modules") visit(child);
      } else if (isSource(entry.name) && !isFolder(join(root, child))) found.push(child);
    }
  };
  if (isFolder(join(root, folder))) visit(folder);
  return found.sort();
}

function isSource(name: string): boolean {
  return name.endsWith(".ts") && !name.endsWith(".d.ts") && !name.endsWith(".test.ts");
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
