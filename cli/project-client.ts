import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { clientName } from "../compiler/emit/modules/client.ts";
import { loadTypeScript, MODULE_CACHE } from "../loader/hooks.ts";
import type { Client } from "../runtime/runtime.ts";

/** A built use case's client, as other programs of the project import it. */
export async function projectClient(root: string, useCase: string): Promise<Client<unknown>> {
  loadTypeScript({ cache: join(root, MODULE_CACHE) });
  const clients = await import(pathToFileURL(join(root, "generated", useCase, "client.ts")).href);
  return clients[clientName(useCase)] as Client<unknown>;
}
