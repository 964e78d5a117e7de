import { brokenUseCaseNameRule } from "../../compiler/check/names.ts";
import { type ImportedContract, importContract, isImportable, seedLock } from "../../compiler/importers/import.ts";
import { LOCK_FILE } from "../../compiler/lock/lock.ts";
import { LockFault } from "../../compiler/lock/lock-json.ts";
import { kebabCase } from "../../compiler/model/naming.ts";
import { EXIT, Fault, filing } from "../../loader/fault.ts";
import { findOrStartProject, USE_CASES } from "../../loader/project.ts";
import { showDiagnostics } from "../diagnostics.ts";
import {
  type Change,
  projectChanges,
  readIfThere,
  showChanges,
  showNextSteps,
  writeChanges,
} from "../scaffold/project-files.ts";
import { importedUseCaseText, isUseCasePath, suggestPath, useCaseName } from "../scaffold/scaffold.ts";
import { createImports, readContract } from "./contract-files.ts";

export interface ImportOptions {
  /** Default: after the event's type. */
  readonly name?: string;
  readonly type?: string;
  readonly omit?: readonly string[];
  /** Folders that paths of imports may start at, and that are read. */
  readonly include?: readonly string[];
  readonly root?: string;
}

/** `fivefold import <file>` */
export async function importUseCase(file: string, options: ImportOptions): Promise<void> {
  if (!isImportable(file)) {
    throw new Fault(
      "usage",
      `'${file}' ends in none of .proto, .avsc, .json and .jsonl, by which the format is known.`,
    );
  }
  const root = findOrStartProject(options.root);
  const { type, omit } = options;
  const { source, result } = await filing("The contract can't be read", async () => {
    const source = readContract(file);
    return {
      source,
      result: await importContract({ ...source, type, omit, readImport: createImports(file, root, options.include) }),
    };
  });
  showDiagnostics(result);
  const [unknown] = result.unknownOmissions;
  if (unknown !== undefined) {
    throw new Fault("usage", `--omit names '${unknown}', which is no field of the types: write it as Type.field.`);
  }
  if (!result.contract) {
    process.exitCode = EXIT.input;
    return;
  }
  await write(root, source.file, pathOf(options.name, result.contract), result.contract);
}

/** Where the use case is to be below usecases/, without its ending. */
function pathOf(name: string | undefined, { event }: ImportedContract): string {
  const path = name ?? kebabCase(event);
  const suggestion = suggestPath(path);
  if (!isUseCasePath(path)) {
    throw new Fault(
      "usage",
      `'${path}' is no use case name: a name is lower-case words joined by hyphens, with folders where wanted ` +
        `(charge-card, billing/charge-card). Choose one with --name${suggestion ? `, such as '${suggestion}'` : ""}.`,
    );
  }
  const rule = brokenUseCaseNameRule(useCaseName(path));
  if (rule) throw new Fault("usage", `The name '${useCaseName(path)}' ${rule}. Choose another one with --name.`);
  return path;
}

async function write(root: string, source: string, path: string, contract: ImportedContract): Promise<void> {
  const changes = await filing("The project can't be read", async () => [
    ...(await lockChange(root, useCaseName(path), contract)),
    await useCaseChange(root, source, path, contract),
    ...(await projectChanges(root)),
  ]);
  await writeChanges(root, changes);
  showChanges(root, changes);
  showNextSteps(root, useCaseName(path));
}

/** First of all, since a build that doesn't know the numbers gives others. */
async function lockChange(root: string, name: string, { locked }: ImportedContract): Promise<Change[]> {
  if (!locked) return [];
  const text = seeded(await readIfThere(root, LOCK_FILE), name, locked);
  if (text !== undefined) return [{ path: LOCK_FILE, text, why: "the numbers of the contract's fields and values" }];
  throw new Fault(
    "input",
    `${LOCK_FILE} knows a use case '${name}' already, whose numbers records may hold: choose another name with --name.`,
  );
}

function seeded(...[text, name, locked]: Parameters<typeof seedLock>): string | undefined {
  try {
    return seedLock(text, name, locked);
  } catch (fault) {
    if (!(fault instanceof LockFault)) throw fault;
    throw new Fault("input", `${LOCK_FILE} can't be followed: ${fault.message}. ${fault.fix}`, { cause: fault });
  }
}

async function useCaseChange(root: string, source: string, path: string, contract: ImportedContract): Promise<Change> {
  const file = `${USE_CASES}/${path}.ts`;
  if ((await readIfThere(root, file)) !== undefined) {
    throw new Fault(
      "input",
      `${file} exists already, and is left as it is: choose another name with --name, or delete it first.`,
    );
  }
  const text = importedUseCaseText(source, contract);
  return { path: file, text, why: "the contract's types, and a use case that compiles and runs as it is" };
}
