import { basename, posix } from "node:path";
import { ts } from "ts-morph";
import type { Source } from "./sources.ts";

const MAX_LINES = 300;

/** Written by people, that is not by the compiler. */
function handWritten({ path }: Source): boolean {
  return !path.startsWith("generated/");
}

export function longFiles(sources: readonly Source[]): string[] {
  return sources
    .filter(handWritten)
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0) }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines, the most is ${MAX_LINES}: split it by purpose`);
}

/** Names that say nothing of a file's purpose. */
const EMPTY_NAMES = /^(utils?|helpers?|common|managers?|misc|shared|lib)$/;
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;

export function badNames(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path }) => {
    const name = basename(path, ".ts");
    const words = [...posix.dirname(path).split("/"), ...(name.split(".")[0] ?? "").split("-")];
    const empty = words.find((word) => EMPTY_NAMES.test(word));
    if (empty) return [`${path}: '${empty}' says nothing of its purpose`];
    return KEBAB_CASE.test(name) ? [] : [`${path}: file names are kebab-case`];
  });
}

/** What reads a clock, sets a timer or draws a random number, as a dotted name. */
const IMPURE =
  /^(Date\.now|performance\.(now|timeOrigin)|process\.hrtime(\.bigint)?|Math\.random|setTimeout|setInterval|setImmediate|AbortSignal\.timeout|crypto\.(random\w+|getRandomValues))$/;
const IMPURE_MODULES = /^(node:)?(timers(\/promises)?|perf_hooks)$/;
const RANDOM_OF_CRYPTO = /^(random\w*|getRandomValues|webcrypto|default)$/;

/** Time and randomness below runtime/ that do not come through a Clock, so that the simulator would miss them. */
export function impureRuntime(sources: readonly Source[]): string[] {
  return sources
    .filter(
      ({ path }) => path.startsWith("runtime/") && !/^runtime\/(contract|testing)\/(simulated-)?clock\.ts$/.test(path),
    )
    .flatMap(({ path, text }) =>
      uses(path, text, impurity).map(({ line, what }) => `${path}:${line}: ${what}; take it from the Clock`),
    );
}

/** Printing and ending the process, which are the CLI's alone. */
export function loudCode(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => /^(compiler|runtime|stacks)\//.test(path))
    .flatMap(({ path, text }) =>
      uses(path, text, loudness).map(
        ({ line, what }) => `${path}:${line}: ${what}; only cli/ prints and ends the process`,
      ),
    );
}

interface Use {
  readonly line: number;
  readonly what: string;
}

function uses(path: string, text: string, fault: (node: ts.Node) => string | undefined): Use[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: Use[] = [];
  const visit = (node: ts.Node) => {
    const what = fault(node);
    if (what) found.push({ line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1, what });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `a.b.c` of a property access or an identifier that is used as a value; `globalThis.` is dropped. */
function dottedName(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node))
    return node
      .getText()
      .replace(/\s/g, "")
      .replace(/^globalThis\./, "");
  if (!ts.isIdentifier(node)) return undefined;
  // A property's own name, in `{ setTimeout: 1 }` or `clock.setTimeout`, is no use of the global.
  return "name" in node.parent && node.parent.name === node ? undefined : node.text;
}

function impurity(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === "Date" && !node.arguments?.length) return "new Date()";
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const module = node.moduleSpecifier.text;
    if (IMPURE_MODULES.test(module)) return `import of ${module}`;
    return /^(node:)?crypto$/.test(module) ? randomImport(node) : undefined;
  }
  const name = dottedName(node);
  return name && IMPURE.test(name) ? name : undefined;
}

function randomImport(node: ts.ImportDeclaration): string | undefined {
  const bindings = node.importClause?.namedBindings;
  if (!bindings || !ts.isNamedImports(bindings)) return "import of all of node:crypto";
  const random = bindings.elements.find(({ name, propertyName }) => RANDOM_OF_CRYPTO.test((propertyName ?? name).text));
  return random && `import of ${(random.propertyName ?? random.name).text} from node:crypto`;
}

function loudness(node: ts.Node): string | undefined {
  const name = dottedName(node);
  return name && /^(console\.\w+|process\.(exit|exitCode|abort|stdout|stderr))$/.test(name) ? name : undefined;
}

/** Public names without a doc comment. `sources` holds `entry` and the files that it re-exports from. */
export function undocumentedExports(sources: readonly Source[], entry: string): string[] {
  const index = sources.find(({ path }) => path === entry);
  if (!index) return [`${entry} is missing`];
  const file = ts.createSourceFile(entry, index.text, ts.ScriptTarget.Latest, true);
  return file.statements.filter(ts.isExportDeclaration).flatMap((statement) => {
    if (!statement.exportClause || !ts.isNamedExports(statement.exportClause)) return [`${entry} exports with a star`];
    const specifier = statement.moduleSpecifier?.getText().slice(1, -1);
    const target = index.imports.find((found) => found.specifier === specifier)?.target;
    const text = sources.find(({ path }) => path === target)?.text ?? "";
    return statement.exportClause.elements
      .map(({ name, propertyName }) => (propertyName ?? name).text)
      .filter((name) => !documented(text, name))
      .map((name) => `${name} of ${target} is public and has no doc comment`);
  });
}

function documented(text: string, name: string): boolean {
  const file = ts.createSourceFile("public.ts", text, ts.ScriptTarget.Latest, true);
  return file.statements.some((statement) => {
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map((declaration) => declaration.name.getText())
      : [ts.getNameOfDeclaration(statement as ts.DeclarationStatement)?.getText()];
    return names.includes(name) && ts.getJSDocCommentsAndTags(statement).length > 0;
  });
}
