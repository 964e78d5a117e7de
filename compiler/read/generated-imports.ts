import { dirname, posix } from "node:path";
import { ts } from "ts-morph";
import { createSettingsFinder } from "../../loader/tsconfig.ts";
import { lowerCamel } from "../model/naming.ts";
import { useCaseName } from "./find-files.ts";
import type { Reading } from "./reading.ts";

/** Where a build writes. */
const GENERATED = "generated";

/** Looks whether a use case, or what it imports in turn, needs what a build writes. */
export type CheckGenerated = (source: ts.SourceFile) => void;

/**
 * Reports imports of generated modules, types included, at their lines and once each. A build that read what the one
 * before wrote would check types that are about to change, and could not start from nothing.
 */
export function createGeneratedCheck(reading: Reading, files: readonly string[]): CheckGenerated {
  const folder = `${reading.root}/${GENERATED}/`;
  const settings = createSettingsFinder();
  const checked = new Set<ts.SourceFile>();
  const asIfBuilt: ts.ModuleResolutionHost = {
    fileExists: (path) => ts.sys.fileExists(path) || (path.startsWith(folder) && !path.endsWith("/package.json")),
    readFile: ts.sys.readFile,
  };

  function check(source: ts.SourceFile): void {
    if (checked.has(source) || source.isDeclarationFile) return;
    checked.add(source);
    for (const specifier of specifiersIn(source)) {
      const imported = moduleOf(specifier);
      const path = imported?.fileName ?? expectedPath(specifier.text, source.fileName);
      if (path?.startsWith(folder)) {
        const [name] = path.slice(folder.length).split("/");
        const file = files.find((file) => useCaseName(file) === name);
        reading.report("generated-import", reading.span(specifier), {
          specifier: specifier.text,
          instead: file === undefined ? undefined : instead(file, specifier.text, source.fileName),
        });
      } else if (imported && !reading.program.isSourceFileFromExternalLibrary(imported)) check(imported);
    }
  }

  /** How a module has another use case, with the ending that it gives names of modules. */
  function instead(file: string, specifier: string, from: string): { name: string; module: string | undefined } {
    const target = `${reading.root}/${file}`;
    const ending = /\.[cm]?[jt]sx?$/.exec(specifier)?.[0] ?? "";
    const path = posix.relative(dirname(from), target).replace(/\.[cm]?tsx?$/, ending);
    const module = path.startsWith(".") ? path : `./${path}`;
    return { name: lowerCamel(useCaseName(file)), module: target === from ? undefined : module };
  }

  function moduleOf(specifier: ts.StringLiteralLike): ts.SourceFile | undefined {
    const [declaration] = reading.checker.getSymbolAtLocation(specifier)?.declarations ?? [];
    return declaration && ts.isSourceFile(declaration) ? declaration : undefined;
  }

  /** Where a module would be that is not there, as before a first build. */
  function expectedPath(specifier: string, from: string): string | undefined {
    if (specifier.startsWith(".")) return posix.join(dirname(from), specifier);
    try {
      const alias = settings
        .of(from)
        .aliases(specifier)
        .find((path) => path.startsWith(folder));
      if (alias !== undefined) return alias;
    } catch {
      // What the matter is with tsconfig.json is said elsewhere.
    }
    // By the names of package.json: where TypeScript looks, as if all were written that it asks for there.
    const options = reading.program.getCompilerOptions();
    return ts.resolveModuleName(specifier, from, options, asIfBuilt).resolvedModule?.resolvedFileName;
  }

  return check;
}

/** All by which a module imports, wherever it does: also in its handlers, and for types alone. */
function specifiersIn(source: ts.SourceFile): ts.StringLiteralLike[] {
  const found: ts.StringLiteralLike[] = [];
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) found.push(node);
  };
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) add(statement.moduleSpecifier);
    else if (ts.isImportEqualsDeclaration(statement) && ts.isExternalModuleReference(statement.moduleReference)) {
      add(statement.moduleReference.expression);
    }
  }
  if (!/\bimport\s*\(|\brequire\s*\(/.test(source.text)) return found;
  const visit = (node: ts.Node): void => {
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    if (ts.isCallExpression(node) && isImport(node.expression)) add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isImport(called: ts.Expression): boolean {
  return called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === "require");
}
