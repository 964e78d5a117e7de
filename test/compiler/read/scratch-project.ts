import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Event, UseCase } from "../../../compiler/model/model.ts";
import { openProject } from "../../../compiler/read/open-project.ts";
import { type ProjectReading, readProject } from "../../../compiler/read/project.ts";

/** Below the repository, so that the package is found from there by its own name. */
const SCRATCH = resolve(import.meta.dirname, "../../../.fivefold/test-reading");

/** Writes a fresh project of that name, texts by path, and returns its folder. */
export function writeProject(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(SCRATCH, name);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "usecases"), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

export function read(name: string, files: Readonly<Record<string, string>>): ProjectReading {
  return readProject(openProject(writeProject(name, files)));
}

const CONSTRAINTS = "type Bigint, type Bytes, type Float, type Int, type List, type Text, type Uint";
const FUNCTIONS = "constant, every, exponential, perMinute, perSecond, useCase";

/** A use case module; `before` is what stands above the use case, its event included. */
export function useCaseText(before: string, event: string, settings: string): string {
  return `import { ${CONSTRAINTS}, ${FUNCTIONS} } from "fivefold";
${before}
export default useCase<${event}>({ ${settings} });
`;
}

/** The only use case of a project with one module. Fails with what the compiler found. */
export function readUseCase(name: string, text: string, others: Readonly<Record<string, string>> = {}): UseCase {
  const { useCases, diagnostics } = read(name, { ...others, "usecases/subject.ts": text });
  const found = useCases.find(({ file }) => file === "usecases/subject.ts");
  if (!found) throw new Error(JSON.stringify(diagnostics, null, 2));
  return found;
}

/** An event by the declarations that make it, and its type's text. */
export function readEvent(name: string, before: string, event = "Event"): Event {
  return readUseCase(name, useCaseText(before, event, 'owner: "team", handler: () => {}')).event;
}
