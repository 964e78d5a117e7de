import { expect, test } from "vitest";
import { createClient } from "../../runtime/client.ts";
import { FivefoldError } from "../../runtime/errors.ts";
import { connectMemory, createSimulatedClock } from "../../runtime/testing.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { startWorker } from "../../runtime/worker.ts";
import { type Note, noteContracts } from "./note-contract.ts";

test("a worker that can't open all of its subscriptions takes nothing, fires nothing, and leaves all to the next", async () => {
  const clock = createSimulatedClock(1);
  const connection = connectMemory(clock);
  const { ports } = connection;
  const seen: string[] = [];
  const problems: string[] = [];
  const handler = ({ id }: Note, { subscriber }: { subscriber: string }) => void seen.push(`${subscriber} ${id}`);
  const { client, executor } = noteContracts({
    subscribers: { mail: {}, ledger: {} },
    handlers: { mail: handler, ledger: handler },
  });
  const start = (transport: Transport) =>
    startWorker({
      ports: { ...ports, transport },
      executors: [executor],
      reportProblem: ({ message }) => problems.push(message),
    });

  /** As a broker that goes down between two subscriptions. */
  const goesDown: Transport = {
    ...ports.transport,
    async subscribe(topic, subscription, type) {
      if (subscription === "ledger") throw new FivefoldError("not-connected", "The broker is gone.");
      return ports.transport.subscribe(topic, subscription, type);
    },
  };
  await expect(start(goesDown)).rejects.toThrow("The broker is gone.");

  const notes = createClient(client);
  const enqueued = Promise.all([notes.enqueue({ id: "now" }), notes.enqueue({ id: "later" }, { delay: "1s" })]);
  await clock.advance(60_000);
  await enqueued;
  expect(seen).toEqual([]);

  const started = start(ports.transport);
  await clock.advance(10);
  const worker = await started;
  await clock.advance(10_000);
  expect(seen.sort()).toEqual(["ledger later", "ledger now", "mail later", "mail now"]);
  expect(problems).toEqual([]);
  const drained = worker.drain(1_000);
  await clock.advance(10_000);
  await drained;
  await connection.close();
});
