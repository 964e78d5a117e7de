import { writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { openLmdbDedupeStore } from "../../../runtime/adapters/embedded/lmdb-dedupe-store.ts";
import { openLmdbDelayStore } from "../../../runtime/adapters/embedded/lmdb-delay-store.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import { DEDUPED, dedupeOf, delayedOf, recordOf, TOPICS } from "./folder.ts";

/*
 * Drains damaged folders, each named by a line of its input, and answers with a line of JSON: a process of its own,
 * since what is damaged may end it.
 */

/** What was found in a folder. */
export interface Drained {
  /** By "topic › subscription", the records' numbers in the order in which they came. */
  readonly received: Record<string, number[]>;
  readonly delayed: number[];
  /** Dedupe ids that are known still. */
  readonly known: number[];
  /** Of data that is not what was written. */
  readonly wrong: string[];
  /** What was reported, or thrown. */
  readonly problems: string[];
  /** Why a store could not be opened. */
  readonly refused: string[];
}

/** Nothing more comes after so long. */
const QUIET_MS = 40;

async function drain(folder: string): Promise<Drained> {
  const drained: Drained = { received: {}, delayed: [], known: [], wrong: [], problems: [], refused: [] };
  const reportProblem = (problem: Error) => {
    drained.problems.push(problem.message);
  };
  const part = async (name: string, run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      drained.refused.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  await part("topics", () => drainTopics(join(folder, "topics"), drained, reportProblem));
  await part("delays", () => drainDelays(join(folder, "delays"), drained, reportProblem));
  await part("dedupe", () => readDedupe(join(folder, "dedupe"), drained, reportProblem));
  return drained;
}

async function drainTopics(folder: string, drained: Drained, reportProblem: (problem: Error) => void): Promise<void> {
  const transport = await openEmbeddedTransport({ folder, clock: systemClock, reportProblem });
  await transport.declare(TOPICS);
  for (const { name, ordered, subscriptions } of TOPICS) {
    for (const subscription of subscriptions) {
      const numbers: number[] = [];
      drained.received[`${name} › ${subscription}`] = numbers;
      const consumer = await transport.subscribe(name, subscription, ordered ? "key-shared" : "shared");
      let quiet = false;
      while (!quiet) {
        const received = consumer.receive(97).catch((error: Error) => {
          drained.problems.push(error.message);
          return [];
        });
        const messages = await Promise.race([received, sleep(systemClock, QUIET_MS).then(() => "quiet" as const)]);
        if (messages === "quiet") {
          quiet = true;
          continue;
        }
        for (const { position: _, ...message } of messages) {
          const number = Number(message.id.slice(name.length + 1));
          numbers.push(number);
          if (!isSame(message, recordOf(name, number))) drained.wrong.push(`${name}: ${describe(message)}`);
        }
        await consumer.acknowledge(messages);
      }
      await consumer.close();
    }
  }
  // What is published now comes, whatever was lost.
  const producer = await transport.producer("plain");
  await producer.publish([recordOf("plain", 1_000_000)]);
  const consumer = await transport.subscribe("plain", "fast", "shared");
  const next = await Promise.race([consumer.receive(1), sleep(systemClock, 5_000).then(() => [])]);
  if (next[0]?.id !== "plain-1000000") drained.wrong.push("what is published after the damage does not come");
  await transport.close();
}

async function drainDelays(folder: string, drained: Drained, reportProblem: (problem: Error) => void): Promise<void> {
  const delays = await openLmdbDelayStore(folder, systemClock, reportProblem);
  // Past the lease of a leader that is no more.
  const now = Date.now() + 10_000;
  for (;;) {
    const claims = await delays.claimDue(now, 50, 60_000);
    if (claims.length === 0) break;
    for (const { key: _, ...delayed } of claims) {
      const number = Number(delayed.record.id.slice("delayed-".length));
      drained.delayed.push(number);
      if (!isSame(delayed, delayedOf(number))) drained.wrong.push(`delays: ${describe(delayed)}`);
    }
    await delays.remove(claims);
  }
  await delays.close();
}

async function readDedupe(folder: string, drained: Drained, reportProblem: (problem: Error) => void): Promise<void> {
  const dedupe = await openLmdbDedupeStore(folder, systemClock, reportProblem);
  const requests = Array.from({ length: DEDUPED }, (_, number) => ({ ...dedupeOf(number), id: `other ${number}` }));
  for (const [number, reservation] of (await dedupe.reserve(requests, Date.now(), 60_000)).entries()) {
    if (reservation.kind === "reserved") continue;
    drained.known.push(number);
    const { id, content } = dedupeOf(number);
    const isRight = reservation.kind === "duplicate" && reservation.id === id && reservation.content === content;
    if (!isRight) drained.wrong.push(`dedupe: ${describe(reservation)} for ${number}`);
  }
  await dedupe.close();
}

const describe = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? `${part.length} × ${part[0]}` : part))?.slice(
    0,
    300,
  );

/** Deep equality of plain data and bytes, without regard to the kind of an array of bytes. */
function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

if (process.argv[2] === "drain") {
  for await (const folder of createInterface({ input: process.stdin })) {
    const drained = await drain(folder);
    writeSync(1, `${JSON.stringify(drained)}\n`);
  }
}
