import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join, posix } from "node:path";
import { type Diagnostic, diagnostic } from "../diagnostics/diagnostics.ts";
import { type Link, linkTo } from "./links.ts";
import { fileSpan } from "./spans.ts";
import { reasonOf } from "./text.ts";

/** Below the root, the folder of use cases. */
export const USE_CASES = "usecases";

/** `usecases/files/index-file.ts` → `files-index-file`. Whether that is a legal name is for a check to say. */
export function useCaseName(file: string): string {
  return file
    .slice(USE_CASES.length + 1)
    .replace(/\.(mts|tsx?)$/, "")
    .replaceAll("/", "-");
}

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
      const isFolder = !entry.name.startsWith(".") && entry.name !== "node_modules";
      if (entry.isDirectory()) {
        if (isFolder) visit(child);
      } else if (entry.isSymbolicLink()) {
        const found = stat(join(root, child));
        if (typeof found === "string") {
          if (isSource(entry.name)) refuse(child, found);
        } else if (isSource(entry.name) || (isFolder && found.isDirectory())) {
          const link = linkTo(root, child);
          if (link) diagnostics.push(linkedFile(link));
        }
      } else if (isSource(entry.name)) {
        // To read from a pipe or a device might never end.
        if (entry.isFile()) files.push(child);
        else refuse(child, "it is no regular file");
      } else if (entry.isFile() && looksLikeUseCase(entry.name, join(root, child))) {
        diagnostics.push(diagnostic("file-not-taken", fileSpan(child), {}));
      }
    }
  };

  const link = linkTo(root, folder);
  if (link) return { files, diagnostics: [linkedFile(link)] };
  const top = stat(join(root, folder));
  if (typeof top !== "string" && top.isDirectory()) visit(folder);
  return { files: files.sort(), diagnostics };
}

export function linkedFile({ path, target }: Link): Diagnostic {
  return diagnostic("linked-file", fileSpan(path), { path, target });
}

function isSource(name: string): boolean {
  return /\.(m?ts|tsx)$/.test(name) && !/\.(d|test)\.(m?ts|tsx)$/.test(name);
}

/** Whether a file that is no source declares a use case. */
function looksLikeUseCase(name: string, path: string): boolean {
  if (!/\.([cm]?js|jsx|cts)$/.test(name) || /\.d\.cts$/.test(name)) return false;
  try {
    return /\buseCase\s*[<(]/.test(readFileSync(path, "utf8"));
  } catch {
    return false;
  }
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
