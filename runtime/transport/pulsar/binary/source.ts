import type { Clock } from "../../../clock.ts";
import { FivefoldError } from "../../../errors.ts";
import type { SubscriptionType } from "../../transport.ts";
import type { Source, SourceEvents } from "../consumer.ts";
import { recordOf } from "../envelope.ts";
import type { ConsumerState } from "../standstill.ts";
import { createEntryAcknowledgements, type EntryAcknowledgements } from "./acknowledgements.ts";
import { readEntry } from "./batch-reader.ts";
import type { Brokers } from "./brokers.ts";
import type { MESSAGE_ID } from "./commands.ts";
import type { Delivery } from "./connection.ts";
import { Entry } from "./entry.ts";
import type { Values } from "./proto-message.ts";
import { openSession } from "./session.ts";

/** CommandSubscribe's types, and its positions. */
const SHARED = 1;
const KEY_SHARED = 3;
const EARLIEST = 1;
/** KeySharedMeta's mode: the broker splits the range of keys. */
const AUTO_SPLIT = 0;

/** A message that came, and its place: what it is acknowledged by. */
export interface Place {
  readonly id: string;
  readonly entry: Entry;
  readonly index: number;
  readonly record: ReturnType<typeof recordOf>;
}

export interface BinarySourceSettings {
  readonly what: string;
  readonly topicUrl: string;
  readonly subscription: string;
  readonly type: SubscriptionType;
  readonly consumerName: string;
  readonly brokers: Brokers;
  /** Rejects where topic or subscription are not there. */
  readonly check: () => Promise<unknown>;
  /** What the broker takes this consumer for; undefined: it has none. Throws where topic or subscription are gone. */
  readonly look: () => Promise<ConsumerState | undefined>;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Messages over the binary protocol: the broker sends as many as it was given permits for, and whole batches. */
export async function openBinarySource(
  settings: BinarySourceSettings,
  events: SourceEvents<Place>,
): Promise<Source<Place>> {
  const { what, topicUrl, type, brokers, timeoutMs, clock } = settings;
  let isFirst = true;
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
        consumerName: settings.consumerName,
        // It is there; whoever removed it just now has it made anew without a loss.
        initialPosition: EARLIEST,
        forceTopicCreation: false,
        ...(type === "key-shared" && { keyShared: { mode: AUTO_SPLIT } }),
      }),
    onOpen() {
      // Nothing was asked for before the first connection.
      if (!isFirst) {
        acknowledgements.sendAgain();
        events.onReady();
      }
      isFirst = false;
    },
    onMessage,
    onDown(error) {
      events.onReset();
      // Waiting would mend neither.
      if (error.code === "unauthorized" || error.code === "unknown-topic") events.onFault(error);
    },
    timeoutMs,
    clock,
  });

  function onMessage({ command, metadata, payload }: Delivery): void {
    let entry: Entry | undefined;
    readEntry(metadata, payload, (index, message, content, batchSize) => {
      entry ??= new Entry(command, Math.max(1, batchSize));
      if (!entry.has(index)) return;
      const id = `${entry.id}:${batchSize === 0 ? -1 : index}`;
      const record = recordOf(message, content, id);
      events.onMessage(id, { id, entry, index, record }, record);
    });
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
      // Without a connection they come again anyway.
      if (!attached) return;
      const messageIds: Values<typeof MESSAGE_ID>[] = [];
      for (const [entry, own] of Map.groupBy(places, ({ entry }) => entry)) {
        if (own.length === entry.left) messageIds.push(entry.whole);
        // The broker would give out all of it, also what is held here.
        else for (const place of own) events.onStay(place.id, place, place.record);
      }
      const { connection, id: consumerId } = attached;
      if (messageIds.length > 0) connection.send("redeliver", { consumerId, messageIds });
    },
    async look() {
      const state = await settings.look();
      // A broker that passes a topic on may forget a consumer whose connection stays.
      if (!state) session.drop(new FivefoldError("not-connected", `${what}: the broker has lost this consumer.`));
      return state;
    },
    keepProcess: (on) => session.keepProcess(on),
    async close() {
      await acknowledgements.close();
      await session.close();
    },
  };
}
