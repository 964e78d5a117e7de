import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, diagnostic } from "../diagnostics/diagnostics.ts";
import { linkTo } from "./links.ts";
import { fileSpan } from "./spans.ts";

export interface Text {
  /** Without a byte order mark; `undefined` where there is no such file, or it can't be read. */
  readonly text: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A file of the project that need not exist. */
export function readText(root: string, file: string): Text {
  const path = join(root, file);
  try {
    const link = linkTo(root, file);
    if (link) return { text: undefined, diagnostics: [diagnostic("linked-file", fileSpan(file), { ...link })] };
    // To read from a pipe or a device might never end.
    if (!statSync(path).isFile()) return refuse(file, "it is no regular file");
    return { text: readFileSync(path, "utf8").replace(/^\ufeff/, ""), diagnostics: [] };
  } catch (error) {
    const reason = reasonOf(error);
    return reason === "ENOENT" ? { text: undefined, diagnostics: [] } : refuse(file, reason);
  }
}

function refuse(file: string, reason: string): Text {
  return { text: undefined, diagnostics: [diagnostic("unreadable-file", fileSpan(file), { reason })] };
}

/** Why a file can't be read, as the operating system names it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
