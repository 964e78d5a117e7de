import type { Cancel, Clock } from "../../contract/clock.ts";
import type { TaskRecord } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { checkRecords } from "../../transport/record-check.ts";
import type { Producer } from "../../transport/transport.ts";
import { messageOf } from "./envelope.ts";
import { closedWithout, notAcknowledged } from "./errors.ts";
import { type NativeProducer, nativeError } from "./native-client.ts";
import { createOutbox } from "./outbox.ts";

/** How soon it is looked again whether there is a connection. */
const LOOK_MS = 100;
/** After so long without one, it is asked why, and as often again. */
const ASK_WHY_MS = 1_000;
/**
 * A broker that has been back for so long gets another producer: libpulsar waits for twice as long after each try to
 * connect, up to a minute, whatever others find meanwhile. What was sent is then sent again under another name.
 */
const LATE_RECONNECT_MS = 4_000;

/** What a record takes besides its payload, about. */
const OVERHEAD_BYTES = 512;

export interface NativeProducerSettings<Id> {
  readonly topic: string;
  readonly open: () => Promise<NativeProducer<Id>>;
  /** Why a producer of this topic can't be had now; undefined: it could be. libpulsar tells none of it. */
  readonly diagnose: () => Promise<FivefoldError | undefined>;
  readonly maxRecordBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** What of a record libpulsar is given. */
interface Item {
  readonly record: TaskRecord;
  readonly notBefore: number;
}

/**
 * Publishes with libpulsar, which batches, and after a broken connection sends again under the same name and sequence
 * numbers, for as long as it takes. It is given only what it can send: what waits for a connection waits here, bounded,
 * and can be withdrawn. A message that it rejects has ended its producer, and another is opened.
 */
export async function openNativeProducer<Id>(settings: NativeProducerSettings<Id>): Promise<Producer> {
  const { topic, timeoutMs, clock } = settings;
  const what = `Publishing to topic '${topic}'`;
  let producer: NativeProducer<Id> | undefined = await settings.open();
  let isOpening = false;
  /** Why there is no connection, as far as it is known. */
  let fault: FivefoldError | undefined;
  let awaySince: number | undefined;
  let servesSince: number | undefined;
  let isAsking = false;
  let cancelLook: Cancel | undefined;
  let closed = false;

  const outbox = createOutbox<Item>({ what, timeoutMs, clock, late, fault: () => fault, onBusy: () => {} });

  function send(): void {
    if (!isConnected()) return;
    const used = producer!;
    for (let pending = outbox.take(); pending; pending = outbox.take()) {
      const { item, sequence } = pending;
      used.send(nativeRecordOf(item)).then(
        () => {
          outbox.confirm(sequence);
          send();
        },
        (error: unknown) => {
          const failed = nativeError(what, error);
          outbox.fail(sequence, failed);
          if (failed.code !== "payload-too-large") replace(used);
        },
      );
    }
  }

  /** Where there is no connection, it is looked for until nobody waits for it any more. */
  function isConnected(): boolean {
    if (producer?.isConnected()) {
      fault = undefined;
      awaySince = undefined;
      servesSince = undefined;
      return true;
    }
    awaySince ??= clock.monotonic();
    fault ??= new FivefoldError("not-connected", `${what}: no connection to Pulsar now; it is tried again.`);
    if (!outbox.isIdle) lookLater();
    return false;
  }

  function lookLater(): void {
    cancelLook ??= clock.after(LOOK_MS, () => {
      cancelLook = undefined;
      if (outbox.isIdle) return;
      send();
      if (awaySince !== undefined && clock.monotonic() - awaySince >= ASK_WHY_MS) void askWhy();
    });
  }

  /** Tells those that wait what no waiting fixes, and opens another producer where one could be had. */
  async function askWhy(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    const found = await settings.diagnose().catch((error: unknown) => nativeError(what, error));
    isAsking = false;
    if (awaySince === undefined) return;
    awaySince = clock.monotonic();
    servesSince = found ? undefined : (servesSince ?? awaySince);
    if (found) learn(found);
    else if (!producer) await reopen();
    else if (awaySince - servesSince! >= LATE_RECONNECT_MS) {
      outbox.renumber();
      replace(producer);
    }
  }

  function learn(found: FivefoldError | undefined): void {
    if (!found) return;
    fault = found;
    if (found.code === "unauthorized" || found.code === "unknown-topic" || found.code === "storage-full") {
      outbox.failAll(found);
    }
  }

  function replace(used: NativeProducer<Id>): void {
    if (producer !== used) return;
    producer = undefined;
    void used.close().catch(() => {});
    if (!outbox.isIdle) void reopen();
  }

  async function reopen(): Promise<void> {
    if (isOpening) return;
    isOpening = true;
    try {
      const opened = await settings.open();
      if (closed && outbox.isIdle) void opened.close().catch(() => {});
      else producer = opened;
    } catch (error) {
      learn(nativeError(what, error));
    }
    isOpening = false;
    send();
  }

  function late(): FivefoldError {
    if (isConnected()) return notAcknowledged(what, timeoutMs);
    if (fault && fault.code !== "not-connected") return fault;
    const seconds = Math.round(timeoutMs / 1_000);
    return new FivefoldError("not-connected", `${what}: no connection to Pulsar within ${seconds} s.`);
  }

  return {
    async publish(records, notBefore) {
      if (closed) throw new FivefoldError("closed", `The producer of topic '${topic}' is closed.`);
      checkRecords(records, topic, settings.maxRecordBytes);
      if (records.length === 0) return;
      const connected = isConnected();
      const added = outbox.add(
        records.map((record, index) => ({
          item: { record, notBefore: notBefore?.[index] ?? 0 },
          bytes: record.payload.length + OVERHEAD_BYTES,
        })),
      );
      if (connected) send();
      else lookLater();
      if (!producer) void reopen();
      outbox.keep(({ record, notBefore }) => ({ record: { ...record, payload: record.payload.slice() }, notBefore }));
      await added;
    },
    async close() {
      if (closed) return;
      closed = true;
      if (!isConnected()) outbox.failAll(closedWithout(what));
      await outbox.idle();
      cancelLook?.();
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
function nativeRecordOf({ record, notBefore }: Item): NativeRecord {
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
