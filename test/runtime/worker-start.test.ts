import { expect, test } from "vitest";
import { createClient } from "../../runtime/client.ts";
import { FivefoldError } from "../../runtime/contract/errors.ts";
import { connectMemory, createSimulatedClock } from "../../runtime/testing/testing.ts";
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

/** A transport on which `mail` can't be subscribed to, nor its topic declared where it is missing, until `opens`. */
function closedFor(transport: Transport, code: "conflict" | "unknown-topic") {
  const state = { isOpen: false };
  const refuse = () => {
    throw new FivefoldError(code, "It can't be had.");
  };
  const closed: Transport = {
    ...transport,
    async declare(topics) {
      if (!state.isOpen && code === "unknown-topic" && topics.some(({ name }) => name === "mail")) refuse();
      return transport.declare(topics);
    },
    async subscribe(topic, subscription, type) {
      if (!state.isOpen && topic === "mail") refuse();
      return transport.subscribe(topic, subscription, type);
    },
  };
  return { state, closed };
}

test.each(["conflict", "unknown-topic"] as const)(
  "a use case that can't be consumed yet (%s) waits for its turn, and the others run",
  async (code) => {
    const clock = createSimulatedClock(1);
    const connection = connectMemory(clock);
    const { ports } = connection;
    const seen: string[] = [];
    const problems: FivefoldError[] = [];
    const contracts = ["mail", "ledger"].map((name) =>
      noteContracts({ settings: { name }, handlers: { default: ({ id }: Note) => void seen.push(`${name} ${id}`) } }),
    );
    const { state, closed } = closedFor(ports.transport, code);
    const started = startWorker({
      ports: { ...ports, transport: closed },
      executors: contracts.map(({ executor }) => executor),
      reportProblem: (problem) => problems.push(problem),
    });
    await clock.advance(100);
    const worker = await started;
    await ports.transport.declare([{ name: "mail", ordered: false, subscriptions: ["default"] }]);
    const enqueued = Promise.all(contracts.map(({ client }) => createClient(client).enqueue({ id: "1" })));
    await clock.advance(20_000);
    await enqueued;
    expect(seen).toEqual(["ledger 1"]);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    state.isOpen = true;
    await clock.advance(10_000);
    expect(seen).toEqual(["ledger 1", "mail 1"]);
    const drained = worker.drain(1_000);
    await clock.advance(10_000);
    await drained;
    await connection.close();
  },
);

test("a worker none of whose topics is there does not start; one whose only use case waits for its turn does", async () => {
  const clock = createSimulatedClock(1);
  const connection = connectMemory(clock);
  const { ports } = connection;
  const { executor } = noteContracts({ settings: { name: "mail" }, handlers: { default: () => {} } });
  const start = (code: "conflict" | "unknown-topic") =>
    startWorker({
      ports: { ...ports, transport: closedFor(ports.transport, code).closed },
      executors: [executor],
      reportProblem: () => {},
    });
  await expect(start("unknown-topic")).rejects.toMatchObject({ code: "unknown-topic" });
  const worker = await start("conflict");
  const drained = worker.drain(1_000);
  await clock.advance(10_000);
  await drained;
  await connection.close();
});
