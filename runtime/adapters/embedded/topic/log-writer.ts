import type { TaskRecord } from "../../../contract/contract.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import type { Append, Log } from "./log.ts";
import { EntryWriter } from "./record-format.ts";

/** An entry takes no more records and starts no more bytes than this: it is read and checked as a whole. */
const MAX_ENTRY_RECORDS = 1_024;
const MAX_ENTRY_BYTES = 1024 * 1024;
const WRITER_BYTES = 64 * 1024;
/** Writers kept for reuse: fresh memory costs the kernel more than filling it. */
const MAX_SPARE_WRITERS = 16;

/** One call of `publish`, whose records may lie in several batches. */
interface Publish {
  /** Those that are not settled. */
  batches: number;
  /** Whether its records lie in several batches, of which some may be stored where others fail. */
  isSpread: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What waits to be appended to one partition. */
interface Batch {
  readonly partition: number;
  /** Finished entries, and the one that is being filled at last. */
  readonly writers: EntryWriter[];
  readonly publishes: Set<Publish>;
}

/**
 * Group commit: what is published while a commit is under way goes into the next one together, so that one sync of the
 * disk serves all who wait. Small publishes of one partition share an entry.
 */
export function createLogWriter(
  log: Pick<Log, "append" | "head">,
  settings: {
    /** Throws when there is no room for that many bytes. */
    readonly checkRoom: (bytes: number) => void;
    /** Makes an error of the store one for callers. */
    readonly explain: (error: unknown) => unknown;
    /** Called after each commit with the partitions that grew. */
    readonly onAppended: (partitions: readonly number[]) => void;
  },
) {
  let waiting = new Map<number, Batch>();
  const heads = new Map<number, number>();
  const spare: EntryWriter[] = [];
  let writing: Promise<void> | undefined;

  function add(partition: number, record: TaskRecord, publish: Publish): void {
    let batch = waiting.get(partition);
    if (!batch) {
      batch = { partition, writers: [], publishes: new Set() };
      waiting.set(partition, batch);
    }
    let writer = batch.writers.at(-1);
    if (!writer || writer.count >= MAX_ENTRY_RECORDS || writer.length + record.payload.length > MAX_ENTRY_BYTES) {
      writer = spare.pop() ?? new EntryWriter(WRITER_BYTES);
      batch.writers.push(writer);
    }
    writer.add(record);
    if (!batch.publishes.has(publish)) {
      batch.publishes.add(publish);
      publish.isSpread = publish.batches > 0;
      publish.batches += 1;
    }
  }

  /** Ends in the same turn in which it finds nothing more to write: whoever publishes later begins anew. */
  async function writeAll(): Promise<void> {
    while (waiting.size > 0) {
      const batches = [...waiting.values()];
      waiting = new Map();
      let isBegun = false;
      try {
        settings.checkRoom(batches.reduce((sum, { writers }) => sum + bytesOf(writers), 0));
        isBegun = true;
        settings.onAppended(await append(batches));
      } catch (error) {
        heads.clear();
        const explained = settings.explain(error);
        for (const batch of batches) settle(batch, explained, isBegun);
      }
    }
    writing = undefined;
  }

  /** Resolves to the partitions that grew. */
  async function append(batches: readonly Batch[]): Promise<number[]> {
    const appends = batches.map(({ partition, writers }): Append => {
      // A writer without records was made for one that could not be written.
      const filled = writers.filter(({ count }) => count > 0);
      const sealed = filled.map((writer) => ({ bytes: writer.finish(), count: writer.count }));
      return { partition, expectedHead: heads.get(partition) ?? log.head(partition), sealed };
    });
    const appended = await log.append(appends);
    return appends.flatMap(({ partition, expectedHead, sealed }, index) => {
      const batch = batches[index]!;
      if (appended[index]) {
        heads.set(partition, expectedHead + sealed.reduce((sum, { count }) => sum + count, 0));
        settle(batch, undefined);
        return partition;
      }
      // Another process appended in the meantime: once more, at its head.
      heads.delete(partition);
      requeue(batch);
      return [];
    });
  }

  /** Puts a batch back, before what was published since. */
  function requeue(batch: Batch): void {
    const later = waiting.get(batch.partition);
    for (const writer of later?.writers ?? []) batch.writers.push(writer);
    for (const publish of later?.publishes ?? []) batch.publishes.add(publish);
    waiting.set(batch.partition, batch);
  }

  /** `isBegun`: whether the error is one of writing. */
  function settle(batch: Batch, error: unknown, isBegun = false): void {
    for (const publish of batch.publishes) {
      publish.batches -= 1;
      if (error !== undefined) publish.reject(publish.isSpread || isBegun ? unsure(error) : error);
      else if (publish.batches === 0) publish.resolve();
    }
    batch.publishes.clear();
    for (const writer of batch.writers) {
      writer.clear();
      if (spare.length < MAX_SPARE_WRITERS) spare.push(writer);
    }
    batch.writers.length = 0;
  }

  return {
    /** Adds records, each to the partition that `partitionOf` names. Resolves once all are on the disk. */
    publish(records: readonly TaskRecord[], partitionOf: (record: TaskRecord) => number): Promise<void> {
      if (records.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const publish: Publish = { batches: 0, isSpread: false, resolve, reject };
        try {
          for (const record of records) add(partitionOf(record), record, publish);
        } finally {
          // Also where a record can't be written: what others have added must not wait for a next call.
          writing ??= Promise.resolve().then(writeAll);
        }
      });
    },
    /** Resolves once nothing waits to be written. */
    async drain(): Promise<void> {
      while (writing) await writing;
    },
  };
}

function bytesOf(writers: readonly EntryWriter[]): number {
  return writers.reduce((sum, { length }) => sum + length, 0);
}

/** What failed to be written may be there all the same, and so may the other parts of a call that has several. */
function unsure(error: unknown): unknown {
  if (!(error instanceof FivefoldError) || error.mayBeStored) return error;
  return new FivefoldError(error.code, error.message, { cause: error, mayBeStored: true });
}
