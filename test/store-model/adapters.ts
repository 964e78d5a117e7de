import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLmdbDedupeStore } from "../../runtime/adapters/embedded/lmdb-dedupe-store.ts";
import { openLmdbDelayStore } from "../../runtime/adapters/embedded/lmdb-delay-store.ts";
import { createMemoryDedupeStore } from "../../runtime/adapters/memory/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "../../runtime/adapters/memory/memory-delay-store.ts";
import { openPostgresDedupeStore } from "../../runtime/adapters/postgres/postgres-dedupe-store.ts";
import { openPostgresDelayStore } from "../../runtime/adapters/postgres/postgres-delay-store.ts";
import type { Clock } from "../../runtime/contract/clock.ts";
import type { DedupeStore } from "../../runtime/frontend/dedupe-store.ts";
import type { DelayStore } from "../../runtime/scheduler/delay-store.ts";
import { openFormerDedupeStore } from "./before/postgres-dedupe-store.ts";
import { openFormerDelayStore } from "./before/postgres-delay-store.ts";

/** One store, and the ways that so many processes have to it. */
export interface Opened<S> {
  readonly ways: readonly S[];
  close(): Promise<void>;
}

/** An adapter of a port, as the models open it. A later port joins with a list of these. */
export interface Adapter<S> {
  readonly name: string;
  /** Opens an empty store from as many processes as there are clocks. */
  open(clocks: readonly Clock[]): Promise<Opened<S>>;
}

type Closable = { close(): Promise<void> };

async function inMemory<S extends Closable>(store: S, clocks: readonly Clock[]): Promise<Opened<S>> {
  return { ways: clocks.map(() => store), close: () => store.close() };
}

async function inFolder<S extends Closable>(
  open: (folder: string, clock: Clock) => Promise<S>,
  clocks: readonly Clock[],
): Promise<Opened<S>> {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-model-"));
  const ways: S[] = [];
  for (const clock of clocks) ways.push(await open(folder, clock));
  return {
    ways,
    async close() {
      for (const way of ways) await way.close();
      rmSync(folder, { recursive: true });
    },
  };
}

let schemas = 0;

async function inSchema<S extends Closable>(
  open: (options: { url: string; schema: string; maxConnections: number }) => Promise<S>,
  url: string,
  clocks: readonly Clock[],
): Promise<Opened<S>> {
  const schema = `model_${process.pid}_${schemas++}`;
  const ways = await Promise.all(clocks.map(() => open({ url, schema, maxConnections: 2 })));
  return {
    ways,
    async close() {
      for (const way of ways) await way.close();
    },
  };
}

export const DELAY_STORES: readonly Adapter<DelayStore>[] = [
  { name: "memory", open: (clocks) => inMemory(createMemoryDelayStore(), clocks) },
  { name: "lmdb", open: (clocks) => inFolder(openLmdbDelayStore, clocks) },
];

export const DEDUPE_STORES: readonly Adapter<DedupeStore>[] = [
  { name: "memory", open: (clocks) => inMemory(createMemoryDedupeStore(), clocks) },
  { name: "lmdb", open: (clocks) => inFolder(openLmdbDedupeStore, clocks) },
];

type Options = { url: string; schema: string; maxConnections: number };

const NEVER_CANCELS: Pick<DelayStore, "cancel" | "reschedule" | "outdated"> = {
  cancel: async () => "unknown",
  reschedule: async () => "unknown",
  outdated: async () => new Set(),
};

/** As release 0.1.0 had them: they renew nothing, and don't know who was the first. */
async function openFormerDelays(options: Options): Promise<DelayStore> {
  const claimOf = async () => [];
  return {
    ...(await openFormerDelayStore(options)),
    renew: async () => {},
    groups: async () => [],
    find: async () => [],
    claimOf,
    ...NEVER_CANCELS,
  };
}

async function openFormerDedupe(options: Options): Promise<DedupeStore> {
  const former = await openFormerDedupeStore(options);
  return {
    ...former,
    renew: async () => {},
    find: async () => undefined,
    async confirm(reserved, untilMs) {
      await former.confirm(reserved, untilMs);
      return reserved.map(() => true);
    },
  };
}

interface StoresOnPostgres {
  readonly delays: Adapter<DelayStore>;
  readonly dedupe: Adapter<DedupeStore>;
}

/** On a PostgreSQL that runs, every other process with the code of release 0.1.0. */
export function onPostgresBesideFormer(url: string): StoresOnPostgres {
  const name = "postgres, beside release 0.1.0";
  let opened = 0;
  const isFormer = () => opened++ % 2 === 1;
  const openDelays = (options: Options) => (isFormer() ? openFormerDelays : openPostgresDelayStore)(options);
  const openDedupe = (options: Options) => (isFormer() ? openFormerDedupe : openPostgresDedupeStore)(options);
  return {
    delays: { name, open: (clocks) => inSchema(openDelays, url, clocks) },
    dedupe: { name, open: (clocks) => inSchema(openDedupe, url, clocks) },
  };
}

/** On a PostgreSQL that runs. */
export function onPostgres(url: string): StoresOnPostgres {
  return {
    delays: { name: "postgres", open: (clocks) => inSchema(openPostgresDelayStore, url, clocks) },
    dedupe: { name: "postgres", open: (clocks) => inSchema(openPostgresDedupeStore, url, clocks) },
  };
}
