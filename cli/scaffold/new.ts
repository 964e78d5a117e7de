import { clientName } from "../../compiler/emit/modules/client.ts";
import { Fault, filing } from "../../loader/fault.ts";
import { findOrStartProject, USE_CASES } from "../../loader/project.ts";
import { colorsOf, say } from "../terminal.ts";
import { setMergeDriver } from "./merge-driver.ts";
import { type Change, projectChanges, readIfThere, showChanges, showNextSteps, writeChanges } from "./project-files.ts";
import { EXAMPLE_EVENT, isUseCasePath, suggestPath, useCaseName, useCaseText } from "./scaffold.ts";

export interface NewOptions {
  readonly root?: string;
}

/** `fivefold new <name>` */
export async function newUseCase(path: string, options: NewOptions): Promise<void> {
  if (!isUseCasePath(path)) throw badName(path);
  const root = findOrStartProject(options.root);
  const changes = await filing("The project can't be read", async () => [
    await useCaseChange(root, path),
    ...(await projectChanges(root)),
  ]);
  await writeChanges(root, changes);
  const isTold = setMergeDriver(root);
  await report(root, path, changes);
  if (isTold)
    say(
      "\nGit merges contracts.lock.json by `fivefold merge-lock` in this clone; docs/evolution.md says how in others.",
    );
}

function badName(path: string): Fault {
  const suggestion = suggestPath(path);
  return new Fault(
    "usage",
    `'${path}' is no use case name: a name is lower-case words joined by hyphens, with folders where wanted ` +
      `(charge-card, billing/charge-card).${suggestion ? ` Try '${suggestion}'.` : ""}`,
  );
}

async function useCaseChange(root: string, path: string): Promise<Change> {
  const file = `${USE_CASES}/${path}.ts`;
  if ((await readIfThere(root, file)) !== undefined) {
    throw new Fault("input", `${file} exists already, and is left as it is: choose another name, or delete it first.`);
  }
  return { path: file, text: useCaseText(path), why: "a use case that compiles and runs as it is" };
}

async function report(root: string, path: string, changes: readonly Change[]): Promise<void> {
  const { bold } = colorsOf(process.stdout);
  const name = useCaseName(path);
  const client = clientName(name);
  showChanges(root, changes);
  showNextSteps(root, name);
  // TypeScript takes long to load, and nothing else here needs it.
  const { readImportEnding } = await import("../../compiler/read/open-project.ts");
  say(`\n${bold("To enqueue")}, from any program of this project:`);
  say(`  import { ${client} } from "./generated/${name}/client${readImportEnding(root)}";`);
  say(`  await ${client}.enqueue(${EXAMPLE_EVENT});`);
}
