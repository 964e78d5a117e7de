import { type Cancel, type Clock, settledWithin, sleep } from "../../contract/clock.ts";
import type { Message } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { checkMax } from "../../transport/message-position.ts";
import type { Consumer } from "../../transport/transport.ts";
import { HeldMessages } from "./held-messages.ts";
import { type ConsumerState, createStandstill } from "./standstill.ts";

/** An acknowledgement that was sent so long ago is with the broker. */
const SETTLED_MS = 1_000;
/**
 * Between the last question and the end of a consumer that holds something. A broker that has just chosen a message for a
 * consumer which then ends gives it to another one, before what that consumer held of the same key.
 */
const LEAVE_MS = 150;
/** How soon a source that could not be opened anew is tried again. */
const REOPEN_MS = 1_000;
/** For so long a consumer takes in nothing so as to settle what it holds before it is opened anew; and to close, after that. */
const SETTLE_WITHIN_MS = 10_000;
const CLOSE_WITHIN_MS = 20_000;

/** Where a consumer's messages come from. `Handle` is what the source acknowledges by. */
export interface Source<Handle> {
  /** Why no messages can come now; undefined where they can. */
  readonly fault: FivefoldError | undefined;
  /** Lets so many more messages come. Returns whether they will; where not, it tells when it is ready. */
  ask(count: number): boolean;
  /** Resolves once the broker took it. */
  acknowledge(handles: readonly Handle[]): Promise<void>;
  /** Has them delivered again, at once. */
  giveBack(handles: readonly Handle[]): void;
  /** What the broker takes it for. Throws where topic or subscription are gone; fixes a source that only seems to work. */
  look(): Promise<ConsumerState | undefined>;
  /** Whether the process must stay alive for messages to come. */
  keepProcess(on: boolean): void;
  /** Ends it, after what was acknowledged is with the broker. */
  close(): Promise<void>;
}

/** What a source tells its consumer. */
export interface SourceEvents<Handle> {
  /** A message arrived. Its position is a text, the same whenever it comes. */
  onMessage(message: Message, handle: Handle): void;
  /** A message that was given back is to be handed out again, for it did not leave. */
  onStay(message: Message, handle: Handle): void;
  /** What was asked for and didn't come must be asked for again; what arrived comes again. */
  onReset(): void;
  /** There is something to ask again. */
  onReady(): void;
  /** Nothing will come before somebody acts. */
  onFault(error: FivefoldError): void;
  /** It has lost its connection, and another source would have one. */
  onLost(): void;
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
  /** After a wait this long, it is looked whether there still is something to wait for, and whether keys stand still. */
  readonly lookAfterMs: () => number;
  /** Has its topic loaded anew, which a broker may need that gives it out no more. Rejects where that is not allowed. */
  readonly unload: () => Promise<void>;
  readonly onAcknowledged: () => void;
  readonly onClose: () => void;
}): Promise<Consumer> {
  const { what, clock } = settings;
  const held = new HeldMessages<Handle>();
  let arrived: Message[] = [];
  /** How many messages may still come unasked. */
  let permits = 0;
  let wait: Wait | undefined;
  let isDelivering = false;
  let closed = false;
  let cancelLook: Cancel = () => {};
  const standstill = createStandstill();
  /** What it waited for when it was looked last. */
  let waitedBefore: Wait | undefined;
  let isReopening = false;
  /** Whether the source that is there ends: what it still brings comes again, to whoever gets its key then. */
  let isLeaving = false;

  let source: Source<Handle>;
  source = await openSource();
  lookLater();

  /** What a source says that was left is heard no more. */
  async function openSource(): Promise<Source<Handle>> {
    let own: Source<Handle> | undefined;
    const heard =
      <Args extends unknown[]>(tell: (...args: Args) => void) =>
      (...args: Args) => {
        if (own === undefined || own === source) tell(...args);
      };
    own = await settings.open({
      onMessage: heard(onMessage),
      onStay: heard(onStay),
      onReset: heard(onReset),
      onReady: heard(onReady),
      onFault: heard(onFault),
      onLost: heard(() => void reopen(false)),
    });
    return own;
  }

  /**
   * Opens another source in the place of this one, which gives back what it holds: after that is settled, if it can be. What
   * a long task holds must not keep all else from being taken in: then it is left to the next finding.
   */
  async function reopen(afterSettled: boolean): Promise<void> {
    if (isReopening || closed) return;
    isReopening = true;
    onReset();
    if (afterSettled) await settledWithin(clock, SETTLE_WITHIN_MS, held.settled());
    if (afterSettled && held.size > 0) {
      isReopening = false;
      return onReady();
    }
    const former = source;
    isLeaving = true;
    await settledWithin(clock, CLOSE_WITHIN_MS, former.close());
    isLeaving = false;
    while (!closed && source === former) {
      try {
        const opened = await openSource();
        if (closed) await opened.close();
        else source = opened;
      } catch (error) {
        onFault(error as FivefoldError);
        await sleep(clock, REOPEN_MS);
      }
    }
    isReopening = false;
    if (closed) return;
    if (wait) source.keepProcess(true);
    onReady();
  }

  function onMessage(message: Message, handle: Handle): void {
    if (isLeaving) return;
    permits -= 1;
    if (held.add(message, handle)) onReady();
    else take(message);
  }

  function onStay(message: Message, handle: Handle): void {
    held.add(message, handle);
    take(message);
  }

  function take(message: Message): void {
    arrived.push(message);
    if (!wait || isDelivering) return;
    isDelivering = true;
    // What came with it is handed out with it.
    clock.soon(() => {
      isDelivering = false;
      deliver();
    });
  }

  function onReset(): void {
    held.release(held.idsOf(arrived));
    arrived = [];
    permits = 0;
  }

  /** Asks for as many more as are neither here nor under way. */
  function onReady(): void {
    if (!wait || closed || isReopening) return;
    const count = wait.max - arrived.length - permits;
    if (count > 0 && source.ask(count)) permits += count;
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
    source.keepProcess(false);
    end(waited);
  }

  function lookLater(): void {
    const afterMs = settings.lookAfterMs() * (0.8 + 0.4 * clock.random());
    cancelLook = clock.after(afterMs, () => void look(), { background: true });
  }

  async function look(): Promise<void> {
    const waited = wait;
    const wasSettled = standstill.isSettled(held.byId);
    await new Promise<void>((resolve) => clock.after(SETTLED_MS, resolve, { background: true }));
    let found: unknown;
    try {
      const state = await source.look();
      const isIdle = waited !== undefined && wait === waited && waited === waitedBefore && arrived.length === 0;
      waitedBefore = waited;
      const remedy = standstill.find(state, wasSettled, held.byId, isIdle);
      if (remedy === "reopen") void reopen(true);
      else if (remedy === "unload") await settings.unload().catch(onFault);
    } catch (error) {
      found = error;
    }
    if (closed) return;
    lookLater();
    if (!waited || wait !== waited) return;
    // A broker that doesn't answer now says nothing about the topic.
    const isAnswer = found instanceof FivefoldError && found.code !== "not-connected";
    const error = isAnswer ? found : source.fault;
    if (error) onFault(error as FivefoldError);
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
      });
    },
    async acknowledge(messages) {
      if (closed)
        throw new FivefoldError("closed", `${what}: the consumer is closed; what it held is delivered again.`);
      const ids = held.idsOf(messages);
      // What came again meanwhile is held by a broker that has lost the acknowledgement, as when a topic moves.
      for (let rest: readonly string[] = ids; rest.length > 0; rest = held.cameAgain(rest)) {
        await source.acknowledge(held.handlesOf(rest));
      }
      if (ids.length === 0) return;
      // Only now: what comes again before must not be handed out again.
      held.release(ids);
      settings.onAcknowledged();
    },
    negativeAcknowledge(messages, delayMs = 0) {
      const ids = held.idsOf(messages);
      const giveBack = () => {
        if (!closed) source.giveBack(held.release(ids));
      };
      if (delayMs > 0) clock.after(delayMs, giveBack, { background: true });
      else giveBack();
    },
    async close() {
      if (closed) return;
      closed = true;
      cancelLook();
      held.stop();
      finish(({ resolve }) => resolve([]));
      if (held.size > 0) await sleep(clock, LEAVE_MS);
      await source.close();
      settings.onClose();
    },
  };
}
