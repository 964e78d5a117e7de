import { expect, test } from "vitest";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostics.ts";
import { formatGithub } from "../../compiler/diagnostics/format/github.ts";
import { formatSarif } from "../../compiler/diagnostics/format/sarif.ts";

const span = { file: "usecases/a, b.ts", line: 3, column: 5, endLine: 3, endColumn: 9 };
const diagnostic: Diagnostic = {
  code: "bad-key-field",
  severity: "error",
  message: "100% wrong:\nno owner.",
  fix: "Add one.",
  span,
  related: [{ message: "declared here", span: { ...span, line: 1, endLine: 2 } }],
};

test("GitHub annotations stand on one line each, with what would end them escaped", () => {
  expect(formatGithub([diagnostic, { ...diagnostic, severity: "warning" }]).split("\n")).toEqual([
    "::error file=usecases/a%2C b.ts,line=3,endLine=3,col=5,endColumn=8,title=bad-key-field::100%25 wrong:%0Ano owner.%0AFix: Add one.",
    "::warning file=usecases/a%2C b.ts,line=3,endLine=3,col=5,endColumn=8,title=bad-key-field::100%25 wrong:%0Ano owner.%0AFix: Add one.",
  ]);
});

test("a SARIF log names the rule, the place and the related places of every diagnostic", () => {
  const log = JSON.parse(formatSarif([diagnostic], "1.2.3"));
  expect(log).toMatchObject({ version: "2.1.0", runs: [{ columnKind: "utf16CodeUnits" }] });
  const [run] = log.runs;
  expect(run.tool.driver).toEqual({ name: "fivefold", version: "1.2.3", rules: [{ id: "bad-key-field" }] });
  expect(run.results).toEqual([
    {
      ruleId: "bad-key-field",
      ruleIndex: 0,
      level: "error",
      message: { text: "100% wrong:\nno owner.\nFix: Add one." },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "usecases/a,%20b.ts", uriBaseId: "ROOT" },
            region: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 9 },
          },
        },
      ],
      relatedLocations: [
        {
          id: 0,
          message: { text: "declared here" },
          physicalLocation: {
            artifactLocation: { uri: "usecases/a,%20b.ts", uriBaseId: "ROOT" },
            region: { startLine: 1, startColumn: 5, endLine: 2, endColumn: 9 },
          },
        },
      ],
    },
  ]);
  expect(JSON.parse(formatSarif([], "1.2.3")).runs[0].results).toEqual([]);
});
