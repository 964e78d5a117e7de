import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { clientName } from "../compiler/emit/client.ts";
import { loadTypeScript, MODULE_CACHE } from "../loader/hooks.ts";
import type { Client } from "../runtime/runtime.ts";
import { EXIT } from "./fault.ts";
import { builtUseCases } from "./project-runtime.ts";
import { onStores, type StoreOptions } from "./stores.ts";
import { colorsOf, say, sayJson } from "./terminal.ts";

const MEANINGS = {
  cancelled: "cancelled: it never runs",
  started: "started: its time has come, so that it runs or has run",
  unknown: "unknown: no delayed task of that id waits for all subscribers",
} as const;

/** `fivefold cancel <use-case> <id...>`: cancels delayed tasks by their receipts' ids. */
export async function cancel(name: string, ids: readonly string[], options: StoreOptions): Promise<void> {
  await onStores(options, async ({ root }) => {
    const [useCase] = await builtUseCases(root, [name]);
    loadTypeScript({ cache: join(root, MODULE_CACHE) });
    const clients = await import(pathToFileURL(join(root, "generated", useCase!.name, "client.ts")).href);
    const client = clients[clientName(useCase!.name)] as Client<unknown>;
    const tasks = await Promise.all(ids.map(async (id) => ({ id, answer: await client.cancel(id) })));
    const isDone = tasks.every(({ answer }) => answer === "cancelled");
    if (!isDone) process.exitCode = EXIT.input;
    if (options.json) return sayJson({ ok: isDone, tasks });
    const { green, yellow } = colorsOf(process.stdout);
    for (const { id, answer } of tasks) {
      say(`${answer === "cancelled" ? green("✓") : yellow("!")} ${id}  ${MEANINGS[answer]}`);
    }
  });
}
