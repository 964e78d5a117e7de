import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMemoryDedupeStore } from "../../runtime/adapters/memory/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "../../runtime/adapters/memory/memory-delay-store.ts";
import { type Client, createClient } from "../../runtime/client.ts";
import { connectTo } from "../../runtime/connection.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { UseCaseSettings } from "../../runtime/contract/contract.ts";
import type { Ports } from "../../runtime/ports/ports.ts";
import { moveStray } from "../../runtime/strays/stray-moves.ts";
import { createStrayFinder, targetOf } from "../../runtime/strays/strays.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { startWorker, type Worker } from "../../runtime/worker.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { outOfOrder } from "../runtime/fairness.ts";
import { type Note, noteContracts } from "../runtime/note-contract.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace, WAYS, type Way } from "./pulsar/transports.ts";

const KEYS = 20;
const SOON_MS = 60_000;
/** How long each stage of an update lasts, with events coming in. */
const STAGE_MS = 800;

/** What a release says of the use case. */
interface Release {
  readonly settings?: Partial<UseCaseSettings>;
  readonly subscribers?: readonly string[];
}

/** An update, and what its events are handled by: of each list, by one at least. */
interface Update {
  readonly change: string;
  readonly before: Release;
  readonly after: Release;
  readonly handledBy?: readonly (readonly string[])[];
  /** Partitions of the topic before and after. */
  readonly partitions?: readonly [number, number];
}

const UPDATES: readonly Update[] = [
  { change: "nothing", before: {}, after: {} },
  { change: "a subscriber is added", before: {}, after: { subscribers: ["default", "audit"] } },
  { change: "a subscriber is removed", before: { subscribers: ["default", "audit"] }, after: {} },
  {
    change: "a subscriber is renamed",
    before: { subscribers: ["mail"] },
    after: { subscribers: ["letters"] },
    handledBy: [["mail", "letters"]],
  },
  { change: "priority", before: {}, after: { settings: { priority: "high" } } },
  {
    change: "priority, with order",
    before: { settings: { ordered: true } },
    after: { settings: { ordered: true, priority: "low" } },
  },
  { change: "order by key is added", before: {}, after: { settings: { ordered: true } } },
  { change: "order by key is taken away", before: { settings: { ordered: true } }, after: {} },
  { change: "a version", before: { settings: { ordered: true } }, after: { settings: { ordered: true, version: 2 } } },
  { change: "dedupe is added", before: {}, after: { settings: { dedupeForMs: 60_000 } } },
  { change: "partitions 1 to 4", before: {}, after: {}, partitions: [1, 4] },
];

let broker: PulsarBroker;

beforeAll(async () => {
  broker = await startPulsarBroker();
}, INSTALL_TIMEOUT_MS);

afterAll(() => broker?.stop());

/** A use case in a namespace of its own, of which several releases run. */
async function openPlace() {
  const { name: namespace } = await createNamespace(broker);
  const stores = { delayStore: createMemoryDelayStore(), dedupeStore: createMemoryDedupeStore(), clock: systemClock };
  const transports: Transport[] = [];
  const handled: (Note & { by: string })[] = [];
  const problems: string[] = [];

  const openPorts = async (way: Way): Promise<Ports> => {
    const transport = await way.open(broker, { namespace });
    transports.push(transport);
    return { transport, ...stores };
  };

  const contracts = ({ settings = {}, subscribers = ["default"] }: Release) =>
    noteContracts({
      settings,
      subscribers: Object.fromEntries(subscribers.map((name) => [name, {}])),
      handlers: Object.fromEntries(
        subscribers.map((by) => [
          by,
          async (note: Note) => {
            await sleep(2);
            handled.push({ ...note, by });
          },
        ]),
      ),
    });

  return {
    namespace,
    handled,
    problems,
    settingsOf: (release: Release) => contracts(release).client.settings,
    client: (release: Release): Client<Note> => createClient(contracts(release).client),
    async start(release: Release, way: Way): Promise<Worker> {
      const ports = await openPorts(way);
      const { executor } = contracts(release);
      return startWorker({ ports, executors: [executor], reportProblem: ({ message }) => problems.push(message) });
    },
    openPorts,
    async close() {
      for (const transport of transports) await transport.close();
    },
  };
}

/** Workers of the release before are replaced one by one, while events come in. */
async function rollOut(update: Update, from: Way, to: Way): Promise<void> {
  const { before, after, partitions } = update;
  const place = await openPlace();
  const topic = `/admin/v2/persistent/${place.namespace}/note/partitions`;
  if (partitions) await broker.admin("PUT", topic, partitions[0]);
  const old = [await place.start(before, from), await place.start(before, from)];
  const ports = await place.openPorts(from);
  connectTo(ports);

  const accepted: Note[] = [];
  let client = place.client(before);
  let isProducing = true;
  const producing = (async () => {
    for (let index = 0; isProducing; index++) {
      const notes = Array.from({ length: KEYS }, (_, key) => ({ id: `${key}:${index}`, key: `key-${key}` }));
      await client.enqueueAll(notes);
      accepted.push(...notes);
      await sleep(50);
    }
  })();

  await sleep(STAGE_MS);
  if (partitions && partitions[1] > partitions[0]) await broker.admin("POST", topic, partitions[1]);
  const fresh: Worker[] = [];
  for (const worker of old) {
    fresh.push(await place.start(after, to));
    await sleep(STAGE_MS);
    await worker.drain();
  }
  connectTo(from === to ? ports : await place.openPorts(to));
  client = place.client(after);
  await sleep(STAGE_MS);
  isProducing = false;
  await producing;

  // The step that `diff` and the workers name.
  const finder = createStrayFinder([place.settingsOf(after)]);
  for (const stray of await finder.inTopics(ports)) {
    const target = targetOf(stray);
    if (stray.reason === "priority" && target) await moveStray(ports, stray, target);
  }

  for (const names of update.handledBy ?? [["default"]]) {
    const missing = () => {
      const ids = new Set(place.handled.filter(({ by }) => names.includes(by)).map(({ id }) => id));
      return accepted.filter(({ id }) => !ids.has(id));
    };
    await waitUntil(
      () => missing().length === 0,
      SOON_MS,
      () => `${missing().length} of ${accepted.length} were not handled, first ${missing()[0]?.id}: ${place.problems}`,
    );
  }
  if (before.settings?.ordered && after.settings?.ordered && before.settings.priority === after.settings.priority) {
    const first = new Map(place.handled.toReversed().map((note) => [note.id, note] as const));
    expect(
      outOfOrder(
        accepted,
        place.handled.filter((note) => first.get(note.id) === note),
      ),
    ).toBeUndefined();
  }
  for (const worker of fresh) await worker.drain();
  await place.close();
}

describe.each(WAYS)("$name", (way) => {
  test.each(UPDATES)("a rolling update loses nothing: $change", (update) => rollOut(update, way, way));
});

const [binary, , libpulsar] = WAYS as readonly [Way, Way, Way];

test.each([
  { from: libpulsar, to: binary, ordered: true },
  { from: binary, to: libpulsar, ordered: true },
  { from: libpulsar, to: binary, ordered: false },
])(
  "workers of one client beside those of another lose nothing, ordered $ordered: $from.name to $to.name",
  async ({ from, to, ordered }) => {
    const release = { settings: { ordered } };
    await rollOut({ change: "the client", before: release, after: release, partitions: [4, 4] }, from, to);
  },
);
