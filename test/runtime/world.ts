import { createClient } from "../../runtime/client.ts";
import type { Connection } from "../../runtime/connection.ts";
import type { Message } from "../../runtime/contract/contract.ts";
import type { FivefoldError } from "../../runtime/contract/errors.ts";
import { connectMemory, createSimulatedClock, type SimulatedClock } from "../../runtime/testing/testing.ts";
import { startWorker, type Worker } from "../../runtime/worker.ts";
import { type Note, type NoteOptions, noteContracts } from "./note-contract.ts";

/** A worker on one use case of notes, in memory and in virtual time. */
export interface World {
  readonly clock: SimulatedClock;
  readonly connection: Connection;
  readonly worker: Worker;
  readonly notes: ReturnType<typeof createClient<Note>>;
  /** What the runtime reported. */
  readonly problems: FivefoldError[];
  /** Runs a promise to its end in virtual time. */
  inTime<T>(promise: Promise<T>): Promise<T>;
  /** All dead letters of the only subscriber. */
  deadLetters(): Promise<readonly Message[]>;
  close(): Promise<void>;
}

export async function openWorld(options: NoteOptions): Promise<World> {
  const clock = createSimulatedClock(1);
  const connection = connectMemory(clock);
  const problems: FivefoldError[] = [];
  const { client, executor } = noteContracts(options);

  async function inTime<T>(promise: Promise<T>): Promise<T> {
    let ended = false;
    const settle = promise.finally(() => {
      ended = true;
    });
    settle.catch(() => {});
    await clock.until(() => ended, 10_000);
    return settle;
  }

  const worker = await inTime(
    startWorker({
      ports: connection.ports,
      executors: [executor],
      reportProblem: (problem) => problems.push(problem),
    }),
  );
  return {
    clock,
    connection,
    worker,
    notes: createClient(client),
    problems,
    inTime,
    async deadLetters() {
      const consumer = await connection.ports.transport.subscribe("note-default-DLQ", "dead-letters", "shared");
      const messages = await inTime(consumer.receive(100));
      await inTime(consumer.close());
      return messages;
    },
    async close() {
      await inTime(worker.drain(1_000));
      await connection.close();
    },
  };
}
