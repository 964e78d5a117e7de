import { Buffer } from "node:buffer";
import { createSubscriptionState, type SubscriptionState } from "../../../transport/subscription-state.ts";
import type { RawRecord } from "../lmdb/lmdb-scan.ts";
import type { FileRules, Inspection, Readable } from "../lmdb/salvage.ts";
import { headOf, isHeadWhole, TOPICS_COPY, writeHead } from "./head-format.ts";
import { entryKey, isEntryKey, isWholeEntry, mendEntries } from "./mend-entries.ts";
import { countOf } from "./record-format.ts";
import { decodeSubscription, encodeSubscription } from "./subscription-format.ts";
import { parseTopic, parseTopics, type TopicRow } from "./topic-row.ts";

/** As LMDB keeps them: `uint32` keys with versions. */
const HEADS_FLAGS = 0x108;
const FIRST_PARTITION = 1;

/** What a log's records say of each other: what LMDB takes for whole can still be damaged, and fixed. */
export const logRules = (): FileRules => ({ inspect: inspectLog, fix: mendLog });

interface Contents {
  readonly topics: Map<string, TopicRow>;
  readonly heads: Map<number, number>;
  readonly states: Map<string, SubscriptionState>;
}

function inspectLog(): Inspection {
  const contents: Contents = { topics: new Map(), heads: new Map(), states: new Map() };
  const ends = new Map<number, number>();
  const findings: string[] = [];
  return {
    see(table, record, read) {
      if (table === "entries") {
        const { partition, offset } = entryKey(record.key);
        const end = ends.get(partition);
        if (end !== undefined && end !== offset)
          findings.push(`an entry of partition ${partition} is at ${offset}, not ${end}`);
        ends.set(partition, offset + countOf(read(record, 8)));
      } else if (!take(table, record.key, Buffer.from(read(record)), contents)) {
        findings.push(`a record of table ${table} is not as it was written`);
      }
    },
    findings() {
      if (!isTiled(contents)) findings.push("the topics' partitions overlap, or leave some out");
      for (const [partition, end] of ends) {
        const head = contents.heads.get(partition);
        if (head !== end) findings.push(`partition ${partition} ends at ${end}, not at its head ${head}`);
      }
      for (const [name, topic, state] of statesOf(contents)) {
        if (!fits(state, topic, contents.heads)) findings.push(`the state of ${name} does not fit its topic`);
      }
      return findings;
    },
  };
}

/** Takes a record of another table than the entries in. False where it is not as it was written. */
function take(table: string, key: Buffer, value: Buffer, { topics, heads, states }: Contents): boolean {
  if (table === "topics") {
    const topic = parseTopic(value);
    if (topic?.name !== key.toString("utf8")) return false;
    topics.set(topic.name, topic);
    return true;
  }
  if (table === "heads") {
    const partition = key.length === 4 ? key.readUInt32LE(0) : -1;
    if (partition === TOPICS_COPY) return true;
    if (partition < 0 || !isHeadWhole(partition, value)) return false;
    heads.set(partition, headOf(value));
    return true;
  }
  const state = decodeSubscription(value);
  if (state) states.set(key.toString("utf8"), state);
  return state !== undefined;
}

/** Whether the topics' partitions are all that were given out, each once. */
function isTiled({ topics, heads }: Contents): boolean {
  let next = FIRST_PARTITION;
  for (const { firstPartition, partitions } of [...topics.values()].sort(
    (a, b) => a.firstPartition - b.firstPartition,
  )) {
    if (firstPartition !== next) return false;
    next += partitions;
  }
  return next === (heads.get(0) ?? FIRST_PARTITION);
}

function* statesOf({
  topics,
  states,
}: Contents): Iterable<[name: string, topic: TopicRow | undefined, SubscriptionState]> {
  for (const [key, state] of states) {
    const [topic = "", name = ""] = key.split("\0");
    yield [`subscription '${name}' of topic '${topic}'`, topics.get(topic), state];
  }
}

function fits(state: SubscriptionState, topic: TopicRow | undefined, heads: ReadonlyMap<number, number>): boolean {
  if (topic?.partitions !== state.partitions.length) return false;
  return state.partitions.every(({ next }, index) => next <= (heads.get(topic.firstPartition + index) ?? 0));
}

function mendLog({ tables, orphans, read }: Readable): ReturnType<NonNullable<FileRules["fix"]>> {
  const contents: Contents = { topics: new Map(), heads: new Map(), states: new Map() };
  const lost: string[] = [];
  const records = (table: string) => tables.get(table)?.records ?? [];
  const bytesOf = (record: RawRecord) => Buffer.from(read(record));

  // Former ones first, so that the latest state stays.
  const others = [...orphans].sort((a, b) => a.transaction - b.transaction);
  const isEntry = (record: RawRecord) => isEntryKey(record.key) && isWholeEntry(record, read);
  for (const copy of [...records("heads"), ...others]) {
    if (copy.key.length === 4 && copy.key.readUInt32LE(0) === TOPICS_COPY) {
      for (const topic of parseTopics(bytesOf(copy).subarray(8))) contents.topics.set(topic.name, topic);
    }
  }
  for (const record of others) {
    if (isEntry(record)) continue;
    const value = bytesOf(record);
    const table = record.key.length === 4 && value.length >= 9 ? "heads" : parseTopic(value) ? "topics" : "checkpoints";
    if (table === "heads" && !isHeadWhole(record.key.readUInt32LE(0), value)) continue;
    take(table, record.key, value, contents);
  }
  const unreadable: string[] = [];
  for (const table of ["topics", "heads", "checkpoints"]) {
    for (const record of records(table)) {
      if (take(table, record.key, bytesOf(record), contents)) continue;
      if (table === "checkpoints") unreadable.push(record.key.toString("utf8"));
    }
  }

  const entries = mendEntries([...records("entries"), ...others.filter(isEntry)], read, contents.heads, lost);
  mendTopics(contents, lost);
  const owned = [...contents.topics.values()];
  for (const [partition, first] of entries.oldest) {
    if (owned.some((topic) => partition >= topic.firstPartition && partition < topic.firstPartition + topic.partitions))
      continue;
    lost.push(`all records of partition ${partition} from ${first} on, whose topic is lost`);
  }
  for (const key of unreadable) beginAgain(key, contents, entries.oldest, lost);
  for (const [name, topic, state] of [...statesOf(contents)]) {
    if (!topic || topic.partitions !== state.partitions.length) lost.push(`${name}, whose topic is lost`);
    for (const [index, { next }] of state.partitions.entries()) {
      // No offset may be given out twice: a subscription that is beyond it would never see the second.
      const partition = (topic?.firstPartition ?? Number.NaN) + index;
      if (topic) contents.heads.set(partition, Math.max(next, contents.heads.get(partition) ?? 0));
    }
  }
  for (const [key, state] of contents.states) {
    const topic = contents.topics.get(key.split("\0")[0]!);
    if (topic?.partitions !== state.partitions.length) contents.states.delete(key);
  }

  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const topics = [...contents.topics.values()];
  const byKey = (a: { key: Buffer }, b: { key: Buffer }) => Buffer.compare(a.key, b.key);
  const heads = [...contents.heads].sort(([a], [b]) => a - b);
  return {
    lost,
    tables: [
      {
        name: "topics",
        flags: 0,
        records: topics.map((topic) => ({ key: Buffer.from(topic.name), value: json(topic) })).sort(byKey),
      },
      {
        name: "heads",
        flags: HEADS_FLAGS,
        records: [
          ...heads.map(([partition, head]) => ({ key: uint32(partition), value: writeHead(partition, head) })),
          { key: uint32(TOPICS_COPY), value: Buffer.concat([Buffer.alloc(8), json(topics)]) },
        ],
      },
      { name: "entries", flags: 0, records: entries.fill(contents.heads) },
      {
        name: "checkpoints",
        flags: 0,
        records: [...contents.states]
          .map(([key, state]) => ({ key: Buffer.from(key), value: encodeSubscription(state, 0, true) }))
          .sort(byKey),
      },
    ],
  };
}

/** A subscription whose state is lost begins at the oldest record there is. */
function beginAgain(
  key: string,
  { topics, states }: Contents,
  oldest: ReadonlyMap<number, number>,
  lost: string[],
): void {
  const [name = "", subscription = ""] = key.split("\0");
  const topic = topics.get(name);
  if (!topic || states.has(key)) return;
  const starts = Array.from({ length: topic.partitions }, (_, index) => oldest.get(topic.firstPartition + index) ?? 0);
  states.set(key, createSubscriptionState(starts));
  lost.push(
    `how far subscription '${subscription}' of topic '${name}' had come: all that is stored is delivered to it again`,
  );
}

/** Leaves out topics that overlap others, and counts partitions. */
function mendTopics({ topics, heads }: Contents, lost: string[]): void {
  let next = FIRST_PARTITION;
  for (const topic of [...topics.values()].sort((a, b) => a.firstPartition - b.firstPartition)) {
    if (topic.firstPartition < next) {
      lost.push(`topic '${topic.name}'`);
      topics.delete(topic.name);
    } else next = topic.firstPartition + topic.partitions;
  }
  for (const partition of heads.keys()) next = Math.max(next, partition + 1);
  heads.set(0, Math.max(next, heads.get(0) ?? 0));
}

function uint32(value: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(value, 0);
  return key;
}
