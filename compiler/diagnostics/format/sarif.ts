import type { Location, Log } from "sarif";
import type { Diagnostic, Span } from "../diagnostics.ts";

/**
 * Diagnostics as a SARIF 2.1.0 log, for code scanning and editors. Columns count UTF-16 code units, and paths are
 * relative to the project's root, as SARIF has it (OASIS SARIF 2.1.0, 3.14.17 and 3.14.14).
 */
export function formatSarif(diagnostics: readonly Diagnostic<string>[], version: string): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const log: Log = {
    version: "2.1.0",
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    runs: [
      {
        tool: { driver: { name: "fivefold", version, rules: codes.map((id) => ({ id })) } },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { ROOT: { description: { text: "The folder that holds usecases/." } } },
        results: diagnostics.map(({ code, severity, message, fix, span, related = [] }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: severity,
          message: { text: `${message}\nFix: ${fix}` },
          locations: [locationOf(span)],
          ...(related.length > 0 && {
            relatedLocations: related.map((other, id) => ({
              id,
              ...locationOf(other.span),
              message: { text: other.message },
            })),
          }),
        })),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

function locationOf({ file, line, column, endLine, endColumn }: Span): Location {
  return {
    physicalLocation: {
      artifactLocation: { uri: encodeURI(file), uriBaseId: "ROOT" },
      region: { startLine: line, startColumn: column, endLine, endColumn: Math.max(endColumn, column + 1) },
    },
  };
}
