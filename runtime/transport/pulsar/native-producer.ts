import type { Cancel, Clock } from "../../clock.ts";
import type { TaskRecord } from "../../contract.ts";
import { FivefoldError } from "../../errors.ts";
import { checkRecords } from "../record-check.ts";
import type { Producer } from "../transport.ts";
import { messageOf } from "./envelope.ts";
import { type NativeProducer, nativeError } from "./native-client.ts";

/**
 * Publishes with libpulsar, which batches, and after a broken connection sends again under the same name and sequence
 * numbers, for as long as it takes. A call that takes longer than `timeoutMs` rejects, though its records may follow.
 * One that libpulsar rejects has ended its producer: the next call opens another.
 */
export async function openNativeProducer<Id>(settings: {
  readonly topic: string;
  readonly open: () => Promise<NativeProducer<Id>>;
  readonly maxRecordBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}): Promise<Producer> {
  const { topic, timeoutMs, clock } = settings;
  const what = `Publishing to topic '${topic}'`;
  const calls = new Set<Promise<unknown>>();
  let producer: NativeProducer<Id> | undefined = await settings.open();
  let opening: Promise<NativeProducer<Id>> | undefined;
  let closed = false;

  function reopen(): Promise<NativeProducer<Id>> {
    opening ??= settings.open().then(
      (opened) => {
        producer = opened;
        opening = undefined;
        return opened;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  }

  async function send(messages: readonly NativeRecord[]): Promise<void> {
    // Without a wait where there is one: the messages are views of what the caller may change after its call.
    const used = producer ?? (await reopen());
    try {
      await Promise.all(messages.map((message) => used.send(message)));
    } catch (error) {
      const failed = nativeError(what, error);
      if (failed.code !== "payload-too-large" && producer === used) {
        producer = undefined;
        await used.close().catch(() => {});
      }
      throw failed;
    }
  }

  function late(): FivefoldError {
    const seconds = Math.round(timeoutMs / 1_000);
    return producer?.isConnected()
      ? new FivefoldError(
          "throttled",
          `${what}: connected, but not acknowledged for ${seconds} s. The broker is overloaded, limits the rate of ` +
            "publishing, or holds producers back because a backlog quota is used up. It may still store the records.",
        )
      : new FivefoldError(
          "not-connected",
          `${what}: no connection to Pulsar for ${seconds} s. The records may still be stored once there is one.`,
        );
  }

  /** Rejects with what `late` says where the work takes too long. */
  async function inTime(work: Promise<unknown>): Promise<void> {
    let cancel: Cancel = () => {};
    const timeout = new Promise<never>((_, reject) => {
      cancel = clock.after(timeoutMs, () => reject(late()));
    });
    try {
      await Promise.race([work, timeout]);
    } catch (error) {
      throw nativeError(what, error);
    } finally {
      cancel();
    }
  }

  return {
    async publish(records, notBefore) {
      if (closed) throw new FivefoldError("closed", `The producer of topic '${topic}' is closed.`);
      checkRecords(records, topic, settings.maxRecordBytes);
      const messages = records.map((record, index) => nativeRecordOf(record, notBefore?.[index]));
      if (!producer) for (const message of messages) message.data = Buffer.from(message.data);
      const call = inTime(send(messages));
      const settled = call.catch(() => {});
      calls.add(settled);
      settled.then(() => calls.delete(settled));
      await call;
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(calls);
      await producer?.close().catch(() => {});
    },
  };
}

/**
 * What is to be held back goes by a producer of its own, which is opened at its first need and makes no batches: libpulsar
 * sends such a message past a batch that waits, though that has lower numbers, and a broker that deduplicates then drops
 * the batch as seen before, while its receipts say that it is stored.
 */
export function holdBackApart(atOnce: Producer, openLater: () => Promise<Producer>, onClose: () => void): Producer {
  let later: Promise<Producer> | undefined;

  function opened(): Promise<Producer> {
    if (!later) {
      later = openLater();
      later.catch(() => {
        later = undefined;
      });
    }
    return later;
  }

  let closed = false;
  return {
    async publish(records, notBefore) {
      if (notBefore === undefined || closed) return atOnce.publish(records);
      // Copied, since the caller may change them while the producer opens.
      const copies = records.map((record) => ({ ...record, payload: record.payload.slice() }));
      await (await opened()).publish(copies, notBefore);
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([atOnce.close(), later?.then((producer) => producer.close()).catch(() => {})]);
      onClose();
    },
  };
}

type NativeRecord = Parameters<NativeProducer<unknown>["send"]>[0];

/** Its data is a view of the record's. */
function nativeRecordOf(record: TaskRecord, notBefore = 0): NativeRecord {
  const { properties, key, eventTime } = messageOf(record, notBefore);
  const { buffer, byteOffset, length } = record.payload;
  return {
    data: Buffer.from(buffer, byteOffset, length),
    properties,
    ...(key !== "" && { partitionKey: key }),
    ...(eventTime !== 0 && { eventTimestamp: eventTime }),
    ...(notBefore !== 0 && { deliverAt: notBefore }),
  };
}
