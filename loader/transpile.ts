import { basename, dirname } from "node:path";
import { ts } from "ts-morph";
import type { Format } from "./format.ts";
import type { Settings } from "./tsconfig.ts";
import { createTypeExports } from "./type-exports.ts";

export interface TranspileOptions {
  readonly path: string;
  readonly format: Format;
  readonly settings: Settings;
}

export interface Transpiled {
  /** Ends with a line end. */
  readonly code: string;
  /** Absolute paths of other modules that the code follows from as well. */
  readonly dependencies: readonly string[];
}

/**
 * The JavaScript that `tsc` would write of a module, with its own emitter and the project's own settings, so that enums,
 * decorators, parameter properties and JSX are what they are elsewhere. Positions lead back to the source. Throws a
 * SyntaxError where it is no TypeScript.
 */
export function transpile(text: string, { path, format, settings }: TranspileOptions): Transpiled {
  const given = optionsOf(settings);
  const dependencies = new Set<string>();
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(text, {
    // By this extension TypeScript knows the format, and writes `import x = require()` in the one's or the other's way.
    fileName: path.replace(/\.[cm]?ts$/, format === "module" ? ".mts" : ".cts"),
    reportDiagnostics: true,
    compilerOptions: emitOptions(given, path, format),
    transformers: given.verbatimModuleSyntax ? {} : { before: [withoutTypes(path, given, dependencies)] },
  });
  const [fault] = diagnostics ?? [];
  if (fault) throw new SyntaxError(`${path}: ${ts.flattenDiagnosticMessageText(fault.messageText, "\n")}`);
  const map = { ...(JSON.parse(sourceMapText ?? "{}") as object), sources: [basename(path)], file: basename(path) };
  const encoded = Buffer.from(JSON.stringify(map)).toString("base64");
  const code = outputText.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
  return {
    code: `${code}//# sourceMappingURL=data:application/json;base64,${encoded}\n`,
    dependencies: [...dependencies],
  };
}

function optionsOf({ tsconfig }: Settings): ts.CompilerOptions {
  if (!tsconfig) return {};
  return ts.convertCompilerOptionsFromJson(tsconfig.config.compilerOptions ?? {}, dirname(tsconfig.path)).options;
}

/** What the emitter is told. What the project says of where and whether to write is of no concern here. */
function emitOptions(given: ts.CompilerOptions, path: string, format: Format): ts.CompilerOptions {
  const { target = ts.ScriptTarget.ES2024, jsx = ts.JsxEmit.Preserve } = given;
  // The extension of `.tsx` tells no format.
  const isJsx = path.endsWith(".tsx");
  const plainModule = format === "module" ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
  return {
    module: isJsx ? plainModule : ts.ModuleKind.NodeNext,
    moduleResolution: isJsx ? ts.ModuleResolutionKind.Bundler : ts.ModuleResolutionKind.NodeNext,
    // What every Node that this package runs on takes: `using` and standard decorators are written out.
    target: ts.ScriptTarget.ES2024,
    useDefineForClassFields: given.useDefineForClassFields ?? target >= ts.ScriptTarget.ES2022,
    // A project that leaves JSX to its bundler gets what bundlers make of it.
    jsx: jsx === ts.JsxEmit.Preserve || jsx === ts.JsxEmit.ReactNative ? ts.JsxEmit.ReactJSX : jsx,
    ...(given.jsxImportSource && { jsxImportSource: given.jsxImportSource }),
    ...(given.jsxFactory && { jsxFactory: given.jsxFactory }),
    ...(given.jsxFragmentFactory && { jsxFragmentFactory: given.jsxFragmentFactory }),
    experimentalDecorators: given.experimentalDecorators ?? false,
    emitDecoratorMetadata: given.emitDecoratorMetadata ?? false,
    esModuleInterop: given.esModuleInterop ?? true,
    verbatimModuleSyntax: given.verbatimModuleSyntax ?? false,
    strict: given.strict ?? false,
    isolatedModules: true,
    preserveConstEnums: true,
    sourceMap: true,
  };
}

/**
 * Takes types out of `export { Order }` and `export { Order } from "./order"`, and out of imports where decorators would keep
 * what is imported for their metadata. The module alone doesn't tell that `Order` is one; `tsc`, which knows, leaves it out,
 * and whoever loads the module would look for it in vain.
 */
function withoutTypes(
  path: string,
  options: ts.CompilerOptions,
  dependencies: Set<string>,
): ts.TransformerFactory<ts.SourceFile> {
  const types = createTypeExports(options, dependencies);
  return ({ factory }) =>
    (source) => {
      /** Names that were imported only to be exported again. */
      const dropped = new Set<string>();
      const isType = ({ propertyName, name }: ts.ExportSpecifier, specifier: ts.Expression | undefined) => {
        const original = (propertyName ?? name).text;
        if (specifier) return ts.isStringLiteral(specifier) && types.isType(path, specifier.text, original);
        if (!types.isLocalType(source, original)) return false;
        dropped.add(original);
        return true;
      };
      const exported = source.statements.flatMap((statement) => {
        if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [statement];
        const { exportClause, moduleSpecifier, modifiers, attributes } = statement;
        if (!exportClause || !ts.isNamedExports(exportClause)) return [statement];
        const { elements } = exportClause;
        const values = elements.filter((one) => !one.isTypeOnly && !isType(one, moduleSpecifier));
        if (values.length === elements.length) return [statement];
        if (values.length === 0) return [];
        const clause = factory.updateNamedExports(exportClause, values);
        return [factory.updateExportDeclaration(statement, modifiers, false, clause, moduleSpecifier, attributes)];
      });
      const isKept = (specifier: ts.Expression, name: ts.Identifier, original: string) => {
        if (dropped.has(name.text)) return false;
        return (
          !options.emitDecoratorMetadata ||
          !ts.isStringLiteral(specifier) ||
          !types.isType(path, specifier.text, original)
        );
      };
      const statements = exported.flatMap((statement) => {
        if (!ts.isImportDeclaration(statement) || (dropped.size === 0 && !options.emitDecoratorMetadata))
          return [statement];
        const { importClause: clause, moduleSpecifier, modifiers, attributes } = statement;
        const bindings = clause?.namedBindings;
        if (!clause || !bindings || !ts.isNamedImports(bindings)) return [statement];
        const elements = bindings.elements.filter(({ name, propertyName }) =>
          isKept(moduleSpecifier, name, (propertyName ?? name).text),
        );
        if (elements.length === bindings.elements.length) return [statement];
        if (elements.length === 0 && !clause.name) return [];
        const named = elements.length > 0 ? factory.updateNamedImports(bindings, elements) : undefined;
        const kept = factory.updateImportClause(clause, clause.phaseModifier, clause.name, named);
        return [factory.updateImportDeclaration(statement, modifiers, kept, moduleSpecifier, attributes)];
      });
      return factory.updateSourceFile(source, statements);
    };
}
