import type { Clock } from "../../../contract/clock.ts";
import type { Message } from "../../../contract/contract.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import type { SubscriptionType } from "../../../transport/transport.ts";
import type { Source, SourceEvents } from "../consumer.ts";
import { recordOf } from "../envelope.ts";
import type { ConsumerState } from "../standstill.ts";
import { createEntryAcknowledgements, type EntryAcknowledgements } from "./acknowledgements.ts";
import { readEntry } from "./batch-reader.ts";
import type { Brokers } from "./brokers.ts";
import type { MESSAGE_ID } from "./commands.ts";
import type { Delivery } from "./endpoint.ts";
import { Entry } from "./entry.ts";
import type { Values } from "./proto-message.ts";
import { type Attached, openSession } from "./session.ts";

/** CommandSubscribe's types, and its positions. */
const SHARED = 1;
const KEY_SHARED = 3;
const EARLIEST = 1;
/** KeySharedMeta's mode: the broker splits the range of keys. */
const AUTO_SPLIT = 0;

/** A message that came, and its place: what it is acknowledged by. */
export interface Place {
  readonly entry: Entry;
  readonly index: number;
  readonly message: Message;
  /** What it came by. */
  readonly by: Attached;
}

export interface BinarySourceSettings {
  readonly what: string;
  readonly topicUrl: string;
  readonly subscription: string;
  readonly type: SubscriptionType;
  /** Begins the names of its consumers: each opening has one of its own, since a broker may still have the one before. */
  readonly consumerName: string;
  readonly brokers: Brokers;
  /** Rejects where topic or subscription are not there. */
  readonly check: () => Promise<unknown>;
  /** What the broker takes a consumer for; undefined: it has none of that name. Throws where topic or subscription are gone. */
  readonly look: (consumerName: string) => Promise<ConsumerState | undefined>;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Messages over the binary protocol: the broker sends as many as it was given permits for, and whole batches. */
export async function openBinarySource(
  settings: BinarySourceSettings,
  events: SourceEvents<Place>,
): Promise<Source<Place>> {
  const { what, topicUrl, type, brokers, timeoutMs, clock } = settings;
  let openings = 0;
  let attempts = 0;
  /** By which of them the broker did not know this consumer, when it was looked last. */
  let missedIn = 0;
  const acknowledgements: EntryAcknowledgements = createEntryAcknowledgements({
    what,
    attached: () => session?.attached,
    fault: () => session.fault,
    timeoutMs,
    clock,
  });
  const session = await openSession({
    what,
    topicUrl,
    purpose: "consume",
    brokers,
    check: settings.check,
    open: ({ connection, id }) =>
      connection.request(what, "subscribe", {
        topic: topicUrl,
        subscription: settings.subscription,
        type: type === "shared" ? SHARED : KEY_SHARED,
        consumerId: id,
        consumerName: nameOf(++attempts),
        // It is there; whoever removed it just now has it made anew without a loss.
        initialPosition: EARLIEST,
        forceTopicCreation: false,
        ...(type === "key-shared" && { keyShared: { mode: AUTO_SPLIT } }),
      }),
    onOpen() {
      // Nothing was asked for before the first connection.
      openings += 1;
      if (openings === 1) return;
      acknowledgements.sendAgain();
      events.onReady();
    },
    onMessage,
    onDown(error) {
      events.onReset();
      // Waiting would fix neither.
      if (error.code === "unauthorized" || error.code === "unknown-topic") events.onFault(error);
    },
    timeoutMs,
    clock,
  });

  function nameOf(attempt: number): string {
    return `${settings.consumerName}-${attempt}`;
  }

  function onMessage(delivery: Delivery, by: Attached): void {
    for (const place of placesIn(delivery, by)) events.onMessage(place.message, place);
  }

  return {
    get fault() {
      return session.fault;
    },
    ask(permits) {
      const { attached } = session;
      attached?.connection.send("flow", { consumerId: attached.id, permits });
      return attached !== undefined;
    },
    acknowledge: (places) => acknowledgements.add(places),
    giveBack(places) {
      const { attached } = session;
      const messageIds: Values<typeof MESSAGE_ID>[] = [];
      // What came by a consumer that has ended comes again anyway, to this one or to another.
      const given = places.filter(({ by }) => by === attached);
      if (!attached || given.length === 0) return;
      for (const [entry, own] of Map.groupBy(given, ({ entry }) => entry)) {
        if (own.length === entry.left) messageIds.push(entry.whole);
        // The broker would give out all of it, also what is held here.
        else for (const place of own) events.onStay(place.message, place);
      }
      const { connection, id: consumerId } = attached;
      if (messageIds.length > 0) connection.send("redeliver", { consumerId, messageIds });
    },
    async look() {
      const opening = session.attached ? openings : 0;
      const state = await settings.look(nameOf(attempts));
      const isMissed = !state && opening > 0 && opening === openings && session.attached !== undefined;
      const isLost = isMissed && missedIn === opening;
      missedIn = isMissed ? opening : 0;
      // A broker that passes a topic on may forget a consumer whose connection stays.
      if (isLost) session.drop(new FivefoldError("not-connected", `${what}: the broker has lost this consumer.`));
      return state;
    },
    keepProcess: (on) => session.keepProcess(on),
    async close() {
      await acknowledgements.close();
      await session.close();
    },
  };
}

/** The messages of an entry that are not acknowledged. What another client wrote wrongly is one, of all that it wrote. */
function placesIn({ command, metadata, payload }: Delivery, by: Attached): Place[] {
  const places: Place[] = [];
  let entry: Entry | undefined;
  try {
    readEntry(metadata, payload, (index, message, content, batchSize) => {
      entry ??= new Entry(command, Math.max(1, batchSize));
      if (!entry.has(index)) return;
      const id = `${entry.id}:${batchSize === 0 ? -1 : index}`;
      places.push({ entry, index, message: recordOf(message, content, id), by });
    });
    return places;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const whole = new Entry({ ...command, ackSet: [] }, 1);
    const message = recordOf({ properties: {}, key: "", eventTime: 0 }, payload, `${whole.id}:-1`);
    return [{ entry: whole, index: 0, message, by }];
  }
}
