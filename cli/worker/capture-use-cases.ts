import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadTypeScript, MODULE_CACHE } from "../../loader/hooks.ts";
import type { Changes } from "../../runtime/runtime.ts";
import { builtUseCases } from "../project-runtime.ts";

/** What captures changes of tables, of built use cases, all or some. Their modules are loaded, for the functions in them. */
export async function loadChanges(root: string, names: readonly string[]): Promise<Changes[]> {
  const useCases = (await builtUseCases(root, names)).filter(({ changes }) => changes !== undefined);
  if (useCases.length > 0) loadTypeScript({ cache: join(root, MODULE_CACHE) });
  return Promise.all(
    useCases.map(async ({ executor }) => {
      const file = join(root, dirname(executor), "changes.ts");
      return (await import(pathToFileURL(file).href)).changes as Changes;
    }),
  );
}
