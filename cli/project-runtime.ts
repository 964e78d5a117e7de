import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Fault } from "../loader/fault.ts";
import { loadTypeScript, MODULE_CACHE } from "../loader/hooks.ts";
import type { Executor, UseCaseSettings } from "../runtime/runtime.ts";

/** The project's own runtime, which its use cases and clients import: two copies would not share one connection. */
export async function loadRuntime(root: string): Promise<typeof import("../runtime/runtime.ts")> {
  let path: string;
  try {
    path = createRequire(join(root, "package.json")).resolve("fivefold/runtime");
  } catch (error) {
    throw new Fault("environment", `${root} has no package fivefold: run \`npm install fivefold\` there.`, {
      cause: error,
    });
  }
  return import(pathToFileURL(path).href);
}

/** What this needs to know of a use case in `generated/manifest.json`. */
interface BuiltUseCase {
  readonly name: string;
  /** Relative to the project's root. */
  readonly file: string;
  /** Its comment; empty where it has none. */
  readonly doc: string;
  readonly owner: string;
  readonly executor: string;
  readonly event: {
    readonly name: string;
    readonly version: number;
    readonly avro: string;
    readonly jsonSchema: string;
  };
  /** Use cases that its handlers enqueue to. */
  readonly feeds: readonly string[];
  readonly settings: UseCaseSettings;
  /** Set where it takes the changes of a table. */
  readonly changes?: { readonly source: string };
}

/** The use cases that were built, or those of them that are named. */
export async function builtUseCases(root: string, names: readonly string[] = []): Promise<readonly BuiltUseCase[]> {
  const { useCases } = await readManifest(root);
  const known = useCases.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Fault(
      "usage",
      `There is no use case '${unknown.join("', '")}' in ${root}. There are ${known.join(", ")}.`,
    );
  }
  return names.length === 0 ? useCases : useCases.filter(({ name }) => names.includes(name));
}

async function readManifest(root: string): Promise<{ readonly useCases: readonly BuiltUseCase[] }> {
  const path = join(root, "generated", "manifest.json");
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new Fault("environment", `${path} can't be read: build the project first.`, { cause });
  }
}

/** Loads use cases with their handlers: all that `tsc` takes of the project's modules. */
export async function loadExecutors(root: string, useCases: readonly BuiltUseCase[]): Promise<Executor[]> {
  loadTypeScript({ cache: join(root, MODULE_CACHE) });
  return Promise.all(
    useCases.map(async ({ executor: path }) => {
      const url = pathToFileURL(join(root, path)).href;
      const { executor } = (await import(url)) as { executor: Executor };
      // CommonJS does not say itself where it is.
      return executor.url ? executor : { ...executor, url };
    }),
  );
}

/** Why the runtime did not start. A use case module's own error is its author's to find: with its stack. */
export function startFailure(error: unknown): string {
  if (error instanceof Fault || !(error instanceof Error)) return String((error as Error).message ?? error);
  return error.name === "FivefoldError" ? error.message : (error.stack ?? error.message);
}
