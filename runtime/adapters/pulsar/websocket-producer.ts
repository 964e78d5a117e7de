import { type Clock, sleep } from "../../contract/clock.ts";
import type { TaskRecord } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { checkRecords, hasGrown } from "../../transport/record-check.ts";
import type { Producer } from "../../transport/transport.ts";
import { messageOf } from "./envelope.ts";
import { closedWithout, notAcknowledged, quotaUsedUp } from "./errors.ts";
import { type Link, openLink, type Target } from "./link.ts";
import { createOutbox } from "./outbox.ts";

/** After so many refusals of its name, which the broker believes to be still connected, a producer takes another. */
const NAME_TRIES = 5;
/** What a record may gain, as JSON: a character may take six bytes. */
const ROOM_FRAME_BYTES = 10_240;
/** For so long a call that has ended waits for the reason. */
const EXPLAIN_MS = 2_000;
/** A frame's context, which holds its number, and the text around it. */
const CONTEXT_BYTES = 40;

export interface WebSocketProducerSettings {
  readonly topic: string;
  readonly maxRecordBytes: number;
  readonly maxFrameBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Where a producer of this name connects, to number its messages from behind `last`. */
  readonly target: (name: string, last: number) => Promise<Target>;
  /** Why the topic takes nothing; undefined where nothing speaks against it. Rejects where it can't be known. */
  readonly explain: () => Promise<FivefoldError | undefined>;
  readonly onClose: () => void;
}

/**
 * Publishes over one WebSocket, pipelined. After a broken connection it sends again what was not acknowledged, in
 * order, under the same producer name and sequence numbers: where the namespace deduplicates, nothing is stored twice.
 */
export async function openWebSocketProducer(settings: WebSocketProducerSettings): Promise<Producer> {
  const { topic, clock, timeoutMs } = settings;
  const what = `Publishing to topic '${topic}'`;
  let name = newName();
  /** Whether the broker may have numbered messages of this name otherwise than they are here. */
  let isNameSpent = false;
  let refusals = 0;
  let explaining: Promise<FivefoldError | undefined> | undefined;
  let closed = false;

  const outbox = createOutbox<string>({
    what,
    timeoutMs,
    clock,
    late,
    fault: () => link.fault,
    onBusy: (isBusy) => link.keepProcess(isBusy),
  });
  const link = await openLink({ what, target, timeoutMs, clock, onOpen, onText, onDown });

  function newName(): string {
    return `fivefold-${clock.randomId(16)}`;
  }

  /**
   * The broker numbers what comes by a connection without gaps, from the number that the connection is made with. Whatever
   * had a number by now is therefore sent by it, also what is given up before the connection stands.
   */
  function target(): Promise<Target> {
    let first = outbox.rewind();
    if (isNameSpent || refusals >= NAME_TRIES) {
      name = newName();
      isNameSpent = false;
      refusals = 0;
      first = outbox.renumber();
    }
    return settings.target(name, first - 1);
  }

  function onOpen(opened: Link): void {
    refusals = 0;
    send(opened);
  }

  function send(to: Link): void {
    for (let pending = outbox.take(); pending; pending = outbox.take()) {
      to.send(`${pending.item.slice(0, -1)},"context":"${pending.sequence}"}`);
    }
  }

  function onText(text: string): void {
    const { context, result, errorMsg } = JSON.parse(text) as { context?: string; result?: string; errorMsg?: string };
    if (result !== "ok") {
      refuse(Number(context), errorMsg ?? text);
      return;
    }
    outbox.confirm(Number(context));
    send(link);
  }

  /** Behind the socket stands a client of Pulsar whose producer, having failed once, takes nothing any more. */
  function refuse(sequence: number, found: string): void {
    outbox.fail(sequence, notTaken(what, found));
    isNameSpent = true;
    link.drop(`the broker refused a record: ${found}`);
  }

  function onDown(error: FivefoldError): void {
    if (error.code === "conflict") refusals += 1;
    // Waiting would fix neither; whoever publishes again tries again.
    if (error.code === "unauthorized" || error.code === "unknown-topic") outbox.failAll(error);
  }

  /** By this API the broker says that it took nothing, but not always why. Calls that end together ask together. */
  async function explained(error: FivefoldError): Promise<FivefoldError> {
    if (closed || !isVague(error)) return error;
    explaining ??= Promise.race([settings.explain(), sleep(clock, EXPLAIN_MS).then(() => undefined)])
      .catch(() => undefined)
      .finally(() => {
        explaining = undefined;
      });
    const reason = await explaining;
    return reason
      ? new FivefoldError(reason.code, `${reason.message} (${error.message})`, {
          cause: error,
          mayBeStored: error.mayBeStored,
        })
      : error;
  }

  function late(): FivefoldError {
    return link.fault ?? notAcknowledged(what, timeoutMs);
  }

  /** The frames of a call's records, refused together where one is too large. They lack their context. */
  function framesOf(records: readonly TaskRecord[], notBefore?: readonly number[]): { item: string; bytes: number }[] {
    checkRecords(records, topic, settings.maxRecordBytes);
    return records.map((record, index) => {
      const { properties, key, eventTime } = messageOf(record, notBefore?.[index]);
      const { buffer, byteOffset, length } = record.payload;
      const frame = JSON.stringify({
        payload: Buffer.from(buffer, byteOffset, length).toString("base64"),
        properties,
        key: key === "" ? undefined : key,
        eventTime: eventTime === 0 ? undefined : new Date(eventTime).toISOString(),
        deliverAt: notBefore?.[index],
      });
      const bytes = Buffer.byteLength(frame) + CONTEXT_BYTES;
      const most = settings.maxFrameBytes - (hasGrown(record) ? 0 : ROOM_FRAME_BYTES);
      if (bytes <= most) return { item: frame, bytes };
      throw new FivefoldError(
        "payload-too-large",
        `Record '${record.id}' for topic '${topic}' takes ${bytes} bytes as a WebSocket message; the broker's ` +
          `webSocketMaxTextFrameSize is taken to be ${settings.maxFrameBytes}, and ${settings.maxFrameBytes - most} of it ` +
          `are kept for what a record may gain. Nothing of this call was stored. Keep ` +
          "large content elsewhere and send a reference to it, or raise both settings.",
      );
    });
  }

  return {
    async publish(records, notBefore) {
      if (closed) throw new FivefoldError("closed", `The producer of topic '${topic}' is closed.`);
      const frames = framesOf(records, notBefore);
      if (frames.length === 0) return;
      const added = outbox.add(frames);
      if (link.isOpen) send(link);
      try {
        await added;
      } catch (error) {
        throw await explained(error as FivefoldError);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      // Where there is no connection, those that wait for it are told now.
      if (!link.isOpen) outbox.failAll(closedWithout(what));
      await outbox.idle();
      await link.close();
      settings.onClose();
    },
  };
}

function isVague({ code }: FivefoldError): boolean {
  return code === "not-connected" || code === "throttled";
}

/** What the broker's refusal of one message means. */
function notTaken(what: string, found: string): FivefoldError {
  if (/quota/i.test(found)) return quotaUsedUp(what, found);
  return new FivefoldError("not-connected", `${what}: the broker did not store a record (${found}).`);
}
