import { ts } from "ts-morph";
import {
  type Code,
  type Diagnostic,
  diagnostic,
  type ParametersOf,
  type Related,
  type Span,
} from "../diagnostics/diagnostics.ts";
import { importedName, PACKAGE } from "./imports.ts";
import { spanOf } from "./spans.ts";
import { mentions } from "./types/tags.ts";
import { libFolder } from "./typescript-package.ts";

/** What all readers share while one project is read. */
export interface Reading {
  readonly root: string;
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  /** The name under which the package exports a symbol; `undefined`: it is none of the package's. */
  readonly exportName: (symbol: ts.Symbol | undefined) => string | undefined;
  /** What the package exports under a name, if some module of the project imports from it. */
  readonly exported: (name: string) => ts.Symbol | undefined;
  /** Whether some module may write the package's `Portable`. */
  readonly mayHavePortable: boolean;
  /** Whether a node is one of JavaScript's or Node's own declarations. */
  readonly isBuiltin: (node: ts.Node) => boolean;
  readonly span: (node: ts.Node) => Span;
  readonly report: Report;
  readonly diagnostics: Diagnostic[];
}

export type Report = <C extends Code>(
  code: C,
  span: Span,
  parameters: ParametersOf<C>,
  related?: readonly Related[],
) => void;

export function createReading(root: string, program: ts.Program): Reading {
  const checker = program.getTypeChecker();
  const diagnostics: Diagnostic[] = [];
  const library = libFolder();
  return {
    root,
    program,
    checker,
    ...packageExports(program, checker),
    mayHavePortable: program
      .getSourceFiles()
      .some((source) => mentions(source, "Portable") && packageSpecifiers(source).length > 0),
    isBuiltin(node) {
      const { fileName } = node.getSourceFile();
      return fileName.startsWith(`${library}/`) || fileName.includes("/node_modules/@types/node/");
    },
    span: (node) => spanOf(root, node),
    report: (code, span, parameters, related) => {
      diagnostics.push(diagnostic(code, span, parameters, related));
    },
    diagnostics,
  };
}

/**
 * Recognises the package's exports by symbol, so that renamed imports, namespaces and re-exports are seen through. The
 * package may be installed more than once, so every project module that imports it is asked for what it gets.
 */
function packageExports(program: ts.Program, checker: ts.TypeChecker): Pick<Reading, "exportName" | "exported"> {
  const names = new Map<ts.Symbol, string>();
  const symbols = new Map<string, ts.Symbol>();
  const modules = new Set<ts.Symbol>();
  for (const source of program.getSourceFiles()) {
    if (program.isSourceFileFromExternalLibrary(source)) continue;
    for (const specifier of packageSpecifiers(source)) {
      const module = checker.getSymbolAtLocation(specifier);
      if (!module || modules.has(module)) continue;
      modules.add(module);
      for (const symbol of checker.getExportsOfModule(module)) {
        const own = resolveAlias(checker, symbol);
        names.set(own, symbol.name);
        symbols.set(symbol.name, own);
      }
    }
  }
  return {
    exportName: (symbol) => symbol && names.get(resolveAlias(checker, symbol)),
    exported: (name) => symbols.get(name),
  };
}

/** The places where a module names the package, as import or re-export. */
export function packageSpecifiers(source: ts.SourceFile): ts.StringLiteralLike[] {
  return source.statements
    .map((statement) =>
      ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement) ? statement.moduleSpecifier : undefined,
    )
    .filter((specifier) => specifier !== undefined)
    .filter(ts.isStringLiteralLike)
    .filter(({ text }) => text === PACKAGE);
}

/** The name under which the package exports what an expression names. */
export function packageName(node: ts.Expression, { checker, exported, exportName }: Reading): string | undefined {
  const imported = ts.isIdentifier(node) ? importedName(node) : undefined;
  return imported && exported(imported) ? imported : exportName(checker.getSymbolAtLocation(node));
}

/** The symbol that an import or re-export stands for, or the symbol itself. */
export function resolveAlias(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
