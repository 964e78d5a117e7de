import { Buffer } from "node:buffer";
import { ORDERED_PARTITIONS } from "../../../transport/key-partition.ts";
import { createSubscriptionState } from "../../../transport/subscription-state.ts";
import type { TopicDeclaration } from "../../../transport/transport.ts";
import type { Store } from "../lmdb/environment.ts";
import { headValue, TOPICS_COPY } from "./head-format.ts";
import type { LogTables } from "./stores.ts";
import { encodeSubscription } from "./subscription-format.ts";
import type { TopicRow } from "./topic-row.ts";

/** The head that numbers partitions instead of records. */
const PARTITION_COUNTER = 0;
const KEY_BYTES = 10;
/** Entries of a partition deleted in one transaction, which publishing waits for. */
const MAX_TRIMMED = 4_096;

/** An entry of a partition: `[first, first + count)` are its records' offsets. */
export interface SealedEntry {
  readonly bytes: Buffer;
  readonly count: number;
}

/** Entries for one partition. */
export interface Append {
  readonly partition: number;
  readonly expectedHead: number;
  readonly sealed: readonly SealedEntry[];
}

/** What `getStats` returns, whose type lmdb leaves open. */
interface PageCounts {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
  readonly pageSize: number;
}

/** Partition and offset, big-endian, so that LMDB's order is the records' order. */
function entryKey(partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUInt32BE(partition, 0);
  key.writeUIntBE(offset, 4, 6);
  return key;
}

const offsetOf = (key: Uint8Array): number => Buffer.from(key.buffer, key.byteOffset, KEY_BYTES).readUIntBE(4, 6);

/**
 * The durable part: topics, and each partition's entries. All writes are conditional on a version that was read before,
 * because a write that is computed inside of a transaction would hold LMDB's one writer lock until this process' main
 * thread has time for it, and every other process would wait for that.
 */
export type Log = ReturnType<typeof createLog>;

export function createLog(store: Store<LogTables>) {
  const { topics, heads, entries, checkpoints } = store.tables;

  /** The offset that a partition's next record gets. */
  function head(partition: number): number {
    return heads.getEntry(partition)?.version ?? 0;
  }

  /** The first offset that is still stored, or the head where nothing is. */
  function oldest(partition: number): number {
    for (const key of entries.getKeys({ start: entryKey(partition, 0), end: entryKey(partition + 1, 0), limit: 1 })) {
      return offsetOf(key);
    }
    return head(partition);
  }

  function headsOf({ firstPartition, partitions }: TopicRow): number[] {
    return Array.from({ length: partitions }, (_, index) => head(firstPartition + index));
  }

  function putHead(partition: number, head: number): void {
    heads.put(partition, headValue(partition, head), head);
  }

  function putTopicsCopy(added: readonly TopicRow[]): void {
    const rows = [...topics.getRange({})].map(({ value }) => value);
    heads.put(TOPICS_COPY, Buffer.from(JSON.stringify([...rows, ...added])), 0);
  }

  async function declareTopic({ name, ordered }: TopicDeclaration): Promise<TopicRow> {
    for (;;) {
      const existing = topics.get(name);
      if (existing) return existing;
      const partitions = ordered ? ORDERED_PARTITIONS : 1;
      const counter = heads.getEntry(PARTITION_COUNTER)?.version;
      const firstPartition = counter ?? PARTITION_COUNTER + 1;
      const write = () => {
        const topic = { name, firstPartition, partitions };
        putHead(PARTITION_COUNTER, firstPartition + partitions);
        for (let index = 0; index < partitions; index++) putHead(firstPartition + index, 0);
        topics.put(name, topic);
        putTopicsCopy([topic]);
      };
      // Without effect when another process declared a topic since: then once more, with what it left.
      await store.commit(() =>
        counter === undefined
          ? heads.ifNoExists(PARTITION_COUNTER, write)
          : heads.ifVersion(PARTITION_COUNTER, counter, write),
      );
      store.refresh();
    }
  }

  return {
    topic: (name: string): TopicRow | undefined => topics.get(name),
    topicNames: (): string[] => [...topics.getKeys({})],
    head,
    heads: headsOf,
    /** The heads as they are now, even where this turn has read older ones. */
    headsNow(topic: TopicRow): number[] {
      store.refresh();
      return headsOf(topic);
    },
    oldest,

    /** Creates topic and subscriptions where they are missing. Resolves once they are durable. */
    async declare(declaration: TopicDeclaration): Promise<TopicRow> {
      const topic = await declareTopic(declaration);
      for (const subscription of declaration.subscriptions) {
        const key = [topic.name, subscription];
        if (checkpoints.doesExist(key)) continue;
        const starts = Array.from({ length: topic.partitions }, (_, index) => oldest(topic.firstPartition + index));
        const state = encodeSubscription(createSubscriptionState(starts), 0, true);
        await store.commit(() => checkpoints.ifNoExists(key, () => checkpoints.put(key, state)));
        store.refresh();
      }
      return topic;
    },

    subscriptionsOf(topic: string): string[] {
      const names: string[] = [];
      for (const key of checkpoints.getKeys({ start: [topic] })) {
        if (key[0] !== topic) break;
        names.push(key[1]!);
      }
      return names;
    },

    /** Resolves once it is durably gone. */
    async removeSubscription(topic: string, subscription: string): Promise<void> {
      await store.commit(() => checkpoints.remove([topic, subscription]));
    },

    checkpoint: (topic: string, subscription: string): Buffer | undefined =>
      checkpoints.getBinary([topic, subscription]),

    /**
     * Adds entries at the heads of partitions, in one transaction. Says for each whether it was done: not when the head
     * is not the expected one any more. Resolves once synced to the disk.
     */
    async append(appends: readonly Append[]): Promise<boolean[]> {
      return store.commit(async () => {
        const conditions: Promise<boolean>[] = [];
        const committed = heads.batch(() => {
          for (const { partition, expectedHead, sealed } of appends) {
            const write = () => {
              let offset = expectedHead;
              for (const { bytes, count } of sealed) {
                entries.put(entryKey(partition, offset), bytes);
                offset += count;
              }
              putHead(partition, offset);
            };
            conditions.push(heads.ifVersion(partition, expectedHead, write));
          }
        });
        const [, ...results] = await Promise.all([committed, ...conditions]);
        return results;
      });
    },

    /** The entry that holds a record. */
    entryAt(partition: number, offset: number): { first: number; bytes: Buffer } | undefined {
      const bytes = entries.getBinary(entryKey(partition, offset));
      if (bytes) return { first: offset, bytes: asBuffer(bytes) };
      const range = { start: entryKey(partition, offset), end: entryKey(partition, 0), reverse: true, limit: 1 };
      for (const { key, value } of entries.getRange({ ...range, inclusiveEnd: true })) {
        return { first: offsetOf(key), bytes: asBuffer(value) };
      }
      return undefined;
    },

    /** The offset of the first entry behind that offset; the head where there is none. */
    entryAfter(partition: number, offset: number): number {
      const range = { start: entryKey(partition, offset + 1), end: entryKey(partition + 1, 0), limit: 1 };
      for (const key of entries.getKeys(range)) return offsetOf(key);
      return head(partition);
    },

    /**
     * Stores subscriptions' states for good, and deletes entries that lie below `settled`, in one transaction. False when
     * there are more to delete than one transaction should.
     */
    async checkpointAndTrim(
      states: readonly { topic: string; subscription: string; state: Buffer }[],
      settled: readonly { partition: number; below: number }[],
    ): Promise<boolean> {
      let isDone = true;
      const doomed = settled.flatMap(({ partition, below }) => {
        const range = { start: entryKey(partition, 0), end: entryKey(partition, below), inclusiveEnd: true };
        const keys = [...entries.getKeys({ ...range, limit: MAX_TRIMMED + 1 })].map((key) => Buffer.from(key));
        const isCut = keys.length > MAX_TRIMMED;
        if (isCut) isDone = false;
        // An entry ends where the next begins: the last one may hold records that are not settled.
        if (isCut || below < head(partition)) keys.pop();
        return keys;
      });
      const write = () => {
        for (const { topic, subscription, state } of states) checkpoints.put([topic, subscription], state);
        for (const key of doomed) entries.remove(key);
      };
      await store.commit(() => checkpoints.batch(write));
      return isDone;
    },

    /** Bytes that entries take, whole pages; what was deleted does not count. */
    usedBytes(): number {
      const { treeBranchPageCount, treeLeafPageCount, overflowPages, pageSize } = entries.getStats() as PageCounts;
      return (treeBranchPageCount + treeLeafPageCount + overflowPages) * pageSize;
    },

    close: (): Promise<void> => store.close(),
  };
}

/** LMDB's buffers can report another length than that of their memory. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
