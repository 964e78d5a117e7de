import type { TaskRecord } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { partitionOfKey } from "../../transport/key-partition.ts";
import type { Producer } from "../../transport/transport.ts";
import { pulsarPartitionOf } from "./pulsar-partition.ts";

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
