import type { Clock } from "../../../contract/clock.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { checkRecords } from "../../../transport/record-check.ts";
import type { Producer } from "../../../transport/transport.ts";
import { carried } from "../envelope.ts";
import { closedWithout, notAcknowledged } from "../errors.ts";
import { createBatchOutbox } from "./batch-outbox.ts";
import { METADATA } from "./batch-reader.ts";
import type { Brokers } from "./brokers.ts";
import type { Command } from "./commands.ts";
import { encodeMessage } from "./proto-message.ts";
import { CHECKSUM_ERROR, serverError } from "./server-errors.ts";
import { type Attached, openSession } from "./session.ts";

/** After so many refusals of its name, which the broker believes to be still connected, a producer takes another. */
const NAME_TRIES = 5;

export interface BinaryProducerSettings {
  readonly topic: string;
  readonly topicUrl: string;
  /** Whether a batch may hold records of one key only, since it goes to one consumer as a whole. */
  readonly ordered: boolean;
  readonly brokers: Brokers;
  /** Rejects where the topic is not there. */
  readonly check: () => Promise<unknown>;
  readonly maxRecordBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly onClose: () => void;
}

/**
 * Publishes in batches, of what comes together. After a broken connection it sends again what was not confirmed, in order,
 * under the same producer name and sequence numbers: where the namespace deduplicates, nothing is stored twice.
 */
export async function openBinaryProducer(settings: BinaryProducerSettings): Promise<Producer> {
  const { topic, topicUrl, ordered, brokers, timeoutMs, clock } = settings;
  const what = `Publishing to topic '${topic}'`;
  let name = newName();
  /** A broker lets a producer take the place of one that has its name and an earlier epoch. */
  let epoch = 0;
  let refusals = 0;
  let isSending = false;
  let closed = false;
  let heardAt = 0;

  const outbox = createBatchOutbox({
    what,
    ordered,
    timeoutMs,
    clock,
    late,
    fault: () => session.fault,
    onBusy: (isBusy) => session.keepProcess(isBusy),
  });
  const session = await openSession({
    what,
    topicUrl,
    purpose: "produce",
    brokers,
    check: settings.check,
    open,
    onOpen() {
      heardAt = clock.monotonic();
      refusals = 0;
      if (!outbox.isIdle) send();
    },
    onCommand,
    onDrain: send,
    onDown,
    timeoutMs,
    clock,
  });

  /** A broker that confirms nothing for so long may have lost the producer, whose connection stays. */
  function late(): FivefoldError {
    const { attached } = session;
    const error = session.fault ?? notAcknowledged(what, timeoutMs);
    // After the calls that are late have ended, whose batches need not be sent again.
    if (attached && clock.monotonic() - heardAt >= timeoutMs)
      clock.soon(() => {
        if (session.attached === attached) session.drop(error);
      });
    return error;
  }

  function newName(): string {
    return `fivefold-${clock.randomId(16)}`;
  }

  async function open({ connection, id }: Attached): Promise<void> {
    if (refusals >= NAME_TRIES) {
      name = newName();
      refusals = 0;
    }
    epoch += 1;
    await connection.request(what, "producer", {
      topic: topicUrl,
      producerId: id,
      producerName: name,
      epoch,
      isNameChosen: false,
    });
  }

  function send(): void {
    const { attached } = session;
    if (!attached) return;
    const { connection, id } = attached;
    while (!connection.isCongested) {
      const batch = outbox.take();
      if (!batch) return;
      const { writer, key, notBefore, count, sequence } = batch;
      const metadata = encodeMessage(METADATA, {
        producerName: name,
        sequenceId: sequence,
        publishTime: clock.now(),
        ...(key !== "" && { key: carried(key) }),
        batchSize: count,
        ...(notBefore !== 0 && { deliverAt: notBefore }),
      });
      const bytes = metadata.length + writer.length;
      if (bytes > connection.maxMessageBytes) outbox.fail(sequence, tooLarge(bytes, connection.maxMessageBytes));
      else connection.sendMessage({ producerId: id, sequenceId: sequence, messages: count }, metadata, writer.bytes);
    }
  }

  function tooLarge(bytes: number, most: number): FivefoldError {
    return new FivefoldError(
      "payload-too-large",
      `${what}: a message of ${bytes} bytes is larger than the broker takes (its maxMessageSize is ${most}). Keep large ` +
        "content elsewhere and send a reference to it.",
    );
  }

  /** What comes together goes together. */
  function sendSoon(): void {
    if (isSending) return;
    isSending = true;
    clock.soon(() => {
      isSending = false;
      send();
    });
  }

  function onCommand(command: Command): void {
    if (command.name === "receipt") {
      heardAt = clock.monotonic();
      outbox.confirm(command.sequenceId ?? -1);
      send();
    } else if (command.name === "sendError") {
      const error = serverError(what, command.error, command.message);
      // What is refused for good is refused alone; whatever else it is, the broker may take it by another connection. But
      // not what was damaged: where it deduplicates, and has stored what was sent behind, it would take it for stored.
      if (error.code === "not-connected" && command.error !== CHECKSUM_ERROR) session.drop(error);
      else outbox.fail(command.sequenceId ?? -1, error);
    }
  }

  function onDown(error: FivefoldError): void {
    outbox.rewind();
    if (error.code === "conflict") refusals += 1;
    // Waiting would fix none of them; whoever publishes again tries again.
    if (error.code === "unauthorized" || error.code === "unknown-topic" || error.code === "storage-full") {
      outbox.failAll(error);
    }
  }

  return {
    async publish(records, notBefore) {
      if (closed) throw new FivefoldError("closed", `The producer of topic '${topic}' is closed.`);
      checkRecords(records, topic, settings.maxRecordBytes);
      if (records.length === 0) return;
      const added = outbox.add(records, notBefore);
      sendSoon();
      await added;
    },
    async close() {
      if (closed) return;
      closed = true;
      // Where there is no connection, those that wait for it are told now.
      if (!session.attached) outbox.failAll(closedWithout(what));
      await outbox.idle();
      await session.close();
      settings.onClose();
    },
  };
}
