import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { compile } from "../compiler/build/compile.ts";

/** Where compiled test projects go: below the repository, since generated code finds the package from there. */
const PROJECTS = resolve(import.meta.dirname, "../.fivefold/test-projects");

/** Compiles a folder of use cases into a fresh project of that name, and returns the project's folder. */
export async function compileProject(name: string, usecases: string): Promise<string> {
  const project = join(PROJECTS, name);
  rmSync(project, { recursive: true, force: true });
  cpSync(usecases, join(project, "usecases"), { recursive: true });
  const { outputs, diagnostics } = await compile({ root: project, types: false });
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  for (const { path, text } of outputs) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  return project;
}
