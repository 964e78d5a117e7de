import { type Clock, settledWithin } from "../contract/clock.ts";
import type { Message, ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { Consumer, Transport } from "../transport/transport.ts";
import type { CrashCount, CrashStore } from "./crash-store.ts";
import { openStartMarks, type StartMarks } from "./start-marks.ts";

/** How old what is known of the store may be when messages are handed out. */
const KNOWN_FOR_MS = 1_000;
/** A store that does not answer holds up nobody for longer. */
const PATIENCE_MS = 1_000;

/**
 * A transport that keeps no crash counts, with counts: what this process has started is marked in a folder that outlives
 * it; what a process that ended had started is then entered in a store that all workers share, and comes with its count
 * wherever it is delivered. Opened by the first consumer. Without store or folder it goes on without counts, and says so.
 */
export function countCrashes(
  transport: Transport,
  settings: {
    readonly openStore: () => Promise<CrashStore>;
    /** Where processes of one machine, or of one pod, leave what they had started. */
    readonly folder: string;
    readonly clock: Clock;
    readonly reportProblem: ReportProblem;
  },
): Transport {
  const { clock, reportProblem } = settings;
  let opening: Promise<Counts | undefined> | undefined;

  async function open(): Promise<Counts | undefined> {
    try {
      const marks = await openStartMarks(settings.folder, clock);
      const store = await settings.openStore().catch((error: unknown) => {
        marks.close();
        throw error;
      });
      const counts = createCounts(store, marks, clock, reportProblem);
      await counts.refresh();
      return counts;
    } catch (error) {
      const message = `Crashes can't be counted: ${describeThrown(error)}. A task that ends its process comes back like any other.`;
      reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
      return undefined;
    }
  }

  return {
    get capabilities() {
      return transport.capabilities;
    },
    declare: (topics) => transport.declare(topics),
    producer: (topic) => transport.producer(topic),
    async subscribe(topic, subscription, type, options) {
      opening ??= open();
      const counts = await opening;
      const consumer = await transport.subscribe(topic, subscription, type, options);
      return counts ? counted(consumer, topic, subscription, counts) : consumer;
    },
    backlog: (topic, subscription) => transport.backlog(topic, subscription),
    topics: (isWanted) => transport.topics(isWanted),
    removeSubscription: (topic, subscription) => transport.removeSubscription(topic, subscription),
    async close() {
      await transport.close();
      await (await opening)?.close();
    },
  };
}

type Counts = ReturnType<typeof createCounts>;

/** What is known of crashes in this process. */
function createCounts(store: CrashStore, marks: StartMarks, clock: Clock, reportProblem: ReportProblem) {
  let known = new Map<string, number>();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    try {
      for (const { counts, forget } of await marks.left()) {
        await store.keep(counts);
        forget();
      }
      known = new Map((await store.readAll()).map((count) => [keyOf(count), count.crashes]));
    } catch (error) {
      const message = `Tasks that were in flight at a crash can't be looked up now: ${describeThrown(error)}`;
      reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
    }
    loadedAt = clock.monotonic();
    loading = undefined;
  }

  return {
    marks,

    /** Resolves once what is known is new enough, or can't be had soon. */
    async refresh(): Promise<void> {
      if (clock.monotonic() - loadedAt < KNOWN_FOR_MS) return;
      loading ??= load();
      await settledWithin(clock, PATIENCE_MS, loading);
    },

    of: (count: Omit<CrashCount, "crashes">): number | undefined =>
      known.size === 0 ? undefined : known.get(keyOf(count)),

    async keep(counts: readonly CrashCount[]): Promise<void> {
      await store.keep(counts);
      for (const count of counts) known.set(keyOf(count), count.crashes);
    },

    /** Forgets those of the tasks that are known. */
    async settled(tasks: readonly CrashCount[]): Promise<void> {
      if (known.size === 0) return;
      const found = tasks.filter((task) => known.delete(keyOf(task)));
      if (found.length > 0) await store.forget(found);
    },

    async close(): Promise<void> {
      marks.close();
      await store.close();
    },
  };
}

const keyOf = ({ topic, subscription, id }: Omit<CrashCount, "crashes">) => JSON.stringify([topic, subscription, id]);

function counted(consumer: Consumer, topic: string, subscription: string, counts: Counts): Consumer {
  const { marks } = counts;
  const countsOf = (messages: readonly Message[]): CrashCount[] =>
    messages.map(({ id, crashes = 0 }) => ({ topic, subscription, id, crashes }));
  /** Started, and neither settled nor given back. */
  const started = new Map<unknown, CrashCount>();

  function end(messages: readonly Message[]): void {
    const ended = messages.map(({ position }) => started.get(position)).filter((count) => count !== undefined);
    for (const { position } of messages) started.delete(position);
    marks.end(ended);
  }

  return {
    async receive(max) {
      const messages = await consumer.receive(max);
      if (messages.length === 0) return messages;
      await counts.refresh();
      return messages.map((message) => {
        const crashes = counts.of({ topic, subscription, id: message.id });
        return crashes === undefined ? message : { ...message, crashes };
      });
    },
    starting(messages) {
      const found = countsOf(messages);
      for (const [index, { position }] of messages.entries()) started.set(position, found[index]!);
      marks.start(found);
    },
    async acknowledge(messages) {
      await consumer.acknowledge(messages);
      end(messages);
      // What can't be forgotten now is kept for some time, and does no harm.
      await counts.settled(countsOf(messages)).catch(() => {});
    },
    negativeAcknowledge(messages, delayMs) {
      consumer.negativeAcknowledge(messages, delayMs);
      end(messages);
    },
    rememberCrashes: (messages, crashes) => counts.keep(countsOf(messages).map((count) => ({ ...count, crashes }))),
    endNow: (suspects) => marks.endNow(countsOf(suspects)),
    async close() {
      await consumer.close();
      marks.end([...started.values()]);
      started.clear();
    },
  };
}
