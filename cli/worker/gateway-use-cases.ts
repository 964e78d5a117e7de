import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadTypeScript, MODULE_CACHE } from "../../loader/hooks.ts";
import type { Client, GatewayUseCase } from "../../runtime/runtime.ts";
import { builtUseCases } from "../project-runtime.ts";

/** What the gateway needs of built use cases, all or some: no handler is loaded. */
export async function loadGatewayUseCases(root: string, names: readonly string[]): Promise<GatewayUseCase[]> {
  loadTypeScript({ cache: join(root, MODULE_CACHE) });
  return Promise.all(
    (await builtUseCases(root, names)).map(async ({ name, executor, event }) => {
      const load = (file: string) => import(pathToFileURL(join(root, dirname(executor), file)).href);
      const [clients, codec, avro] = await Promise.all([
        load("client.ts"),
        load("codec.ts"),
        readFile(join(root, event.avro), "utf8"),
      ]);
      // An image has no compiler, which knows what it is called.
      const client = Object.values(clients).find((one) => (one as Client<unknown>).useCase === name) as Client<unknown>;
      return { client, decode: codec.decode, avro: JSON.parse(avro) };
    }),
  );
}
