import type { Clock } from "../contract/clock.ts";
import type { ClientContract, TaskRecord } from "../contract/contract.ts";
import { type ErrorCode, FivefoldError } from "../contract/errors.ts";
import { publishOnce, type Told } from "./dedupe.ts";
import type { DedupeStore } from "./dedupe-store.ts";
import { type Admission, createToRecords } from "./to-records.ts";

export type { Admission };

/** What `enqueue` answers. */
export interface Receipt {
  /** The task's id; for a duplicate, that of the task which was accepted before. */
  readonly id: string;
  readonly duplicate: boolean;
}

/** How the events of one call, or of the calls that were stored together, fared; for whoever watches. */
export interface Enqueued {
  readonly accepted: number;
  readonly duplicates: number;
  /** Events that were not accepted; if some are not, none are. */
  readonly refused: number;
  /** Why; `unknown` for an error that is not of this runtime. */
  readonly code: ErrorCode | "unknown" | "";
  /** From the (first) call to its answer. */
  readonly tookMs: number;
}

export interface Frontend<E> {
  /** Accepts all events or, where one is invalid, none. Resolves once all are durable. */
  enqueueAll(events: readonly E[], admission: Admission): Promise<readonly Receipt[]>;
  /** As `enqueueAll`; calls of one turn of the event loop are stored together. */
  enqueue(event: E, admission: Admission): Promise<Receipt>;
  /** As `enqueue`, for an event as JSON. */
  enqueueJson(value: unknown, admission: Admission): Promise<Receipt>;
}

export interface FrontendOptions<E> {
  readonly contract: ClientContract<E>;
  /** Resolves once the records are durable. */
  readonly publish: (records: readonly TaskRecord[]) => Promise<void>;
  readonly dedupeStore: DedupeStore;
  readonly observe: (enqueued: Enqueued) => void;
  readonly clock: Clock;
  readonly nextId: (dueAt: number) => string;
}

interface Waiting {
  readonly record: TaskRecord;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Validates, encodes, deduplicates and publishes the events of one use case. */
export function createFrontend<E>(options: FrontendOptions<E>): Frontend<E> {
  const { contract, clock } = options;
  const { settings } = contract;
  const makeRecords = createToRecords(options);
  let waiting: Waiting[] = [];
  /** When the first of those that wait was enqueued. */
  let waitingSince = 0;

  function refused(count: number, error: unknown, startedAt: number): void {
    const code = error instanceof FivefoldError ? error.code : "unknown";
    options.observe({ accepted: 0, duplicates: 0, refused: count, code, tookMs: clock.monotonic() - startedAt });
  }

  function toRecords(events: readonly E[], admission: Admission, startedAt: number): TaskRecord[] {
    try {
      return makeRecords(events, admission);
    } catch (error) {
      refused(events.length, error, startedAt);
      throw error;
    }
  }

  /** Of records that were refused one by one, where `told` is told of them, there is no receipt. */
  async function store(
    records: readonly TaskRecord[],
    told: Told,
    once: Admission["once"],
  ): Promise<readonly (Receipt | undefined)[]> {
    const dedupeForMs = settings.dedupeForMs || (once?.forMs ?? 0);
    // Compared with that of the same task alone: it stands where events have the version that wrote them.
    const content = once?.task === undefined ? undefined : `${once.task.replaceAll(".", " ")}.`;
    if (dedupeForMs > 0) return publishOnce(records, dedupeForMs, { ...options, content }, told);
    await options.publish(records);
    return records.map(({ id }) => ({ id, duplicate: false }));
  }

  async function publish(
    records: readonly TaskRecord[],
    startedAt: number,
    told: Told = {},
    once?: Admission["once"],
  ): Promise<readonly (Receipt | undefined)[]> {
    let accepted = 0;
    let duplicates = 0;
    const conflicts: FivefoldError[] = [];
    const count = ({ duplicate }: Receipt) => (duplicate ? duplicates++ : accepted++);
    const observe = () => {
      const tookMs = clock.monotonic() - startedAt;
      if (accepted + duplicates > 0) options.observe({ accepted, duplicates, refused: 0, code: "", tookMs });
      if (conflicts.length > 0) refused(conflicts.length, conflicts[0], startedAt);
    };
    const counted: Told = {
      answered(record, receipt) {
        count(receipt);
        told.answered?.(record, receipt);
      },
      ...(told.refused && {
        refused(record, error) {
          conflicts.push(error);
          told.refused?.(record, error);
        },
      }),
    };
    try {
      const receipts = await store(records, counted, once);
      if (accepted + duplicates === 0) for (const receipt of receipts) if (receipt) count(receipt);
      observe();
      return receipts;
    } catch (error) {
      observe();
      refused(records.length - accepted - duplicates - conflicts.length, error, startedAt);
      throw error;
    }
  }

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const byRecord = settings.dedupeForMs > 0 ? new Map(batch.map((one) => [one.record, one])) : undefined;
    try {
      const receipts = await publish(
        batch.map(({ record }) => record),
        waitingSince,
        {
          answered: (record, receipt) => byRecord?.get(record)?.resolve(receipt),
          refused: (record, error) => byRecord?.get(record)?.reject(error),
        },
      );
      for (let i = 0; i < batch.length; i++) batch[i]!.resolve(receipts[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  function enqueue(event: E, admission: Admission): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const startedAt = waiting.length === 0 ? clock.monotonic() : waitingSince;
      const [record] = toRecords([event], admission, startedAt);
      if (waiting.length === 0) clock.soon(flush);
      waitingSince = startedAt;
      waiting.push({ record: record!, resolve, reject });
    });
  }

  function readJson(value: unknown): E {
    const startedAt = clock.monotonic();
    try {
      return contract.fromJson(value);
    } catch (error) {
      refused(1, error, startedAt);
      throw error;
    }
  }

  return {
    async enqueueAll(events, admission) {
      if (events.length === 0) return [];
      const startedAt = clock.monotonic();
      const records = toRecords(events, admission, startedAt);
      return (await publish(records, startedAt, {}, admission.once)) as readonly Receipt[];
    },
    enqueue,
    async enqueueJson(value, admission) {
      return enqueue(readJson(value), admission);
    },
  };
}
