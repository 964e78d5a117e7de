import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../runtime/clock.ts";
import type { DelayStore } from "../../runtime/scheduler/delay-store.ts";
import { openLmdbDelayStore } from "../../runtime/scheduler/lmdb-delay-store.ts";
import { createMemoryDelayStore } from "../../runtime/scheduler/memory-delay-store.ts";
import { openPostgresDelayStore } from "../../runtime/scheduler/postgres-delay-store.ts";
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

/** As release 0.1.0 had it, which renews nothing. */
async function openFormer(options: { url: string; schema: string }): Promise<DelayStore> {
  return { ...(await openFormerDelayStore(options)), renew: async () => {} };
}

/** On a PostgreSQL that runs, every other process with the code of release 0.1.0. */
export function onPostgresBesideFormer(url: string): Adapter<DelayStore> {
  let opened = 0;
  const openNext = (options: { url: string; schema: string; maxConnections: number }) =>
    opened++ % 2 === 0 ? openPostgresDelayStore(options) : openFormer(options);
  return { name: "postgres, beside release 0.1.0", open: (clocks) => inSchema(openNext, url, clocks) };
}

/** The same on a PostgreSQL that runs. */
export function onPostgres(url: string): { delays: Adapter<DelayStore> } {
  return {
    delays: { name: "postgres", open: (clocks) => inSchema(openPostgresDelayStore, url, clocks) },
  };
}
