import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openEmbedded } from "../../runtime/adapters/embedded/embedded-ports.ts";
import { RetryError } from "../../runtime/authoring/outcome.ts";
import { createClient } from "../../runtime/client.ts";
import { type Connection, connectTo } from "../../runtime/connection.ts";
import { sleep, systemClock } from "../../runtime/contract/clock.ts";
import { topicsOf } from "../../runtime/ports/topics.ts";
import { connectMemory } from "../../runtime/testing/testing.ts";
import { startWorker, type Worker } from "../../runtime/worker.ts";
import { unfairness } from "./fairness.ts";
import { type Note, type NoteOptions, noteContracts } from "./note-contract.ts";

const MAX_IN_FLIGHT = 8;
/** What a worker may hold beyond what runs: the first tasks of a window were taken before anything else was known. */
const WINDOW = 3 * MAX_IN_FLIGHT;

let folder: string | undefined;
let connection: Connection | undefined;
let workers: Worker[] = [];
/** Resolves when the test is over. */
let released = Promise.withResolvers<void>();

afterEach(async () => {
  released.resolve();
  released = Promise.withResolvers();
  for (const worker of workers) await worker.drain(100);
  workers = [];
  await connection?.close();
  connection = undefined;
  if (folder) await rm(folder, { recursive: true });
  folder = undefined;
});

async function connect(store: string): Promise<Connection> {
  if (store === "memory") return connectMemory(systemClock);
  folder = await mkdtemp(join(tmpdir(), "fivefold-waits-"));
  return connectTo(await openEmbedded(folder));
}

interface Scene {
  readonly store: string;
  readonly settings: NonNullable<NoteOptions["settings"]>;
  readonly notes: readonly Note[];
  readonly handle?: (note: Note) => unknown;
  /** Of what was handled so far. */
  readonly enough: (handled: readonly Note[]) => boolean;
  readonly workers?: number;
}

/** Enqueues all notes, then starts the workers; resolves with what was handled, in that order, once it is enough. */
async function run({ store, settings, notes, handle, enough, workers: count = 1 }: Scene): Promise<Note[]> {
  const handled: Note[] = [];
  connection = await connect(store);
  const { ports } = connection;
  const { client, executor } = noteContracts({
    settings,
    subscribers: { default: { maxInFlight: MAX_IN_FLIGHT, backoff: { minMs: 600_000, maxMs: 600_000 } } },
    handlers: {
      async default(note) {
        await handle?.(note);
        handled.push(note);
      },
    },
  });
  await ports.transport.declare(topicsOf(executor.settings));
  const enqueuer = createClient(client);
  for (let from = 0; from < notes.length; from += 1_000) {
    await enqueuer.enqueueAll(notes.slice(from, from + 1_000));
  }
  for (let index = 0; index < count; index++) workers.push(await startWorker({ ports, executors: [executor] }));
  while (!enough(handled)) await sleep(systemClock, 2);
  return handled;
}

let nextId = 0;

const notesOf = (count: number, parts: (index: number) => Partial<Note>): Note[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${nextId++}`, ...parts(index) }));

/** Each key's notes, in the order in which they were handled, must be those of its enqueues. */
function expectKeyOrder(notes: readonly Note[], handled: readonly Note[]): void {
  const byKey = Map.groupBy(handled, ({ key }) => key);
  for (const [key, all] of Map.groupBy(notes, ({ key }) => key)) {
    expect(byKey.get(key)?.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  }
}

describe.each(["embedded", "memory"])("on the %s store, what waits stops nobody else", (store) => {
  const throwsForBad = ({ key }: Note) => {
    if (key!.startsWith("bad")) throw new Error("poisoned");
  };
  const ordered = { ordered: true };

  test("2,000 tasks of one key that fails, then 20 others", async () => {
    const notes = [
      ...notesOf(2_000, () => ({ key: "bad" })),
      ...notesOf(20, (index) => ({ key: `good-${index % 5}` })),
    ];
    const handled = await run({
      store,
      settings: ordered,
      notes,
      handle: throwsForBad,
      enough: ({ length }) => length === 20,
    });
    expectKeyOrder(notes.slice(2_000), handled);
  });

  test("2,000 keys that fail, then 20 others", async () => {
    const notes = [
      ...notesOf(4_000, (index) => ({ key: `bad-${index % 2_000}` })),
      ...notesOf(20, (index) => ({ key: `good-${index % 5}` })),
    ];
    const handled = await run({
      store,
      settings: ordered,
      notes,
      handle: throwsForBad,
      enough: ({ length }) => length === 20,
    });
    expectKeyOrder(notes.slice(4_000), handled);
  });

  test("keys whose tasks never end, with many behind them, and others", async () => {
    const slow = ({ key }: Note) => (key!.startsWith("slow") ? released.promise : undefined);
    const notes = [
      ...notesOf(2_000, (index) => ({ key: `slow-${index % (MAX_IN_FLIGHT - 1)}` })),
      ...notesOf(200, (index) => ({ key: `good-${index % 5}` })),
    ];
    const handled = await run({
      store,
      settings: ordered,
      notes,
      handle: slow,
      enough: ({ length }) => length === 200,
    });
    expectKeyOrder(notes.slice(2_000), handled);
  });

  test("a key that fails once goes on in order, among others", async () => {
    const failed = new Set<string>();
    const once = ({ id, key }: Note) => {
      if (key !== "bad" || failed.has(id)) return;
      failed.add(id);
      throw new RetryError("once", { after: "5ms" });
    };
    const notes = notesOf(600, (index) => ({ key: index % 3 === 0 ? "bad" : `good-${index % 7}` }));
    const handled = await run({
      store,
      settings: ordered,
      notes,
      handle: once,
      enough: ({ length }) => length === 600,
    });
    expectKeyOrder(notes, handled);
  });
});

describe.each(["embedded", "memory"])("on the %s store, tenants have turns whatever their backlog", (store) => {
  const oneMs = () => sleep(systemClock, 1);

  test("5,000 of one, then 20 of another", async () => {
    const notes = [...notesOf(5_000, () => ({ tenant: "a" })), ...notesOf(20, () => ({ tenant: "b" }))];
    const enough = (handled: readonly Note[]) => countOf(handled, "b") === 20;
    const handled = await run({ store, settings: { fair: true }, notes, handle: oneMs, enough });
    expect(unfairness(notes.slice(4_980), handled, WINDOW)).toBeLessThanOrEqual(2);
  });

  test.each([
    ["in one process", 1, false],
    ["in two workers", 2, false],
    ["with order by key", 1, true],
  ])("300 tenants with backlogs from 1 to 60, one after another, %s", async (_, count, ordered) => {
    const notes = Array.from({ length: 300 }, (_, tenant) =>
      notesOf(1 + ((tenant * 7) % 60), (index) => ({ tenant: `t-${tenant}`, key: `k-${tenant}-${index % 3}` })),
    ).flat();
    const settings = { fair: true, ordered };
    const enough = ({ length }: readonly Note[]) => length === notes.length;
    const handled = await run({ store, settings, notes, enough, workers: count });
    expect(unfairness(notes, handled, WINDOW)).toBeLessThanOrEqual(2);
    if (ordered) expectKeyOrder(notes, handled);
  });

  test("tenants of one key, beside others whose keys are spread over six workers", async () => {
    const notes = [
      ...Array.from({ length: 300 }, (_, tenant) =>
        notesOf(24, (index) => ({ tenant: `many-${tenant}`, key: `many-${tenant}-${index % 12}` })),
      ).flat(),
      ...Array.from({ length: 100 }, (_, tenant) =>
        notesOf(1, () => ({ tenant: `one-${tenant}`, key: `one-${tenant}` })),
      ).flat(),
    ];
    const handled = await run({
      store,
      settings: { fair: true, ordered: true },
      notes,
      handle: oneMs,
      enough: ({ length }) => length === notes.length,
      workers: 6,
    });
    expect(unfairness(notes, handled, 6 * WINDOW)).toBeLessThanOrEqual(2);
    expectKeyOrder(notes, handled);
  });
});

const countOf = (handled: readonly Note[], tenant: string) => handled.filter((note) => note.tenant === tenant).length;
