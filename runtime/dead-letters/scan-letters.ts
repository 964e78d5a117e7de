import { sleep } from "../contract/clock.ts";
import { DEAD_LETTER_SUBSCRIPTION, deadLetterTopicOf, type Message, topicOf } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { Ports } from "../ports/ports.ts";
import type { Consumer } from "../transport/transport.ts";
import type { LetterPlace } from "./letter.ts";

const BATCH = 500;
/** Brokers stop serving a consumer that holds more than so many (Pulsar: 50,000): then another one joins it. */
const MOST_HELD = 20_000;
const LOOK_MS = 50;
/** What is still under way to this process comes within it. */
const QUIET_MS = 1_000;
/** A topic that has given nothing for so long, though something is left, has it held by others. */
const LONGEST_WAIT_MS = 5_000;

type Acknowledge = (messages: readonly Message[]) => Promise<void>;

const nameOf = ({ id, failure }: Message) => `${id} ${failure?.failedAt ?? 0}`;

/** Sees messages, and may acknowledge some of them; false: it has seen enough. */
type Visit = (messages: readonly Message[], acknowledge: Acknowledge) => Promise<boolean>;

/** A consumer, and what it is asked for. */
interface Reading {
  readonly consumer: Consumer;
  held: number;
  received: Promise<{ readonly from: Reading; readonly messages: readonly Message[] }>;
}

/**
 * Shows all dead letters that are there, each once; what is not acknowledged stays where it is. Answers how
 * many could not be had, since somebody else holds them.
 */
export async function scanLetters(
  { transport, clock }: Pick<Ports, "transport" | "clock">,
  { useCase, subscriber }: LetterPlace,
  visit: Visit,
): Promise<number> {
  const topic = deadLetterTopicOf(topicOf(useCase.name, useCase.priority), subscriber);
  const { countsBacklogInRecords } = transport.capabilities;
  const readings: Reading[] = [];
  const startedAt = clock.now();
  /** Letters so far, and whether they are settled. */
  const seen = new Map<string, boolean>();
  /** By task: when the letter was given up that was settled here. */
  const settledOf = new Map<string, number>();
  let isEnough = false;
  /** When something last came that was there as this began. */
  let lastAt = clock.monotonic();

  async function join(): Promise<void> {
    const consumer = await transport.subscribe(topic, DEAD_LETTER_SUBSCRIPTION, "shared");
    const reading = { consumer, held: 0 } as Reading;
    readings.push(reading);
    receive(reading);
  }

  function receive(reading: Reading): void {
    reading.received = reading.consumer.receive(BATCH).then((messages) => ({ from: reading, messages }));
    // Told by the race that it takes part in.
    reading.received.catch(() => {});
  }

  /** A task that was handed on here may have failed again: that letter is a new one, whatever the workers' clocks say. */
  function isNew({ id, failure }: Message): boolean {
    const settled = settledOf.get(id);
    return settled !== undefined && settled !== (failure?.failedAt ?? 0);
  }

  async function take(from: Reading, messages: readonly Message[]): Promise<void> {
    const acknowledge = async (settled: readonly Message[]) => {
      await from.consumer.acknowledge(settled);
      from.held -= settled.length;
      for (const message of settled) {
        seen.set(nameOf(message), true);
        settledOf.set(message.id, message.failure?.failedAt ?? 0);
      }
    };
    from.held += messages.length;
    const former = messages.filter((message) => !isNew(message));
    const unseen = former.filter((message) => {
      const name = nameOf(message);
      if (seen.has(name)) return false;
      seen.set(name, false);
      return true;
    });
    if (unseen.length > 0) {
      isEnough = !(await visit(unseen, acknowledge));
      // What is given up meanwhile is taken too, but not waited for: it may never end.
      if (unseen.some(({ failure }) => (failure?.failedAt ?? 0) <= startedAt)) lastAt = clock.monotonic();
    }
    // One may be there twice: the worker that gave it up could not know whether it was stored, and stored it again.
    const first = new Set(unseen);
    const copies = former.filter((message) => !first.has(message) && seen.get(nameOf(message)));
    if (copies.length > 0) await acknowledge(copies);
    if (!isEnough) receive(from);
  }

  const left = async () => {
    const held = readings.reduce((sum, reading) => sum + reading.held, 0);
    return Math.max(0, (await transport.backlog(topic, DEAD_LETTER_SUBSCRIPTION)) - held);
  };

  try {
    await join();
    for (;;) {
      if (readings.at(-1)!.held >= MOST_HELD) await join();
      const pause = sleep(clock, LOOK_MS).then(() => undefined);
      const received = await Promise.race([...readings.map((reading) => reading.received), pause]);
      if (received) await take(received.from, received.messages);
      if (isEnough) return 0;
      if (received) continue;
      const waitedMs = clock.monotonic() - lastAt;
      const rest = await left();
      if (rest === 0 && (countsBacklogInRecords || waitedMs > QUIET_MS)) return 0;
      if (waitedMs > LONGEST_WAIT_MS) return rest;
    }
  } catch (error) {
    // No worker has run yet that could have given anything up.
    if (error instanceof FivefoldError && error.code === "unknown-topic" && readings.length === 0) return 0;
    throw error;
  } finally {
    await Promise.all(readings.map(({ consumer }) => consumer.close()));
  }
}
