import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ts } from "ts-morph";
import { installedTypescript } from "./typescript-package.ts";

/** A setting, or a value of one, that a TypeScript does not have. */
const WRONG: ReadonlySet<number> = new Set([5023, 5024, 5025, 6046]);
/** One that it had, which an error says since 5.5. */
const REMOVED: ReadonlySet<number> = new Set([5102, 5108]);
/** One that it is about to lose, which is an error unless `ignoreDeprecations` says otherwise. */
const DEPRECATED: ReadonlySet<number> = new Set([...REMOVED, 5101, 5107]);

/**
 * What the project's own TypeScript says of its settings, where that is older than 7: the native `tsc` no longer knows all
 * that older ones have. Nothing of the project is run, so an older one is asked by the API of 6, and for what came after it
 * by the text of its program.
 */
export function settingErrors(
  tsconfig: string,
  source: ts.TsConfigSourceFile,
  { errors, options }: ts.ParsedCommandLine,
): readonly ts.Diagnostic[] {
  const { major, minor, folder } = installedTypescript(tsconfig);
  if (major >= 7 && folder !== undefined) return [];
  const unknown = errors.filter(({ code }) => WRONG.has(code));
  if (folder === undefined || major < 5) return unknown;
  const codes = major === 6 ? DEPRECATED : minor >= 5 ? REMOVED : NONE;
  const program = codes.size > 0 ? ts.createProgram({ rootNames: [], options }) : undefined;
  const gone = program?.getOptionsDiagnostics().filter(({ code }) => codes.has(code)) ?? [];
  const known = [...unknown, ...gone];
  const isTold = (error: ts.Diagnostic) =>
    known.some(({ file, start }) => file === error.file && start === error.start);
  return major < 6 ? [...known, ...tooNew(source, folder).filter((error) => !isTold(error))] : known;
}

const NONE: ReadonlySet<number> = new Set();

/** Settings of the file itself, and values of theirs, that come later than the TypeScript in that folder. */
function tooNew(source: ts.TsConfigSourceFile, folder: string): ts.Diagnostic[] {
  const program = textOf(folder);
  const root = source.statements[0]?.expression;
  const settings = propertiesOf(root).find(({ name }) => nameOf(name) === "compilerOptions")?.initializer;
  return propertiesOf(settings).flatMap(({ name, initializer }) => {
    const option = nameOf(name);
    if (program === undefined || option === undefined) return [];
    if (!program.includes(`name: "${option}"`))
      return [errorAt(source, name, 5023, `Unknown compiler option '${option}'.`)];
    if (!ENUMERATED.has(option)) return [];
    const values: readonly ts.Expression[] = ts.isArrayLiteralExpression(initializer)
      ? initializer.elements
      : [initializer];
    return values.filter(ts.isStringLiteral).flatMap((value) => {
      if (isValue(value.text.toLowerCase(), program)) return [];
      return [errorAt(source, value, 6046, `'${value.text}' is no value of '--${option}' that this TypeScript has.`)];
    });
  });
}

const ENUMERATED: ReadonlySet<string> = new Set([
  "target",
  "module",
  "moduleResolution",
  "moduleDetection",
  "jsx",
  "lib",
]);

function isValue(value: string, program: string): boolean {
  return [`    ${value}: `, `"${value}": `, `["${value}", `].some((form) => program.includes(form));
}

/** Of its command line; since 5.7, that is beside `tsc.js`. */
function textOf(folder: string): string | undefined {
  for (const name of ["_tsc.js", "tsc.js"]) {
    try {
      return readFileSync(join(folder, "lib", name), "latin1");
    } catch {
      // An older one has the other.
    }
  }
  return undefined;
}

function propertiesOf(node: ts.Expression | undefined): ts.PropertyAssignment[] {
  return node && ts.isObjectLiteralExpression(node) ? node.properties.filter(ts.isPropertyAssignment) : [];
}

function nameOf(name: ts.PropertyName): string | undefined {
  return ts.isStringLiteral(name) ? name.text : undefined;
}

function errorAt(file: ts.TsConfigSourceFile, node: ts.Node, code: number, messageText: string): ts.Diagnostic {
  const start = node.getStart(file);
  return { category: ts.DiagnosticCategory.Error, code, messageText, file, start, length: node.end - start };
}
