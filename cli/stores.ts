import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Fault } from "../loader/fault.ts";
import { findProject } from "../loader/project.ts";
import type { Connection } from "../runtime/runtime.ts";
import { loadRuntime, startFailure } from "./project-runtime.ts";

/** What every command takes that looks into a project's stores. */
export interface StoreOptions {
  readonly data?: string;
  readonly json?: boolean;
  readonly root?: string;
}

/** A project's stores, as its own runtime opens them. */
export interface Stores {
  readonly root: string;
  readonly runtime: Awaited<ReturnType<typeof loadRuntime>>;
  readonly connection: Connection;
}

/** Opens them, does that, and closes them. */
export async function onStores(options: StoreOptions, work: (stores: Stores) => Promise<void>): Promise<void> {
  const stores = await openStores(options);
  try {
    await work(stores);
  } catch (cause) {
    throw asFault(cause);
  } finally {
    await stores.connection.close();
  }
}

/** Opens them; whoever calls it closes the connection. */
export async function openStores(options: StoreOptions): Promise<Stores> {
  const root = findProject(options.root);
  try {
    const runtime = await loadRuntime(root);
    return { root, runtime, connection: await runtime.connect(placeOf(root, options)) };
  } catch (cause) {
    throw asFault(cause);
  }
}

const asFault = (cause: unknown) =>
  cause instanceof Fault ? cause : new Fault("environment", startFailure(cause), { cause });

/** Where the events are: as `dev` has them, unless the environment says otherwise. */
function placeOf(root: string, { data }: StoreOptions): { data?: string } {
  const { FIVEFOLD_DATA, FIVEFOLD_PULSAR_URL, FIVEFOLD_TRANSPORT } = process.env;
  if (!data && (FIVEFOLD_TRANSPORT || FIVEFOLD_PULSAR_URL || FIVEFOLD_DATA)) return {};
  const folder = resolve(data ?? join(root, ".fivefold", "data"));
  // Opening would make it.
  if (existsSync(folder)) return { data: folder };
  throw new Fault("usage", `There is no data folder ${folder}: name it with --data, or set FIVEFOLD_PULSAR_URL.`);
}
