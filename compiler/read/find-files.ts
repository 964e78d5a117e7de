import { readdirSync, type Stats, statSync } from "node:fs";
import { join, posix } from "node:path";
import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import { fileSpan } from "./spans.ts";
import { reasonOf } from "./text.ts";

export interface Found {
  /** Relative to the root, in one order on every machine. */
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Sources below `folder` of `root`. Hidden folders are passed over. */
export function findSources(root: string, folder: string): Found {
  const files: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const refuse = (path: string, reason: string) =>
    diagnostics.push(diagnostic("unreadable-file", fileSpan(path), { reason }));

  const visit = (path: string) => {
    for (const entry of entriesOf(join(root, path), (reason) => refuse(path, reason))) {
      const child = posix.join(path, entry.name);
      // Linked folders are not followed: they may lead in circles.
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && entry.name !== "node_modules") visit(child);
      } else if (isSource(entry.name) && entry.isFile()) files.push(child);
      else if (isSource(entry.name)) {
        const found = stat(join(root, child));
        if (typeof found === "string") refuse(child, found);
        else if (found.isFile()) files.push(child);
        // To read from a pipe or a device might never end.
        else if (!found.isDirectory()) refuse(child, "it is no regular file");
      }
    }
  };

  const top = stat(join(root, folder));
  if (typeof top !== "string" && top.isDirectory()) visit(folder);
  return { files: files.sort(), diagnostics };
}

function isSource(name: string): boolean {
  return name.endsWith(".ts") && !name.endsWith(".d.ts") && !name.endsWith(".test.ts");
}

function entriesOf(path: string, refuse: (reason: string) => void) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    refuse(reasonOf(error));
    return [];
  }
}

/** What a path leads to, or why it leads nowhere. */
function stat(path: string): Stats | string {
  try {
    return statSync(path);
  } catch (error) {
    return reasonOf(error);
  }
}
