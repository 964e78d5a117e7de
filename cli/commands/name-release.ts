import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** What a project's behaviour is made of, besides its packages, which the lock file names. */
const COUNTS = /\.(?:[cm]?[jt]sx?|json)$/;
/** Installed, built by others, or not part of what runs. */
const PASSED_OVER = /^(?:node_modules|coverage|\..*)$/;
const NAME_LENGTH = 12;

/** A name for what is in a project's files: the same for the same files, wherever they are. */
export async function nameRelease(root: string): Promise<string> {
  const sum = createHash("sha256");
  for (const path of (await filesBelow(root)).sort()) {
    sum.update(`${relative(root, path)}\n`);
    sum.update(await readFile(path));
  }
  return sum.digest("hex").slice(0, NAME_LENGTH);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !PASSED_OVER.test(name))
      .map((entry): string[] | Promise<string[]> => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return filesBelow(path);
        return entry.isFile() && COUNTS.test(entry.name) ? [path] : [];
      }),
  );
  return found.flat();
}
