import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { importedUseCaseText } from "../../../cli/scaffold/scaffold.ts";
import { compile } from "../../../compiler/build/compile.ts";
import {
  type ImportedContract,
  type ImportResult,
  importContract,
  seedLock,
} from "../../../compiler/importers/import.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import type { Output } from "../../../compiler/model/output.ts";
import { writeProject } from "../read/scratch-project.ts";

/** Contracts that nobody here wrote, and a few that show what the others don't. */
export const SOURCES = resolve(import.meta.dirname, "sources");

interface Choice {
  readonly type?: string;
  readonly omit?: readonly string[];
  /** The folder that the file, and what it imports, is in. Default: SOURCES. */
  readonly root?: string;
}

export function importFile(file: string, { type, omit, root = SOURCES }: Choice = {}): Promise<ImportResult> {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  return importContract({
    file,
    text: read(file),
    type,
    omit,
    readImport: (path) => (existsSync(join(root, path)) ? { file: path, text: read(path) } : undefined),
  });
}

/** A contract as it is imported, which must be without an error. */
export async function contractOf(file: string, choice: Choice = {}): Promise<ImportedContract> {
  const { contract, diagnostics } = await importFile(file, choice);
  if (contract) return contract;
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  throw new Error(errors.map(({ span, message }) => `${span.file}:${span.line} ${message}`).join("\n"));
}

/** Writes a project as `fivefold import` does, contracts by their use case's name, and compiles it. */
export async function compileContracts(
  project: string,
  contracts: Readonly<Record<string, ImportedContract>>,
  { types = false } = {},
): Promise<{ readonly useCases: ReadonlyMap<string, UseCase>; readonly outputs: readonly Output[] }> {
  let lock: string | undefined;
  const files: Record<string, string> = {};
  for (const [name, contract] of Object.entries(contracts)) {
    files[`usecases/${name}.ts`] = importedUseCaseText("a contract", contract);
    if (contract.locked) lock = seedLock(lock, name, contract.locked);
  }
  if (lock !== undefined) files["contracts.lock.json"] = lock;
  const root = writeProject(`import-${project}`, files);
  const { useCases, outputs, diagnostics } = await compile({ root, types });
  if (diagnostics.length > 0) {
    throw new Error(diagnostics.map(({ span, message }) => `${span.file}:${span.line} ${message}`).join("\n"));
  }
  return { useCases: new Map(useCases.map((useCase) => [useCase.name, useCase])), outputs };
}
