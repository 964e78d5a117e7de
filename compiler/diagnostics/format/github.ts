import type { Diagnostic } from "../diagnostics.ts";

/**
 * Diagnostics as GitHub's workflow commands, a line each, which it shows as annotations at their places in a pull
 * request. The escapes are those of its toolkit (actions/toolkit, packages/core/src/command.ts).
 */
export function formatGithub(diagnostics: readonly Diagnostic<string>[]): string {
  return diagnostics.map(formatOne).join("\n");
}

function formatOne({ code, severity, message, fix, span }: Diagnostic<string>): string {
  const { file, line, column, endLine, endColumn } = span;
  // GitHub ignores columns where the place spans lines.
  const columns = endLine === line ? { col: column, endColumn: Math.max(column, endColumn - 1) } : {};
  const properties = { file, line, endLine, ...columns, title: code };
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${severity} ${list.join(",")}::${escapeData(`${message}\nFix: ${fix}`)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
