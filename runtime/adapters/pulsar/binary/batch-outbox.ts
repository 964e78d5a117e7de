import type { Clock } from "../../../contract/clock.ts";
import type { TaskRecord } from "../../../contract/contract.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { type Call, createPublishCalls } from "../publish-calls.ts";
import { BatchWriter } from "./batch-writer.ts";

/** Sent and not yet confirmed, at most: what is behind waits here, where it can be withdrawn. */
const MAX_SENT_BYTES = 8 * 1_024 * 1_024;
const MAX_SENT_BATCHES = 256;
/** While there is no connection, at most this much waits. */
const MAX_AWAY_BYTES = 64 * 1_024 * 1_024;
/** A batch gets no more records than this, or once it has so many bytes. One consumer gets all of it. */
const MAX_BATCH_RECORDS = 1_000;
const MAX_BATCH_BYTES = 128 * 1_024;
/** What a batch takes besides its bytes, about: where each has a key of its own, that is most of it. */
const AROUND_BATCH = 1_024;

/** What one call put into a batch, in one piece. */
interface Part {
  readonly call: Call;
  count: number;
  from: number;
  to: number;
}

/** Records that are sent and confirmed together. */
export interface Batch {
  readonly writer: BatchWriter;
  /** The key of all its records, where order matters; empty: none. */
  readonly key: string;
  /** When it may come, in ms since the Unix epoch; 0: at once. */
  readonly notBefore: number;
  count: number;
  parts: Part[];
  /** Given when it is sent for the first time; the same whenever it is sent again. */
  sequence: number | undefined;
}

export interface BatchOutbox {
  /** Takes a call's records in, as copies. Resolves once all are confirmed; rejects with what `late` says once it takes too long. */
  add(records: readonly TaskRecord[], notBefore: readonly number[] | undefined): Promise<void>;
  /** The next batch to send, which is then taken for sent; undefined: there is none, or enough is under way. */
  take(): (Batch & { readonly sequence: number }) | undefined;
  confirm(sequence: number): void;
  /** Ends the calls that have records in a batch. */
  fail(sequence: number, error: FivefoldError): void;
  /** Ends all calls; what they have not sent is withdrawn. */
  failAll(error: FivefoldError): void;
  /**
   * After a broken connection: all that is not confirmed is to be sent, in order, and what nobody waits for any more is
   * not.
   */
  rewind(): void;
  /** Resolves once no call waits for its end. */
  idle(): Promise<void>;
  readonly isIdle: boolean;
}

/**
 * What a producer was given and the broker has not confirmed, as batches. A batch grows until it is sent, and is numbered
 * then: of what was not sent, what is given up is withdrawn. A batch that was sent keeps its number and its records for as
 * long as anybody waits for one of them, for the broker may have stored it under that number.
 */
export function createBatchOutbox(settings: {
  /** For messages: `Publishing to topic 'orders'`. */
  readonly what: string;
  /** Whether all records of a batch must have one key. */
  readonly ordered: boolean;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Why a call has not ended in time. */
  readonly late: () => FivefoldError;
  /** Why there is no connection; undefined while there is one. */
  readonly fault: () => FivefoldError | undefined;
  /** Told when a first call waits, and when none does any more. */
  readonly onBusy: (isBusy: boolean) => void;
}): BatchOutbox {
  const { what, ordered, timeoutMs, clock, late, onBusy } = settings;
  const calls = createPublishCalls({ timeoutMs, clock, late, onExpired: withdraw, onBusy });
  const sent = new Map<number, Batch>();
  let sentBytes = 0;
  /** Behind what is sent, in order; before `waitingFrom` all is taken. */
  let waiting: Batch[] = [];
  let waitingFrom = 0;
  let waitingBytes = 0;
  /** Those of them that take more records, by key. */
  const growing = new Map<string, Batch>();
  let next = 0;

  function batchFor(record: TaskRecord, notBefore: number): Batch {
    const key = ordered ? record.key : "";
    const open = notBefore === 0 ? growing.get(key) : undefined;
    if (open && open.count < MAX_BATCH_RECORDS && open.writer.length + record.payload.length < MAX_BATCH_BYTES)
      return open;
    const batch: Batch = { writer: new BatchWriter(), key, notBefore, count: 0, parts: [], sequence: undefined };
    waiting.push(batch);
    waitingBytes += AROUND_BATCH;
    if (notBefore === 0) growing.set(key, batch);
    return batch;
  }

  function put(call: Call, record: TaskRecord, notBefore: number): void {
    const batch = batchFor(record, notBefore);
    const { writer } = batch;
    const from = writer.length;
    writer.add(record, notBefore);
    batch.count += 1;
    waitingBytes += writer.length - from;
    const last = batch.parts.at(-1);
    if (last?.call === call) {
      last.count += 1;
      last.to = writer.length;
    } else batch.parts.push({ call, count: 1, from, to: writer.length });
  }

  function checkRoom(records: readonly TaskRecord[]): void {
    const fault = settings.fault();
    if (!fault || waitingBytes === 0) return;
    const bytes = records.reduce((sum, { payload }) => sum + payload.length, 0);
    if (waitingBytes + bytes <= MAX_AWAY_BYTES) return;
    throw new FivefoldError(
      fault.code,
      `${what}: there is no connection, and ${Math.round(waitingBytes / 1_048_576)} MiB wait for one already. Nothing of ` +
        `this call was stored. (${fault.message})`,
      { cause: fault },
    );
  }

  /** Lets go of what waits, was never sent, and nobody waits for any more. */
  function withdraw(): void {
    setWaiting(waiting.slice(waitingFrom).filter((batch) => batch.sequence !== undefined || shrink(batch)));
  }

  /** Takes out what nobody waits for. Returns whether anything is left. */
  function shrink(batch: Batch): boolean {
    let removed = 0;
    const left: Part[] = [];
    for (const part of batch.parts) {
      const bytes = part.to - part.from;
      part.from -= removed;
      part.to -= removed;
      if (part.call.isEnded) {
        batch.writer.remove(part.from, part.to);
        batch.count -= part.count;
        removed += bytes;
      } else left.push(part);
    }
    batch.parts = left;
    if (left.length > 0) return true;
    if (growing.get(batch.key) === batch) growing.delete(batch.key);
    return false;
  }

  function setWaiting(batches: Batch[]): void {
    waiting = batches;
    waitingFrom = 0;
    waitingBytes = batches.reduce((sum, { writer }) => sum + writer.length + AROUND_BATCH, 0);
  }

  function release(sequence: number): Batch | undefined {
    const batch = sent.get(sequence);
    if (!batch) return undefined;
    sent.delete(sequence);
    sentBytes -= batch.writer.length;
    return batch;
  }

  return {
    add(records, notBefore) {
      checkRoom(records);
      return calls.add(records.length, (call) => {
        for (let index = 0; index < records.length; index++) put(call, records[index]!, notBefore?.[index] ?? 0);
      });
    },
    take() {
      if (waitingFrom === waiting.length || sent.size >= MAX_SENT_BATCHES || sentBytes >= MAX_SENT_BYTES)
        return undefined;
      const batch = waiting[waitingFrom]!;
      waitingFrom += 1;
      if (waitingFrom === waiting.length) {
        waiting = [];
        waitingFrom = 0;
      }
      waitingBytes -= batch.writer.length + AROUND_BATCH;
      if (growing.get(batch.key) === batch) growing.delete(batch.key);
      batch.sequence ??= next++;
      for (const { call } of batch.parts) call.isSent = true;
      sent.set(batch.sequence, batch);
      sentBytes += batch.writer.length;
      return batch as Batch & { sequence: number };
    },
    confirm(sequence) {
      const batch = release(sequence);
      if (!batch) return;
      batch.writer.free();
      for (const { call, count } of batch.parts) calls.confirm(call, count);
    },
    fail(sequence, error) {
      const batch = release(sequence);
      if (!batch) return;
      calls.giveUp(
        batch.parts.map(({ call }) => call),
        error,
      );
      withdraw();
    },
    failAll(error) {
      calls.giveUpAll(error);
      withdraw();
    },
    rewind() {
      const all = [...sent.values(), ...waiting.slice(waitingFrom)];
      sent.clear();
      sentBytes = 0;
      const isAwaited = ({ parts }: Batch) => parts.some(({ call }) => !call.isEnded);
      setWaiting(all.filter((batch) => (batch.sequence === undefined ? shrink(batch) : isAwaited(batch))));
    },
    idle: calls.idle,
    get isIdle() {
      return calls.isIdle;
    },
  };
}
