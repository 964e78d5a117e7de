import { type Clock, sleep } from "../../contract/clock.ts";

/**
 * A batch that this consumer got in part, since the rest was acknowledged before, never counts as settled with libpulsar:
 * it waits for the acknowledgements of all its messages. The broker then takes the batch for held as long as this consumer
 * lives, and gives out no more of its keys once they are to go to another one. So the last acknowledgement of such a batch
 * is of the batch as a whole.
 *
 * But only where its last message came. What is missing at a batch's end may as well have been lost with a connection, and
 * is somebody else's now, or comes again. Of an ordered topic's batches, which are of one key, the first messages are
 * settled first; where it is otherwise, `standstill.ts` finds the keys that stand still.
 */

/** libpulsar collects acknowledgements for 100 ms; one of a whole batch must not overtake those of its parts. */
const GROUP_MS = 150;

/** A batch as it was delivered, once. */
export interface Batch {
  readonly entry: string;
  readonly size: number;
  /** Protobuf of its id. */
  readonly wholeId: Buffer;
  /** Messages of it that came. */
  came: number;
  lastIndex: number;
  acknowledged: number;
  /** When one of its parts was acknowledged last, in ms on the monotonic clock. */
  partAt: number;
}

/** What a message is acknowledged by. */
export interface NativeHandle<Id> {
  readonly id: Id;
  /** Undefined where it came alone. */
  readonly batch: Batch | undefined;
  isAcknowledged: boolean;
}

export interface NativeBatches<Id> {
  /** The handle of a message that comes. */
  take(id: Id): NativeHandle<Id>;
  acknowledge(handles: readonly NativeHandle<Id>[]): Promise<void>;
}

export function createNativeBatches<Id extends { toString(): string; serialize(): Buffer }>(settings: {
  readonly acknowledgeId: (id: Id) => Promise<unknown>;
  readonly deserialize: (id: Buffer) => Id;
  readonly clock: Clock;
}): NativeBatches<Id> {
  const { acknowledgeId, deserialize, clock } = settings;
  /** What comes now: a batch's messages come one after another. */
  let current: Batch | undefined;

  async function acknowledgeWhole(batch: Batch): Promise<void> {
    const restMs = batch.partAt + GROUP_MS - clock.monotonic();
    if (restMs > 0) await sleep(clock, restMs);
    await acknowledgeId(deserialize(batch.wholeId));
  }

  /** All of it that came is acknowledged, and that was a part of it, up to its end. */
  function isSettledPart({ lastIndex, acknowledged, came, size }: Batch): boolean {
    return lastIndex === size - 1 && acknowledged === came && came < size;
  }

  return {
    take(id) {
      const [, entry = "", index = "-1"] = /^\((-?\d+,-?\d+),-?\d+,(-?\d+)\)/.exec(id.toString()) ?? [];
      const batchIndex = Number(index);
      if (current && (current.entry !== entry || batchIndex <= current.lastIndex)) current = undefined;
      if (batchIndex < 0) return { id, batch: undefined, isAcknowledged: false };
      if (!current) {
        const { size, wholeId } = readMessageId(id.serialize());
        current = { entry, size, wholeId, came: 0, lastIndex: -1, acknowledged: 0, partAt: 0 };
      }
      current.came += 1;
      current.lastIndex = batchIndex;
      return { id, batch: current, isAcknowledged: false };
    },
    async acknowledge(handles) {
      for (const handle of handles) {
        if (handle.batch && !handle.isAcknowledged) handle.batch.acknowledged += 1;
        handle.isAcknowledged = true;
      }
      const whole = new Set<Batch>();
      const works: Promise<unknown>[] = [];
      for (const { id, batch } of handles) {
        if (batch && isSettledPart(batch)) {
          whole.add(batch);
          continue;
        }
        if (batch) batch.partAt = clock.monotonic();
        works.push(acknowledgeId(id));
      }
      for (const batch of whole) works.push(acknowledgeWhole(batch));
      await Promise.all(works);
    },
  };
}

/** Fields of Pulsar's MessageIdData. */
const LAST_OF_ENTRY_FIELD = 3;
const BATCH_SIZE_FIELD = 6;

/** A batch's size, and the id of its entry, from the id of one of its messages. */
function readMessageId(bytes: Buffer): { size: number; wholeId: Buffer } {
  const parts: Buffer[] = [];
  let size = 0;
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const from = at;
    const tag = Number(varint());
    const value = tag % 8 === 0 ? varint() : 0n;
    // All that ids of messages hold are numbers; behind another field, what is known is enough.
    if (tag % 8 !== 0) break;
    const field = Math.floor(tag / 8);
    if (field === BATCH_SIZE_FIELD) size = Number(value);
    if (field <= LAST_OF_ENTRY_FIELD) parts.push(bytes.subarray(from, at));
  }
  return { size, wholeId: Buffer.concat(parts) };
}
