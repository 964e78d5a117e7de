import type { Cancel, Clock } from "../../clock.ts";
import type { Message } from "../../contract.ts";
import { FivefoldError } from "../../errors.ts";
import { checkMax } from "../message-position.ts";
import type { Consumer } from "../transport.ts";
import { createAcknowledgements } from "./acknowledgements.ts";
import { recordOf } from "./envelope.ts";
import { type Link, openLink, type Target } from "./link.ts";

/** A wait this long asks whether the broker still knows this consumer, which a socket alone doesn't tell. */
const LOOK_AFTER_MS = 20_000;

export interface WebSocketConsumerSettings {
  readonly topic: string;
  readonly subscription: string;
  /** How long calls may take without a connection before they reject, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly target: () => Promise<Target>;
  /** Whether the broker has this consumer; throws where topic or subscription are gone. */
  readonly isKnown: () => Promise<boolean>;
  readonly onAcknowledged: () => void;
  readonly onClose: () => void;
}

interface Wait {
  readonly max: number;
  readonly resolve: (messages: readonly Message[]) => void;
  readonly reject: (error: unknown) => void;
}

/** What Pulsar's WebSocket API sends for each message. */
interface Delivery {
  readonly messageId: string;
  readonly payload: string;
  readonly properties?: Record<string, string>;
  readonly key?: string;
  readonly eventTime?: string;
}

/**
 * Consumes over one WebSocket in pull mode: the broker sends what `receive` asked for, and what it sends too late for
 * one call is there for the next. Messages that are still held when they come again, because the topic moved or the
 * connection broke, are not handed out twice.
 */
export async function openWebSocketConsumer(settings: WebSocketConsumerSettings): Promise<Consumer> {
  const { topic, subscription, clock } = settings;
  const what = `Consuming topic '${topic}' (${subscription})`;
  /** Ids of messages that are here: arrived, or handed out and not settled. */
  const held = new Set<string>();
  let arrived: Message[] = [];
  /** How many messages the broker may still send unasked. */
  let permits = 0;
  let wait: Wait | undefined;
  let isDelivering = false;
  let closed = false;
  let isCutOff = false;
  let cancelLook: Cancel = () => {};

  const link = await openLink({
    what,
    target: settings.target,
    timeoutMs: settings.timeoutMs,
    clock,
    onOpen,
    onText,
    onDown,
  });
  const acknowledgements = createAcknowledgements({ what, link, clock, timeoutMs: settings.timeoutMs });

  function onOpen(opened: Link): void {
    if (wait) ask(opened, wait.max);
    // There are none before the first connection.
    if (isCutOff) acknowledgements.sendAgain();
    isCutOff = false;
  }

  function onDown(error: FivefoldError): void {
    isCutOff = true;
    // All that was not acknowledged comes again; what was handed out is still at work here.
    for (const { position } of arrived) held.delete(position as string);
    arrived = [];
    permits = 0;
    if (error.code === "unauthorized" || error.code === "unknown-topic") finish(({ reject }) => reject(error));
  }

  function onText(text: string): void {
    const delivery = JSON.parse(text) as Partial<Delivery>;
    if (delivery.messageId === undefined) {
      acknowledgements.confirmed();
      settings.onAcknowledged();
      return;
    }
    permits -= 1;
    if (held.has(delivery.messageId)) {
      if (wait) ask(link, wait.max);
      return;
    }
    held.add(delivery.messageId);
    arrived.push(messageOf(delivery as Delivery));
    if (!wait || isDelivering) return;
    isDelivering = true;
    // What the same read of the socket brought comes along.
    clock.soon(() => {
      isDelivering = false;
      deliver();
    });
  }

  function deliver(): void {
    if (!wait || arrived.length === 0) return;
    const { max } = wait;
    const messages = arrived.splice(0, max);
    finish(({ resolve }) => resolve(messages));
  }

  function finish(end: (waited: Wait) => void): void {
    const waited = wait;
    wait = undefined;
    cancelLook();
    link.keepProcess(false);
    if (waited) end(waited);
  }

  /** Asks for as many more as are neither here nor under way. */
  function ask(from: Link, max: number): void {
    const permitMessages = max - arrived.length - permits;
    if (permitMessages <= 0 || !from.isOpen) return;
    permits += permitMessages;
    from.send(JSON.stringify({ type: "permit", permitMessages }));
  }

  /** Ends a wait that can't be fulfilled, and mends a connection that only seems to be one. */
  function look(waited: Wait): void {
    cancelLook = clock.after(LOOK_AFTER_MS, () => look(waited), { background: true });
    if (!link.isOpen) {
      if (link.fault) finish(({ reject }) => reject(link.fault));
      return;
    }
    settings.isKnown().then(
      (known) => {
        if (!known && wait === waited) link.drop("the broker has lost this consumer");
      },
      (error: unknown) => {
        // A broker that doesn't answer now says nothing about the consumer.
        if (!(error instanceof FivefoldError) || error.code === "not-connected") return;
        if (wait === waited) finish(({ reject }) => reject(error));
      },
    );
  }

  function giveBack(messageIds: readonly string[]): void {
    for (const messageId of messageIds) {
      if (!held.delete(messageId) || closed) continue;
      // Without a connection it comes again anyway.
      link.send(JSON.stringify({ type: "negativeAcknowledge", messageId }));
    }
  }

  return {
    async receive(max) {
      checkMax(max);
      if (wait) throw new FivefoldError("invalid-option", "This consumer is receiving already: one call at a time.");
      if (closed) return [];
      return new Promise((resolve, reject) => {
        const waited = { max, resolve, reject };
        wait = waited;
        ask(link, max);
        if (arrived.length > 0) return deliver();
        link.keepProcess(true);
        cancelLook = clock.after(LOOK_AFTER_MS, () => look(waited), { background: true });
      });
    },
    async acknowledge(messages) {
      if (closed)
        throw new FivefoldError("closed", `${what}: the consumer is closed; what it held is delivered again.`);
      const messageIds = messages.map(({ position }) => position as string).filter((id) => held.delete(id));
      if (messageIds.length > 0) await acknowledgements.add(messageIds);
    },
    negativeAcknowledge(messages, delayMs = 0) {
      const messageIds = messages.map(({ position }) => position as string).filter((id) => held.has(id));
      if (messageIds.length === 0) return;
      if (delayMs > 0) clock.after(delayMs, () => giveBack(messageIds), { background: true });
      else giveBack(messageIds);
    },
    async close() {
      if (closed) return;
      closed = true;
      finish(({ resolve }) => resolve([]));
      await acknowledgements.close();
      await link.close();
      settings.onClose();
    },
  };
}

function messageOf({ messageId, payload, properties, key, eventTime }: Delivery): Message {
  const time = eventTime === undefined ? 0 : Date.parse(eventTime);
  const message = { properties: properties ?? {}, key: key ?? "", eventTime: Number.isNaN(time) ? 0 : time };
  return { ...recordOf(message, Buffer.from(payload, "base64"), messageId), position: messageId };
}
