import type { Cancel, Clock } from "../../clock.ts";
import type { TaskRecord } from "../../contract.ts";
import { FivefoldError } from "../../errors.ts";
import { checkRecords } from "../record-check.ts";
import type { Producer } from "../transport.ts";
import { messageOf } from "./envelope.ts";
import { quotaUsedUp } from "./errors.ts";
import { type Link, openLink, type Target } from "./link.ts";

/** Sent and not yet acknowledged, at most: what is behind waits here, where a broken connection costs nothing. */
const MAX_SENT = 2_000;
const MAX_SENT_BYTES = 8 * 1024 * 1024;
const CHECK_MS = 1_000;
/** After so many refusals of its name, which the broker believes to be still connected, a producer takes another. */
const NAME_TRIES = 5;

/** One call of `publish`. */
interface Call {
  rest: number;
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Pending {
  readonly sequence: number;
  readonly frame: string;
  readonly call: Call;
}

export interface WebSocketProducerSettings {
  readonly topic: string;
  readonly maxRecordBytes: number;
  readonly maxFrameBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Where a producer of this name connects, to number its messages from behind `last`. */
  readonly target: (name: string, last: number) => Promise<Target>;
  readonly onClose: () => void;
}

/**
 * Publishes over one WebSocket, pipelined. After a broken connection it sends again what was not acknowledged, in
 * order, under the same producer name and sequence numbers: where the namespace deduplicates, nothing is stored twice.
 */
export async function openWebSocketProducer(settings: WebSocketProducerSettings): Promise<Producer> {
  const { topic, clock, timeoutMs } = settings;
  const what = `Publishing to topic '${topic}'`;
  /** On their way to the broker, by sequence number, in order. */
  const sent = new Map<number, Pending>();
  let sentBytes = 0;
  /** Behind them, in order. */
  let waiting: Pending[] = [];
  let waitingFrom = 0;
  let next = 0;
  let name = newName();
  /** Whether the broker may have numbered messages of this name otherwise than they are here. */
  let isNameSpent = false;
  let refusals = 0;
  let closed = false;
  let cancelCheck: Cancel | undefined;
  let onIdle = () => {};

  function newName(): string {
    return `fivefold-${clock.randomId(16)}`;
  }

  const link = await openLink({ what, target, timeoutMs, clock, onOpen, onText, onDown });

  /** All is waiting here while there is no connection. */
  function target(): Promise<Target> {
    const first = waiting[waitingFrom]?.sequence ?? next;
    // The broker numbers without gaps: behind one, it would take new messages for some that it has already.
    const hasGap = next - first !== waiting.length - waitingFrom;
    if (isNameSpent || hasGap || refusals >= NAME_TRIES) {
      name = newName();
      isNameSpent = false;
      refusals = 0;
    }
    return settings.target(name, first - 1);
  }

  function onOpen(opened: Link): void {
    refusals = 0;
    send(opened);
  }

  function send(to: Link): void {
    while (waitingFrom < waiting.length && sent.size < MAX_SENT && sentBytes < MAX_SENT_BYTES) {
      const item = waiting[waitingFrom]!;
      waitingFrom += 1;
      sent.set(item.sequence, item);
      sentBytes += item.frame.length;
      to.send(item.frame);
    }
    if (waitingFrom === waiting.length) {
      waiting = [];
      waitingFrom = 0;
    }
  }

  function onText(text: string): void {
    const { context, result, errorMsg } = JSON.parse(text) as { context?: string; result?: string; errorMsg?: string };
    const item = sent.get(Number(context));
    if (!item) return;
    if (result !== "ok") {
      refuse(item.call, errorMsg ?? text);
      return;
    }
    sent.delete(item.sequence);
    sentBytes -= item.frame.length;
    settle(item.call);
    send(link);
  }

  /** Behind the socket stands a client of Pulsar whose producer, having failed once, takes nothing any more. */
  function refuse(call: Call, found: string): void {
    give((other) => (other === call ? notTaken(what, found) : undefined));
    isNameSpent = true;
    link.drop(`the broker refused a record: ${found}`);
  }

  function settle(call: Call): void {
    call.rest -= 1;
    if (call.rest > 0) return;
    call.resolve();
    if (sent.size === 0 && waitingFrom === waiting.length) idle();
  }

  function idle(): void {
    cancelCheck?.();
    cancelCheck = undefined;
    link.keepProcess(false);
    onIdle();
  }

  function onDown(error: FivefoldError): void {
    waiting = [...sent.values(), ...waiting.slice(waitingFrom)];
    waitingFrom = 0;
    sent.clear();
    sentBytes = 0;
    if (error.code === "invalid-option") refusals += 1;
    // Waiting would mend neither; whoever publishes again tries again.
    if (error.code === "unauthorized" || error.code === "unknown-topic") give(() => error);
  }

  /** Rejects the calls that `why` has an error for. What of theirs was sent may have been stored. */
  function give(why: (call: Call) => FivefoldError | undefined): void {
    const calls = new Set([...sent.values(), ...waiting.slice(waitingFrom)].map(({ call }) => call));
    const given = new Map<Call, FivefoldError>();
    for (const call of calls) {
      const error = why(call);
      if (error) given.set(call, error);
    }
    if (given.size === 0) return;
    for (const { sequence, call, frame } of [...sent.values()]) {
      if (!given.has(call)) continue;
      sent.delete(sequence);
      sentBytes -= frame.length;
    }
    waiting = waiting.slice(waitingFrom).filter(({ call }) => !given.has(call));
    waitingFrom = 0;
    for (const [call, error] of given) call.reject(error);
    if (sent.size === 0 && waiting.length === 0) idle();
  }

  function check(): void {
    const now = clock.monotonic();
    cancelCheck = clock.after(CHECK_MS, check);
    give(({ deadline }) => (deadline <= now ? late() : undefined));
  }

  function late(): FivefoldError {
    if (link.fault) return link.fault;
    const seconds = Math.round(timeoutMs / 1_000);
    return new FivefoldError(
      "throttled",
      `${what}: connected, but nothing was acknowledged for ${seconds} s. The broker is overloaded, limits the rate of ` +
        "publishing, or holds producers back because a backlog quota is used up. It may still store the records.",
    );
  }

  /** The frames of a call's records, refused together where one is too large. */
  function framesOf(records: readonly TaskRecord[], notBefore?: readonly number[]): string[] {
    checkRecords(records, topic, settings.maxRecordBytes);
    return records.map((record, index) => {
      const { properties, key, eventTime } = messageOf(record, notBefore?.[index]);
      const frame = JSON.stringify({
        payload: Buffer.from(record.payload.buffer, record.payload.byteOffset, record.payload.length).toString(
          "base64",
        ),
        properties,
        key: key === "" ? undefined : key,
        eventTime: eventTime === 0 ? undefined : new Date(eventTime).toISOString(),
        deliverAt: notBefore?.[index],
        context: `${next + index}`,
      });
      const bytes = Buffer.byteLength(frame);
      if (bytes <= settings.maxFrameBytes) return frame;
      throw new FivefoldError(
        "payload-too-large",
        `Record '${record.id}' for topic '${topic}' takes ${bytes} bytes as a WebSocket message; the broker's ` +
          `webSocketMaxTextFrameSize is taken to be ${settings.maxFrameBytes}. Nothing of this call was stored. Keep ` +
          "large content elsewhere and send a reference to it, or raise both settings.",
      );
    });
  }

  return {
    async publish(records, notBefore) {
      if (closed) throw new FivefoldError("closed", `The producer of topic '${topic}' is closed.`);
      const frames = framesOf(records, notBefore);
      if (frames.length === 0) return;
      await new Promise<void>((resolve, reject) => {
        const deadline = clock.monotonic() + timeoutMs;
        const call: Call = { rest: frames.length, deadline, resolve, reject };
        for (const frame of frames) {
          waiting.push({ sequence: next, frame, call });
          next += 1;
        }
        link.keepProcess(true);
        cancelCheck ??= clock.after(CHECK_MS, check);
        if (link.isOpen) send(link);
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      if (sent.size > 0 || waitingFrom < waiting.length) {
        // Where there is no connection, those that wait for it are told now.
        if (!link.isOpen)
          give(() => new FivefoldError("closed", `${what}: the producer was closed without a connection.`));
        else
          await new Promise<void>((resolve) => {
            onIdle = resolve;
          });
      }
      await link.close();
      settings.onClose();
    },
  };
}

/** What the broker's refusal of one message means. */
function notTaken(what: string, found: string): FivefoldError {
  if (/quota/i.test(found)) return quotaUsedUp(what, found);
  return new FivefoldError("not-connected", `${what}: the broker did not store a record (${found}).`);
}
