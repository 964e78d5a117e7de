import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import { type KubernetesClient, KubernetesError, type KubernetesObject } from "./kubernetes-client.ts";

const SERVED_WITHIN_MS = 60_000;
const SERVED_POLL_MS = 100;
/** The server looks for new kinds from time to time, knows no path of theirs until then, and next makes their storage. */
const NOT_YET: readonly number[] = [404, 429, 503];

interface CustomResourceDefinition extends KubernetesObject {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

/** Defines custom kinds from folders of YAML files. Resolves once the server serves them all. */
export async function defineKinds(folders: readonly string[], client: KubernetesClient): Promise<void> {
  const definitions: CustomResourceDefinition[] = [];
  for (const folder of folders) {
    for (const file of await readdir(folder)) {
      const documents = parseAllDocuments(await readFile(join(folder, file), "utf8"));
      definitions.push(...documents.map((document) => document.toJS() as CustomResourceDefinition));
    }
  }
  await Promise.all(definitions.map((definition) => client.apply(definition)));
  const deadline = Date.now() + SERVED_WITHIN_MS;
  for (const { spec } of definitions) {
    for (const { name, served } of spec.versions) {
      if (served) await becomesServed(client, `${spec.group}/${name}`, spec.names.kind, deadline);
    }
  }
}

async function becomesServed(client: KubernetesClient, apiVersion: string, kind: string, deadline: number) {
  for (;;) {
    try {
      await client.list(apiVersion, kind);
      return;
    } catch (error) {
      if (!(error instanceof KubernetesError && NOT_YET.includes(error.status)) || Date.now() > deadline) throw error;
    }
    await sleep(SERVED_POLL_MS);
  }
}
