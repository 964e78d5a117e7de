import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { PulsarOptions } from "./adapters/pulsar/pulsar-ports.ts";
import { type Cancel, systemClock } from "./contract/clock.ts";
import { FivefoldError } from "./contract/errors.ts";
import { countCrashesHere, type OpenCrashStore } from "./crashes/machine-counts.ts";
import { type GivenTransport, openGivenTransport } from "./given-transport.ts";
import { tellAll } from "./observers.ts";
import type { Enqueued } from "./pipeline/pipeline.ts";
import { missingStores } from "./ports/missing-stores.ts";
import type { Ports } from "./ports/ports.ts";
import { createPublisher, type Publisher } from "./ports/publisher.ts";

/** Open ports, and one producer a topic on them. */
export interface Connection {
  readonly ports: Ports;
  readonly publisher: Publisher;
  /** Told by this process's clients of what they enqueue. */
  readonly enqueued: EnqueueObserver;
  /** Watches what this process's clients enqueue from now on, until the returned function is called. */
  observe(observer: EnqueueObserver): Cancel;
  close(): Promise<void>;
}

/** Called in the midst of enqueueing, so it must be quick; what it throws is warned of. */
export type EnqueueObserver = (useCase: string, enqueued: Enqueued) => void;

export interface ConnectOptions {
  /**
   * The data folder of the embedded store. Default: the environment's FIVEFOLD_DATA, else `.fivefold/data` of the project
   * that the client lies in, or else of the one that this process runs in: the nearest folder upwards that has `usecases`.
   * Beside Pulsar there is no default: delays and the ids of deduplication are then kept there only where this machine is
   * the only one.
   */
  readonly data?: string | undefined;
  /**
   * Pulsar, instead of the embedded store's topics. What it leaves out comes from the environment, and so does all of it
   * where FIVEFOLD_PULSAR_URL is set. Not where `data` is given without it.
   */
  readonly pulsar?: PulsarOptions | undefined;
  /**
   * PostgreSQL, for delays and deduplication beside Pulsar: `postgres://user:password@host/database`. Default: the
   * environment's FIVEFOLD_POSTGRES_URL. A process that only enqueues, without delays and `dedupeBy`, needs none.
   */
  readonly postgres?: string | undefined;
  /**
   * Somebody's own transport in the place of Pulsar, with the same stores beside it: itself, or the module that exports it by
   * default. Where it is given itself, no process of this worker's can open it, so that a task which ended a process runs
   * beside others. Default: the module that the environment's FIVEFOLD_TRANSPORT names. Not where `data` or `pulsar` is
   * given without it.
   */
  readonly transport?: GivenTransport | undefined;
}

let current: Promise<Connection> | undefined;
/** How this process connects where nobody says how. */
let defaults: ConnectOptions = {};

/** Makes this process connect as another one did, whose ports say how they were `openedWith`. */
export function connectAs(openedWith: unknown): void {
  defaults = (openedWith ?? {}) as ConnectOptions;
}

/** The nearest folder from `from` upwards that holds a project: one with a `usecases` folder. */
export function findRoot(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "usecases"))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function dataFolder({ data }: ConnectOptions, client: string | undefined): string {
  const named = data ?? process.env.FIVEFOLD_DATA;
  if (named) return resolve(named);
  // A program of another package of a workspace runs elsewhere than where the client's project is.
  const home = client?.startsWith("file:") ? findRoot(dirname(fileURLToPath(client))) : undefined;
  const root = home ?? findRoot(process.cwd());
  if (root) return join(root, ".fivefold", "data");
  throw new FivefoldError(
    "invalid-option",
    `No data folder: '${process.cwd()}' lies in no project (no folder upwards has a 'usecases' folder), and ` +
      "FIVEFOLD_DATA is not set. Set it to the data folder that the workers use, or call connect({ data }).",
  );
}

/**
 * The same ports, on the time of the delay store where it has one: processes whose clocks differ then agree on what is
 * due, on deadlines, and on how long a dedupe id is remembered.
 */
export function onStoresClock(ports: Ports): Ports {
  const { clock, delayStore } = ports;
  return delayStore.now ? { ...ports, clock: { ...clock, now: delayStore.now } } : ports;
}

/** Makes ports the ones that this process's clients enqueue to. */
export function connectTo(given: Ports): Connection {
  const ports = onStoresClock(given);
  const publisher = createPublisher(ports.transport);
  const observers = new Set<EnqueueObserver>();
  const connection: Connection = {
    ports,
    publisher,
    enqueued(useCase, enqueued) {
      tellAll(
        observers,
        (observer) => observer(useCase, enqueued),
        ({ message }) => process.emitWarning(message),
      );
    },
    observe(observer) {
      observers.add(observer);
      return () => observers.delete(observer);
    },
    async close() {
      current = undefined;
      await publisher.close();
      await ports.transport.close();
      await Promise.all([ports.delayStore.close(), ports.dedupeStore.close()]);
    },
  };
  current = Promise.resolve(connection);
  return connection;
}

/** Where delays, deduplicated ids and the counts of crashes are kept beside Pulsar. */
interface Stores extends Pick<Ports, "delayStore" | "dedupeStore" | "openControlStore" | "missing"> {
  readonly openCrashStore: OpenCrashStore;
}

async function openStores({ data, postgres }: ConnectOptions): Promise<Stores> {
  const url = postgres ?? process.env.FIVEFOLD_POSTGRES_URL;
  if (url) {
    const { openPostgresCrashStore, openPostgresStores } = await import("./adapters/postgres/postgres-stores.ts");
    return { ...(await openPostgresStores({ url })), openCrashStore: () => openPostgresCrashStore({ url }) };
  }
  const folder = data ?? process.env.FIVEFOLD_DATA;
  if (folder) {
    const { openEmbeddedStores, openFolderCrashStore } = await import("./adapters/embedded/embedded-ports.ts");
    const crashes = join(resolve(folder), "crashes");
    return {
      ...(await openEmbeddedStores(resolve(folder))),
      openCrashStore: async () => openFolderCrashStore(crashes, systemClock.now),
    };
  }
  const stores = missingStores();
  return { ...stores, openCrashStore: () => Promise.reject(stores.missing) };
}

/** A transport with stores beside it. */
async function openBesideStores(
  options: ConnectOptions,
  open: (openCrashStore: OpenCrashStore) => Promise<Ports["transport"]>,
): Promise<Ports> {
  const { openCrashStore, ...stores } = await openStores(options);
  try {
    return { ...stores, transport: await open(openCrashStore), clock: systemClock };
  } catch (error) {
    await Promise.all([stores.delayStore.close(), stores.dedupeStore.close()]);
    throw error;
  }
}

async function openOnPulsar(options: ConnectOptions): Promise<Ports> {
  const { openCountingPulsar } = await import("./adapters/pulsar/pulsar-ports.ts");
  return openBesideStores(options, (openCrashStore) =>
    openCountingPulsar(options.pulsar, openCrashStore, JSON.stringify(options)),
  );
}

async function openOnGiven(transport: GivenTransport, options: ConnectOptions): Promise<Ports> {
  const { FIVEFOLD_POSTGRES_URL, FIVEFOLD_DATA } = process.env;
  const { data, postgres } = options;
  const name = typeof transport === "string" ? transport : "";
  const place = [name, data, postgres, FIVEFOLD_POSTGRES_URL, FIVEFOLD_DATA];
  return openBesideStores(options, async (openCrashStore) =>
    countCrashesHere(await openGivenTransport(transport), openCrashStore, place),
  );
}

async function open(options: ConnectOptions, client: string | undefined): Promise<Connection> {
  const { FIVEFOLD_TRANSPORT } = process.env;
  const isElsewhere = options.data !== undefined || options.pulsar !== undefined;
  const given = options.transport ?? (isElsewhere ? undefined : FIVEFOLD_TRANSPORT || undefined);
  if (given !== undefined) {
    const openedWith = typeof given === "string" ? { ...options, transport: given } : undefined;
    return connectTo({ ...(await openOnGiven(given, options)), ...(openedWith && { openedWith }) });
  }
  // Whoever names a folder and nothing else means the embedded store, whatever the environment says.
  const isNamed = options.data !== undefined && options.pulsar === undefined;
  if (options.pulsar || (process.env.FIVEFOLD_PULSAR_URL && !isNamed)) {
    return connectTo({ ...(await openOnPulsar(options)), openedWith: options });
  }
  const folder = dataFolder(options, client);
  // Loaded here, since a process on other ports should not need the embedded store's native parts.
  const { openEmbedded } = await import("./adapters/embedded/embedded-ports.ts").catch(explainMissing);
  return connectTo({ ...(await openEmbedded(folder)), openedWith: { data: folder } });
}

/** `fivefold-runtime` leaves the embedded store's package to who needs it. */
function explainMissing(cause: NodeJS.ErrnoException): never {
  if (cause.code !== "ERR_MODULE_NOT_FOUND" || !cause.message.includes("'lmdb'")) throw cause;
  throw new FivefoldError(
    "not-connected",
    "The embedded store needs the package lmdb, which is not installed here: run `npm install lmdb`. On Pulsar, set " +
      "FIVEFOLD_PULSAR_URL.",
    { cause },
  );
}

/**
 * Opens the embedded store, Pulsar, or a transport that is given, for this process; clients need no call of it, they connect when they first enqueue.
 * A process has one connection: where there is one already, it is returned. `client` is the URL of the module that a client
 * is in, whose project's data folder is the default.
 */
export function connect(options: ConnectOptions = defaults, client?: string): Promise<Connection> {
  if (!current) {
    const opening = open(options, client);
    current = opening;
    opening.catch(() => {
      if (current === opening) current = undefined;
    });
  }
  return current;
}
