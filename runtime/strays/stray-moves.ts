import { type Clock, sleep } from "../contract/clock.ts";
import { deadLetterTopicOf, type Message, type TaskRecord, topicOf } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { Ports } from "../ports/ports.ts";
import { createPublisher } from "../ports/publisher.ts";
import { topicsOf } from "../ports/topics.ts";
import type { Consumer } from "../transport/transport.ts";
import type { Stray, StrayTarget } from "./strays.ts";

/** What became of strays. */
export interface StrayOutcome {
  /** Handed to the target. */
  readonly moved: number;
  /** Let go, since the target's subscription has them already, or nobody wants them. */
  readonly dropped: number;
}

const BATCH = 500;
const LEASE_MS = 60_000;
/** A topic that has given nothing for so long, though something is left, holds it back or has it held. */
const LONGEST_WAIT_MS = 10_000;
const LOOK_MS = 100;

/**
 * Hands what waits in a stray place to a subscriber of a use case. Each record is durable in its new place before it is
 * settled in the old one: whoever is interrupted moves the rest another time, and may have moved one batch twice. Records
 * of a key keep their order among themselves; they come behind what is in the new topic already.
 */
export async function moveStray(ports: Ports, stray: Stray, target: StrayTarget): Promise<StrayOutcome> {
  const { useCase, subscriber } = target;
  const topic = topicOf(useCase.name, useCase.priority);
  await ports.transport.declare(topicsOf(useCase));
  const publisher = createPublisher(ports.transport);
  const retarget = (record: TaskRecord): TaskRecord => {
    const { name, priority } = useCase;
    return { ...record, useCase: name, priority, subscription: subscriber };
  };
  try {
    if (stray.place === "delays") {
      return await eachDelayed(ports, stray, async (claims) => {
        await ports.delayStore.add(claims.map(({ dueAt, record }) => ({ topic, dueAt, record: retarget(record) })));
        return claims.length;
      });
    }
    const isDeadLetters = stray.place === "dead-letters";
    return await eachStray(ports, stray, async (messages) => {
      const wanted = messages.filter((message) => isWanted(message, stray, topic));
      const records = wanted.map((message) => (isDeadLetters ? recordOf(message) : retarget(recordOf(message))));
      if (records.length > 0) {
        await publisher.publish(isDeadLetters ? deadLetterTopicOf(topic, subscriber) : topic, records);
      }
      return records.length;
    });
  } finally {
    await publisher.close();
  }
}

/** Forgets what waits in a stray place, and the subscription with it where it would keep more. */
export function dropStray(ports: Ports, stray: Stray): Promise<StrayOutcome> {
  return stray.place === "delays" ? eachDelayed(ports, stray, async () => 0) : eachStray(ports, stray, async () => 0);
}

/**
 * Whether the target lacks it. A retry of another subscriber is that one's. And what came to a subscription of the very
 * topic that the target consumes came to the target's too: it begins at the topic's start.
 */
function isWanted(message: Message, stray: Stray, topic: string): boolean {
  if (stray.place === "dead-letters") return true;
  if (message.subscription !== "") return message.subscription === stray.subscription;
  return stray.topic !== topic;
}

function recordOf({ position: _, notBefore: __, ...record }: Message): TaskRecord {
  return record;
}

/** Consumes a stray subscription to its end; `handle` answers how many of a batch were moved. */
async function eachStray(
  ports: Ports,
  stray: Stray,
  handle: (messages: readonly Message[]) => Promise<number>,
): Promise<StrayOutcome> {
  const { transport, clock } = ports;
  const { topic, subscription, reason, place } = stray;
  const consumer = await transport.subscribe(topic, subscription, "shared");
  let moved = 0;
  let seen = 0;
  try {
    for (;;) {
      const messages = await receiveSoon(consumer, clock, () => transport.backlog(topic, subscription));
      if (messages.length === 0) break;
      moved += await handle(messages);
      await consumer.acknowledge(messages);
      seen += messages.length;
    }
  } finally {
    await consumer.close();
  }
  const left = await transport.backlog(topic, subscription);
  if (left > 0) {
    throw new FivefoldError(
      "throttled",
      `${left} of what waits in topic '${topic}' for '${subscription}' can't be had now: it is held back until later, or ` +
        `somebody consumes it. ${seen} were taken out. Do it again later.`,
    );
  }
  if (reason === "subscriber" && place === "topic") await transport.removeSubscription(topic, subscription);
  return { moved, dropped: seen - moved };
}

/** Empty once nothing is left, or nothing comes for a while. */
async function receiveSoon(
  consumer: Consumer,
  clock: Clock,
  backlog: () => Promise<number>,
): Promise<readonly Message[]> {
  let messages: readonly Message[] | undefined;
  let failure: { readonly error: unknown } | undefined;
  consumer.receive(BATCH).then(
    (received) => {
      messages = received;
    },
    (error: unknown) => {
      failure = { error };
    },
  );
  const giveUpAt = clock.monotonic() + LONGEST_WAIT_MS;
  while (messages === undefined && failure === undefined) {
    await sleep(clock, LOOK_MS);
    if (messages !== undefined || failure !== undefined) break;
    if (clock.monotonic() > giveUpAt || (await backlog()) === 0) return [];
  }
  if (failure) throw failure.error;
  return messages ?? [];
}

type Claims = Awaited<ReturnType<Ports["delayStore"]["claimOf"]>>;

async function eachDelayed(
  { delayStore, clock }: Ports,
  { topic, subscription }: Stray,
  handle: (claims: Claims) => Promise<number>,
): Promise<StrayOutcome> {
  let moved = 0;
  let seen = 0;
  for (;;) {
    const claims = await delayStore.claimOf({ topic, subscription }, clock.now(), BATCH, LEASE_MS);
    if (claims.length === 0) return { moved, dropped: seen - moved };
    moved += await handle(claims);
    await delayStore.remove(claims);
    seen += claims.length;
  }
}
