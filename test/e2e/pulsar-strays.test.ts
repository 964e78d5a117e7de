import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMemoryDedupeStore } from "../../runtime/adapters/memory/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "../../runtime/adapters/memory/memory-delay-store.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { FivefoldError } from "../../runtime/contract/errors.ts";
import { topicsOf } from "../../runtime/ports/topics.ts";
import { moveStray } from "../../runtime/strays/stray-moves.ts";
import { createStrayFinder, targetOf } from "../../runtime/strays/strays.ts";
import { startWorker } from "../../runtime/worker.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { noteContracts } from "../runtime/note-contract.ts";
import { publish } from "../transport/conformance/subject.ts";
import { record } from "../transport/records.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

let broker: PulsarBroker;

beforeAll(async () => {
  broker = await startPulsarBroker();
}, INSTALL_TIMEOUT_MS);

afterAll(() => broker?.stop());

describe.each(WAYS)("strays by $name", (way) => {
  test("an old priority's events are told by a worker, and moved in the order of their keys", async () => {
    const namespace = await createNamespace(broker);
    const transport = await way.open(broker, { namespace: namespace.name });
    const ports = {
      transport,
      delayStore: createMemoryDelayStore(),
      dedupeStore: createMemoryDedupeStore(),
      clock: systemClock,
    };
    const handled = new Map<string, number[]>();
    const settings = { ordered: true };
    const before = noteContracts({ settings: { ...settings, priority: "low" }, handlers: { default: () => {} } });
    await transport.declare(topicsOf(before.client.settings));
    // A topic of somebody else's is left alone.
    await transport.declare([{ name: "elsewhere", ordered: false, subscriptions: ["others"] }]);
    await publish(transport, "elsewhere", [record("other")]);
    const records = Array.from({ length: 300 }, (_, i) => {
      const note = { id: `${i}`, key: `k${i % 7}` };
      return record(note.id, { useCase: "note", key: note.key, payload: before.client.encode(note) });
    });
    await publish(transport, "note.low", records);

    const problems: FivefoldError[] = [];
    const { executor, client } = noteContracts({
      settings,
      handlers: {
        default: ({ id, key = "" }) => {
          handled.set(key, [...(handled.get(key) ?? []), Number(id)]);
        },
      },
    });
    const worker = await startWorker({
      ports,
      executors: [executor],
      reportProblem: (problem) => problems.push(problem),
    });
    try {
      await waitUntil(
        () => problems.length > 0,
        30_000,
        () => "nothing is told",
      );
      expect(problems[0]).toMatchObject({
        code: "stray-events",
        message: expect.stringMatching(/events wait in topic 'note\.low' for 'default', which nobody consumes/),
      });
      const finder = createStrayFinder([client.settings]);
      const [stray, ...others] = await finder.inTopics(ports);
      expect(others).toEqual([]);
      expect(await moveStray(ports, stray!, targetOf(stray!)!)).toEqual({ moved: 300, dropped: 0 });
      const count = () => [...handled.values()].flat().length;
      await waitUntil(
        () => count() >= 300,
        60_000,
        () => `${count()} of 300 handled`,
      );
      for (const numbers of handled.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(await finder.inTopics(ports)).toEqual([]);
    } finally {
      await worker.drain();
      await transport.close();
    }
  });
});
