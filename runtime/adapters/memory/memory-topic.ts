import type { Message, TaskRecord } from "../../contract/contract.ts";
import { ORDERED_PARTITIONS, partitionOfKey } from "../../transport/key-partition.ts";
import type { RecordSource } from "../../transport/look-ahead.ts";
import { createSubscriptionState, markDelete, type SubscriptionState } from "../../transport/subscription-state.ts";
import type { TopicDeclaration } from "../../transport/transport.ts";

/** Records are freed in steps of at least this many, so that freeing costs little per record. */
const TRIM_RECORDS = 1_024;

interface Partition {
  /** The offset of `records[0]`; what lies below was settled by every subscription. */
  base: number;
  records: TaskRecord[];
}

export interface Topic {
  readonly name: string;
  readonly partitions: readonly Partition[];
  readonly subscriptions: Map<string, Subscription>;
}

export interface Subscription {
  readonly state: SubscriptionState;
  /** Consumers that wait in `receive`, in the order of their waiting. */
  readonly waiting: Set<Waiter>;
}

export interface Waiter {
  /** Looks for something to receive. */
  readonly deliver: () => void;
  /** Ends the wait with nothing. */
  readonly stop: () => void;
}

export function declare(topics: Map<string, Topic>, { name, ordered, subscriptions }: TopicDeclaration): void {
  let topic = topics.get(name);
  if (!topic) {
    const partitions = Array.from({ length: ordered ? ORDERED_PARTITIONS : 1 }, () => ({ base: 0, records: [] }));
    topic = { name, partitions, subscriptions: new Map() };
    topics.set(name, topic);
  }
  for (const subscription of subscriptions) {
    if (topic.subscriptions.has(subscription)) continue;
    const state = createSubscriptionState(topic.partitions.map(({ base }) => base));
    topic.subscriptions.set(subscription, { state, waiting: new Set() });
  }
}

export function append(topic: Topic, records: readonly TaskRecord[]): void {
  for (const record of records) {
    const partition = topic.partitions[partitionOfKey(record.key, topic.partitions.length)]!;
    // The caller may reuse its buffer once the call has ended.
    partition.records.push({ ...record, payload: record.payload.slice() });
  }
  for (const subscription of topic.subscriptions.values()) wake(subscription);
}

export function wake({ waiting }: Subscription): void {
  for (const waiter of [...waiting]) waiter.deliver();
}

export function headsOf(topic: Topic): number[] {
  return topic.partitions.map(({ base, records }) => base + records.length);
}

/** Frees what every subscription has settled. A topic without subscription keeps everything. */
export function trim(topic: Topic): void {
  const states = [...topic.subscriptions.values()].map(({ state }) => state);
  if (states.length === 0) return;
  for (const [index, partition] of topic.partitions.entries()) {
    const settled = Math.min(...states.map(({ partitions }) => markDelete(partitions[index]!))) - partition.base;
    if (settled < TRIM_RECORDS && settled < partition.records.length) continue;
    partition.records.splice(0, settled);
    partition.base += settled;
  }
}

/** Reads a topic as the embedded store is read. */
export function sourceOf({ partitions }: Topic): RecordSource {
  const read = (partition: number, offset: number): Message => {
    const { base, records } = partitions[partition]!;
    return { ...records[offset - base]!, position: { partition, offset } };
  };
  return {
    read,
    scan(partition, first, end, visit) {
      for (let offset = first; offset < end; offset++) {
        if (!visit(offset, read(partition, offset))) return offset + 1;
      }
      return end;
    },
  };
}
