import type { Cancel, Clock } from "../../clock.ts";
import type { Message } from "../../contract.ts";
import { FivefoldError } from "../../errors.ts";
import { checkMax } from "../message-position.ts";
import type { Consumer } from "../transport.ts";

/** After a wait this long, it is looked whether there still is something to wait for. */
const LOOK_AFTER_MS = 10_000;

/** Where a consumer's messages come from. `Handle` is what the source acknowledges by. */
export interface Source<Handle> {
  /** Why no messages can come now; undefined where they can. */
  readonly fault: FivefoldError | undefined;
  /** Lets so many more messages come. */
  ask(count: number): void;
  /** Resolves once the broker took it. */
  acknowledge(handles: readonly Handle[]): Promise<void>;
  /** Has them delivered again, at once. */
  giveBack(handles: readonly Handle[]): void;
  /** Throws where topic or subscription are gone, and mends a source that only seems to work. */
  look(): Promise<void>;
  /** Whether the process must stay alive for messages to come. */
  keepProcess(on: boolean): void;
  /** Ends it, after what was acknowledged is with the broker. */
  close(): Promise<void>;
}

/** What a source tells its consumer. */
export interface SourceEvents<Handle> {
  /** A message arrived. `id` is the same whenever it comes. */
  onMessage(id: string, handle: Handle, record: Omit<Message, "position">): void;
  /** What was asked for and didn't come must be asked for again; what arrived comes again. */
  onReset(): void;
  /** There is something to ask again. */
  onReady(): void;
  /** Nothing will come before somebody acts. */
  onFault(error: FivefoldError): void;
}

interface Wait {
  readonly max: number;
  readonly resolve: (messages: readonly Message[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A consumer that takes what it asked for. What comes too late for one `receive` is there for the next. Messages that
 * are still held when they come again, because the topic moved or the connection broke, are not handed out twice.
 */
export async function openConsumer<Handle>(settings: {
  /** For messages: `Consuming topic 'orders' (mail)`. */
  readonly what: string;
  readonly clock: Clock;
  readonly open: (events: SourceEvents<Handle>) => Promise<Source<Handle>>;
  readonly onAcknowledged: () => void;
  readonly onClose: () => void;
}): Promise<Consumer> {
  const { what, clock } = settings;
  /** Messages that are here, by id: arrived, or handed out and not settled. */
  const held = new Map<string, Handle>();
  let arrived: Message[] = [];
  /** How many messages may still come unasked. */
  let permits = 0;
  let wait: Wait | undefined;
  let isDelivering = false;
  let closed = false;
  let cancelLook: Cancel = () => {};

  const source = await settings.open({ onMessage, onReset, onReady, onFault });

  function onMessage(id: string, handle: Handle, record: Omit<Message, "position">): void {
    permits -= 1;
    if (held.has(id)) {
      held.set(id, handle);
      onReady();
      return;
    }
    held.set(id, handle);
    arrived.push({ ...record, position: id });
    if (!wait || isDelivering) return;
    isDelivering = true;
    // What came with it is handed out with it.
    clock.soon(() => {
      isDelivering = false;
      deliver();
    });
  }

  function onReset(): void {
    for (const { position } of arrived) held.delete(position as string);
    arrived = [];
    permits = 0;
  }

  /** Asks for as many more as are neither here nor under way. */
  function onReady(): void {
    if (!wait || closed) return;
    const count = wait.max - arrived.length - permits;
    if (count <= 0 || source.fault) return;
    permits += count;
    source.ask(count);
  }

  function onFault(error: FivefoldError): void {
    finish(({ reject }) => reject(error));
  }

  function deliver(): void {
    if (!wait || arrived.length === 0) return;
    const messages = arrived.splice(0, wait.max);
    finish(({ resolve }) => resolve(messages));
  }

  function finish(end: (waited: Wait) => void): void {
    const waited = wait;
    if (!waited) return;
    wait = undefined;
    cancelLook();
    source.keepProcess(false);
    end(waited);
  }

  function lookLater(): void {
    cancelLook = clock.after(LOOK_AFTER_MS, () => void look(), { background: true });
  }

  async function look(): Promise<void> {
    const waited = wait;
    lookLater();
    let found: unknown;
    try {
      await source.look();
    } catch (error) {
      found = error;
    }
    if (wait !== waited) return;
    // A broker that doesn't answer now says nothing about the topic.
    const isAnswer = found instanceof FivefoldError && found.code !== "not-connected";
    const error = isAnswer ? found : source.fault;
    if (error) onFault(error as FivefoldError);
  }

  /** What of the messages is still held. */
  function heldOf(messages: readonly Message[]): string[] {
    return messages.map(({ position }) => position as string).filter((id) => held.has(id));
  }

  /** Takes the messages out of what is held. */
  function release(ids: readonly string[]): Handle[] {
    const handles: Handle[] = [];
    for (const id of ids) {
      const handle = held.get(id);
      if (handle !== undefined) handles.push(handle);
      held.delete(id);
    }
    return handles;
  }

  return {
    async receive(max) {
      checkMax(max);
      if (wait) throw new FivefoldError("invalid-option", "This consumer is receiving already: one call at a time.");
      if (closed) return [];
      return new Promise((resolve, reject) => {
        wait = { max, resolve, reject };
        onReady();
        if (arrived.length > 0) return deliver();
        source.keepProcess(true);
        lookLater();
      });
    },
    async acknowledge(messages) {
      if (closed)
        throw new FivefoldError("closed", `${what}: the consumer is closed; what it held is delivered again.`);
      const ids = heldOf(messages);
      if (ids.length === 0) return;
      let handles = ids.map((id) => held.get(id)!);
      while (handles.length > 0) {
        const sent = new Set(handles);
        await source.acknowledge(handles);
        // What came again meanwhile, by another connection, may be of one that lost the acknowledgement.
        handles = ids.map((id) => held.get(id)!).filter((handle) => handle !== undefined && !sent.has(handle));
      }
      // Only now: what comes again before must not be handed out again.
      release(ids);
      settings.onAcknowledged();
    },
    negativeAcknowledge(messages, delayMs = 0) {
      const ids = heldOf(messages);
      const giveBack = () => {
        if (!closed) source.giveBack(release(ids));
      };
      if (delayMs > 0) clock.after(delayMs, giveBack, { background: true });
      else giveBack();
    },
    async close() {
      if (closed) return;
      closed = true;
      finish(({ resolve }) => resolve([]));
      await source.close();
      settings.onClose();
    },
  };
}
