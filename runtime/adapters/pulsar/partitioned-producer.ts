import type { TaskRecord } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { partitionOfKey } from "../../transport/key-partition.ts";
import type { Producer } from "../../transport/transport.ts";
import { carried } from "./envelope.ts";

/**
 * A producer of a partitioned topic. What has a tenant goes to the tenant's partition, so that consumers, who take turns
 * over partitions, take turns over tenants; the rest goes where Pulsar's clients put it, by its key.
 */
export function createPartitionedProducer(settings: {
  readonly topic: string;
  readonly partitions: number;
  /** Whether what has a key goes by its tenant, too; otherwise by its key, as the topic's first producers did. */
  readonly keysByTenant: boolean;
  /** Opens a producer of one partition. */
  readonly open: (partition: number) => Promise<Producer>;
  /** The producer of the topic as a whole, which is open and chooses partitions by itself. Undefined: there is none. */
  readonly whole: Producer | undefined;
  readonly onClose: () => void;
}): Producer {
  const { partitions, keysByTenant, whole } = settings;
  const parts = new Map<number, Promise<Producer>>();
  /** Where a call's records go that have neither tenant nor key: what is sent together stays together. */
  let turn = 0;
  let closed = false;

  function partOf({ tenant, key }: TaskRecord): number | undefined {
    if (tenant !== "" && (key === "" || keysByTenant)) return partitionOfKey(tenant, partitions);
    if (whole) return undefined;
    return key === "" ? turn % partitions : pulsarPartitionOf(key, partitions);
  }

  function producerOf(partition: number): Promise<Producer> {
    let part = parts.get(partition);
    if (!part) {
      part = settings.open(partition);
      parts.set(partition, part);
      // One that couldn't be had now can be had later.
      part.catch(() => parts.delete(partition));
    }
    return part;
  }

  return {
    async publish(records, notBefore) {
      if (closed) throw new FivefoldError("closed", `The producer of topic '${settings.topic}' is closed.`);
      turn += 1;
      if (whole && records.every((record) => partOf(record) === undefined)) return whole.publish(records, notBefore);
      // Copied, since the caller may change them while a producer opens.
      const items = records.map((record, index) => ({
        record: { ...record, payload: record.payload.slice() },
        at: notBefore?.[index] ?? 0,
      }));
      const groups = Map.groupBy(items, ({ record }) => partOf(record));
      const results = await Promise.allSettled(
        Array.from(groups, async ([partition, group]) => {
          const producer = partition === undefined ? whole! : await producerOf(partition);
          await producer.publish(
            group.map(({ record }) => record),
            notBefore && group.map(({ at }) => at),
          );
        }),
      );
      throwFirst(results);
    },
    async close() {
      if (closed) return;
      closed = true;
      const opened = await Promise.allSettled(parts.values());
      await Promise.all([
        whole?.close(),
        ...opened.map((part) => (part.status === "fulfilled" ? part.value.close() : undefined)),
      ]);
      settings.onClose();
    },
  };
}

/** Where one partition refused its share, what the others were given may be stored. */
function throwFirst(results: readonly PromiseSettledResult<void>[]): void {
  const failed = results.filter((result) => result.status === "rejected");
  const [first] = failed;
  if (!first) return;
  const error: unknown = first.reason;
  const isAny = failed.length < results.length || failed.some(({ reason }) => (reason as FivefoldError).mayBeStored);
  if (!(error instanceof FivefoldError) || error.mayBeStored || !isAny) throw error;
  const message = `${error.message} What was for other partitions may be stored.`;
  throw new FivefoldError(error.code, message, { cause: error, mayBeStored: true });
}

/**
 * The partition of a key as Pulsar's clients choose it with the hashing scheme Murmur3_32: a key must have one partition,
 * whichever client publishes.
 */
export function pulsarPartitionOf(key: string, partitions: number): number {
  return (murmur3(Buffer.from(carried(key))) & 0x7fff_ffff) % partitions;
}

/** MurmurHash3 of 32 bits with the seed 0. */
function murmur3(bytes: Uint8Array): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash ^= mixed(word);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
  if (length > whole) hash ^= mixed(rest);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mixed(word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  return Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
}
