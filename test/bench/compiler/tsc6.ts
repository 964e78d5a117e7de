/* What `tsc --noEmit` of TypeScript 6 does with a project, by its API: parses, checks, and prints what it finds. */
import module from "node:module";
import type { ts as Api } from "ts-morph";

// As that `tsc` does itself.
module.enableCompileCache();
const { ts } = await import("ts-morph");
const config = process.argv[2]!;
const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic: Api.Diagnostic) => fail([diagnostic]) };
// The bundled API comes without the declarations of JavaScript's own objects: it takes those of the native compiler.
const { libFolder } = await import("../../../compiler/read/typescript-package.ts");
const parsed = ts.getParsedCommandLineOfConfigFile(config, { noEmit: true }, host)!;
const compilerHost = ts.createCompilerHost(parsed.options);
const program = ts.createProgram({
  rootNames: parsed.fileNames,
  options: parsed.options,
  host: { ...compilerHost, getDefaultLibLocation: () => libFolder() },
});
fail(ts.getPreEmitDiagnostics(program));

function fail(diagnostics: readonly Api.Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  console.error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost({})));
  process.exit(1);
}
