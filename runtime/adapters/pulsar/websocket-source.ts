import type { Clock } from "../../contract/clock.ts";
import type { FivefoldError } from "../../contract/errors.ts";
import { createAcknowledgements } from "./acknowledgements.ts";
import type { Source, SourceEvents } from "./consumer.ts";
import { recordOf } from "./envelope.ts";
import { openLink, type Target } from "./link.ts";
import type { ConsumerState } from "./standstill.ts";

/** What Pulsar's WebSocket API sends for each message. */
interface Delivery {
  readonly messageId: string;
  readonly payload: string;
  readonly properties?: Record<string, string>;
  readonly key?: string;
  readonly eventTime?: string;
}

/** Messages over one WebSocket in pull mode: the broker sends as many as it was given permits for. */
export async function openWebSocketSource(
  settings: {
    readonly what: string;
    /** How long calls may take without a connection before they reject, in ms. */
    readonly timeoutMs: number;
    readonly clock: Clock;
    readonly target: () => Promise<Target>;
    /** What the broker takes this consumer for; undefined: it has none. Throws where topic or subscription are gone. */
    readonly look: () => Promise<ConsumerState | undefined>;
  },
  events: SourceEvents<string>,
): Promise<Source<string>> {
  const { what, timeoutMs, clock, target } = settings;
  let openings = 0;
  /** By which of them the broker did not know this consumer, when it was looked last. */
  let missedIn = 0;

  const link = await openLink({ what, target, timeoutMs, clock, onOpen, onText, onDown });
  const acknowledgements = createAcknowledgements({ what, link, clock, timeoutMs });

  function onOpen(): void {
    // Nothing was asked for before the first connection.
    openings += 1;
    if (openings === 1) return;
    acknowledgements.sendAgain();
    events.onReady();
  }

  function onDown(error: FivefoldError): void {
    events.onReset();
    // Waiting would fix neither.
    if (error.code === "unauthorized" || error.code === "unknown-topic") events.onFault(error);
  }

  function onText(text: string): void {
    const delivery = JSON.parse(text) as Partial<Delivery>;
    if (delivery.messageId === undefined) acknowledgements.confirmed();
    else events.onMessage(recordIn(delivery as Delivery), delivery.messageId);
  }

  return {
    get fault() {
      return link.fault;
    },
    ask(permitMessages) {
      if (link.isOpen) link.send(JSON.stringify({ type: "permit", permitMessages }));
      return link.isOpen;
    },
    acknowledge: (messageIds) => acknowledgements.add(messageIds),
    giveBack(messageIds) {
      // Without a connection they come again anyway.
      for (const messageId of messageIds) link.send(JSON.stringify({ type: "negativeAcknowledge", messageId }));
    },
    async look() {
      const opening = link.isOpen ? openings : 0;
      const state = await settings.look();
      const isMissed = !state && opening > 0 && opening === openings && link.isOpen;
      const isLost = isMissed && missedIn === opening;
      missedIn = isMissed ? opening : 0;
      // A broker that passes a topic on may forget a consumer whose socket stays.
      if (isLost) link.drop("the broker has lost this consumer");
      return state;
    },
    keepProcess: (on) => link.keepProcess(on),
    async close() {
      await acknowledgements.close();
      await link.close();
    },
  };
}

function recordIn({ messageId, payload, properties, key, eventTime }: Delivery) {
  const time = eventTime === undefined ? 0 : Date.parse(eventTime);
  const message = { properties: properties ?? {}, key: key ?? "", eventTime: Number.isNaN(time) ? 0 : time };
  return recordOf(message, Buffer.from(payload, "base64"), messageId);
}
