import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "./run-tool.ts";

export interface GoBuild {
  /** Where the module is laid and the programs are written. */
  readonly folder: string;
  readonly log: string;
  /** What to build: the program's file name by its package and version, as `go get` takes it. */
  readonly programs: Readonly<Record<string, `${string}@${string}`>>;
  /** Modules to take in place of others, as `go mod edit -replace` takes it. */
  readonly replace?: readonly string[];
  /** Strings to set, as the linker's `-X` takes it. */
  readonly define?: Readonly<Record<string, string>>;
}

/** Builds programs of published Go modules, in a module of their own, so that they share what they depend on. */
export async function buildGoPrograms({ folder, log, programs, replace = [], define = {} }: GoBuild): Promise<void> {
  const module = join(folder, "module");
  const at = { cwd: module, log, env: goEnvironment() };
  await mkdir(module);
  // Below Go 1.21 a module can't ask for a newer language; `go get` raises it to what the programs need.
  await writeFile(join(module, "go.mod"), "module fivefold.test/parts\n\ngo 1.21\n");
  if (replace.length > 0) await runTool("go", ["mod", "edit", ...replace.map((pair) => `-replace=${pair}`)], at);
  await runTool("go", ["get", ...Object.values(programs)], { ...at, attempts: 3 });
  const linker = ["-s -w", ...Object.entries(define).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
  for (const [file, program] of Object.entries(programs)) {
    const [name] = program.split("@") as [string];
    await runTool("go", ["build", "-trimpath", "-ldflags", linker, "-o", join(folder, file), name], at);
  }
}

/** What `go mod download` tells of a module: the paths of its sources and of its go.mod. */
export interface GoModule {
  readonly Dir: string;
  readonly GoMod: string;
}

/** Fetches a module's sources, which `go` checks against the public checksums. */
export async function downloadGoModule(module: `${string}@${string}`, folder: string, log: string): Promise<GoModule> {
  const output = join(folder, "download.json");
  await runTool("go", ["mod", "download", "-json", module], { cwd: folder, log, output, attempts: 3 });
  return JSON.parse(await readFile(output, "utf8")) as GoModule;
}

function goEnvironment(): Record<string, string> {
  // Whoever set flags meant them; the module is written here, so that building may complete it.
  return { GOFLAGS: `${process.env.GOFLAGS ?? ""} -mod=mod`.trim() };
}
