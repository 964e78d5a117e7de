import { hash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { ts } from "ts-morph";
import type { Diagnostic } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import { stampOf } from "./stamp.ts";
import type { Confirmed } from "./type-check/confirm-errors.ts";
import type { TypeCheck } from "./type-check/type-errors.ts";

/** What was read of one module, and of which files it is a function. */
interface Remembered {
  /** Absolute paths: the module, and all that it imports, directly or not; with what else cleared it of an error. */
  inputs: readonly string[];
  /** `null`: a module that declares none. */
  readonly useCase: UseCase | null;
  /** Whether `tsc` found no error in it either. */
  typed: boolean;
}

/**
 * What earlier readings of a project found, by the state of the files that it follows from: a module is read again only
 * when one of them changed. Faults are not remembered, so a faulty module is read every time.
 */
export interface ReadingMemory {
  /** What all readings depend on: the settings, the installed packages, the compiler itself. */
  identity: string;
  /** States of files by absolute path, as they were when the modules below were read. */
  readonly stamps: Map<string, string>;
  /** By path relative to the root. */
  readonly modules: Map<string, Remembered>;
}

export function createMemory(): ReadingMemory {
  return { identity: "", stamps: new Map(), modules: new Map() };
}

/** A project as it is now. */
interface Current {
  readonly identity: string;
  readonly files: readonly string[];
  readonly unsaved: ReadonlyMap<string, string>;
}

/** Forgets all where the identity is another one, and else what follows from files that changed. */
export function forgetChanged(memory: ReadingMemory, { identity, files, unsaved }: Current): void {
  if (memory.identity !== identity) {
    memory.identity = identity;
    memory.modules.clear();
  }
  const present = new Set(files);
  const changed = new Set<string>();
  for (const [path, stamp] of memory.stamps) if (stampOf(path, unsaved) !== stamp) changed.add(path);
  for (const [file, { inputs }] of memory.modules) {
    if (!present.has(file) || inputs.some((path) => changed.has(path))) memory.modules.delete(file);
  }
  const needed = new Set([...memory.modules.values()].flatMap(({ inputs }) => inputs));
  for (const path of memory.stamps.keys()) if (!needed.has(path)) memory.stamps.delete(path);
}

/** Remembers the modules that were just read and that no diagnostic concerns. */
export function remember(
  memory: ReadingMemory,
  { root, program }: { readonly root: string; readonly program: ts.Program },
  read: ReadonlyMap<string, UseCase | undefined>,
  diagnostics: readonly Diagnostic[],
): void {
  const faulty = filesOf(root, diagnostics);
  const importsOf = createImports(program);
  for (const [file, useCase] of read) {
    const inputs = closureOf(`${root}/${file}`, importsOf);
    if (inputs.some((path) => faulty.has(path))) continue;
    memory.modules.set(file, { inputs, useCase: useCase ?? null, typed: false });
    for (const path of inputs) {
      // The text that was parsed, which the disk may no longer hold.
      const source = path.includes("/node_modules/") ? undefined : program.getSourceFile(path);
      if (!memory.stamps.has(path)) memory.stamps.set(path, source ? hash("sha1", source.text) : stampOf(path));
    }
  }
}

/**
 * Notes that `tsc` saw those modules, and which diagnostics it had; a module that they concern is seen again, and so is one
 * that may have been written since it looked.
 */
export function rememberTypes(
  memory: ReadingMemory,
  root: string,
  { files, startedAt }: Pick<TypeCheck, "files" | "startedAt">,
  { errors, cleared, inputs }: Confirmed,
): void {
  const faulty = filesOf(root, errors);
  const clearedPaths = new Set(Array.from(cleared, (file) => join(root, file)));
  if (cleared.size > 0) for (const path of inputs) if (!memory.stamps.has(path)) memory.stamps.set(path, stampOf(path));
  const known = new Set(memory.stamps.keys());
  // What is no module's own, such as a fault of tsconfig.json, is every module's.
  const everywhere = [...faulty].some((path) => !known.has(path));
  const written = new Set([...known].filter((path) => isWrittenSince(path, startedAt)));
  for (const file of files) {
    const module = memory.modules.get(file);
    if (module?.inputs.some((path) => clearedPaths.has(path)))
      module.inputs = [...new Set([...module.inputs, ...inputs])];
    if (module) module.typed = !everywhere && !module.inputs.some((path) => faulty.has(path) || written.has(path));
  }
}

/** A package's files change with an installation only. */
function isWrittenSince(path: string, time: number): boolean {
  if (path.includes("/node_modules/")) return false;
  const stats = statSync(path, { throwIfNoEntry: false });
  return !stats || Math.max(stats.mtimeMs, stats.ctimeMs) > time;
}

/** Whether `tsc` saw all modules as they were read, and found no error in them. */
export function isTyped({ modules }: ReadingMemory): boolean {
  return [...modules.values()].every(({ typed }) => typed);
}

function filesOf(root: string, diagnostics: readonly Diagnostic[]): Set<string> {
  const spans = diagnostics.flatMap(({ span, related = [] }) => [span, ...related.map((other) => other.span)]);
  return new Set(spans.map(({ file }) => join(root, file)));
}

function closureOf(path: string, importsOf: (path: string) => readonly string[]): string[] {
  const found = new Set([path]);
  for (const one of found) for (const imported of importsOf(one)) found.add(imported);
  return [...found];
}

/** The files that a file imports; of a package's file, whose imports change with it, none. */
function createImports(program: ts.Program): (path: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  const options = program.getCompilerOptions();
  const checker = program.getTypeChecker();
  const cache = ts.createModuleResolutionCache(program.getCurrentDirectory(), (name) => name, options);

  /** Modules are known to the checker; a file without exports is none, and has to be looked for again. */
  function resolve(specifier: ts.StringLiteralLike, source: ts.SourceFile): string[] {
    const [declaration] = checker.getSymbolAtLocation(specifier)?.declarations ?? [];
    if (declaration && ts.isSourceFile(declaration)) return [declaration.fileName];
    const mode = source.impliedNodeFormat;
    const found = ts.resolveModuleName(specifier.text, source.fileName, options, ts.sys, cache, undefined, mode);
    return found.resolvedModule ? [found.resolvedModule.resolvedFileName] : [];
  }

  function read(path: string): string[] {
    const source = program.getSourceFile(path);
    if (!source || path.includes("/node_modules/")) return [];
    return moduleSpecifiers(source).flatMap((specifier) => resolve(specifier, source));
  }

  return (path) => {
    const imports = known.get(path) ?? read(path);
    known.set(path, imports);
    return imports;
  };
}

/** All that a file imports by name: statements, `import("…")`, and types in that form. */
function moduleSpecifiers(source: ts.SourceFile): ts.StringLiteralLike[] {
  const specifiers: ts.StringLiteralLike[] = [];
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) specifiers.push(node);
  };
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) add(statement.moduleSpecifier);
  }
  // Rare, and costly to look for.
  if (/\bimport\s*\(|\brequire\s*\(/.test(source.text)) {
    const visit = (node: ts.Node): void => {
      if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
      else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
        add(node.arguments[0]);
      else if (ts.isExternalModuleReference(node)) add(node.expression);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return specifiers;
}
