import type { ControlStore } from "../../runtime/runtime.ts";
import { type Status, statusOf } from "../commands/controls.ts";
import { type Answer, type Known, whyOf } from "../commands/why.ts";
import { placesOf } from "../places.ts";
import { builtUseCases } from "../project-runtime.ts";
import type { Stores } from "../stores.ts";

/** How a subscriber stands. */
export type SubscriberNow = Answer & Omit<Status, "useCase" | "subscriber" | "backlog">;

/** How all use cases stand at a moment. */
export interface Snapshot {
  /** ISO 8601. */
  readonly at: string;
  readonly subscribers: readonly SubscriberNow[];
  /** Of the last quarter of an hour, the newest last: what each sample found, by subscriber as above. */
  readonly trail: readonly Sample[];
}

/** Figures of one moment, in the order of `Snapshot.subscribers`. */
export interface Sample {
  /** In ms since the Unix epoch. */
  readonly at: number;
  readonly backlog: readonly number[];
  readonly delayed: readonly number[];
  readonly inFlight: readonly number[];
  readonly deadLetters: readonly number[];
}

const EVERY_MS = 2_000;
const KEPT = 450;
/** Of its time, what it may take to count what waits: the store reads all of it. */
const COUNTING_SHARE = 0.05;

export interface Sampler {
  /** A snapshot that is at most two seconds old. */
  now(): Promise<Snapshot>;
  /** Tells each snapshot as it is taken; one sampler does for all who watch. */
  watch(tell: (snapshot: Snapshot) => void): () => void;
  /** The next one is taken at once: something was changed. */
  refresh(): void;
}

/** Looks at the stores every 2 s as long as anybody watches, and not at all otherwise. */
export function createSampler(stores: Stores, store: ControlStore): Sampler {
  const { runtime, connection } = stores;
  const { delayStore, clock } = connection.ports;
  const watchers = new Set<(snapshot: Snapshot) => void>();
  const trail: Sample[] = [];
  let last: { readonly snapshot: Snapshot; readonly takenAt: number } | undefined;
  let taking: Promise<Snapshot> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let delayed: Known["delayed"] = [];
  let countAgainAt = 0;

  async function countDelayed(): Promise<Known["delayed"]> {
    const startedAt = performance.now();
    if (startedAt < countAgainAt) return delayed;
    delayed = await delayStore.groups();
    const tookMs = performance.now() - startedAt;
    countAgainAt = tookMs < 20 ? 0 : startedAt + tookMs / COUNTING_SHARE;
    return delayed;
  }

  async function take(): Promise<Snapshot> {
    const now = delayStore.now?.() ?? clock.now();
    const overrides = await runtime.readOverrides(store);
    const known: Known = {
      overrides,
      reports: await runtime.readWorkerReports(store, now),
      delayed: await countDelayed(),
      now,
    };
    const statuses = await statusOf(stores, overrides, undefined);
    const answers = await Promise.all(
      (await placesOf(stores.root, undefined)).map((place) => whyOf(stores, place, known)),
    );
    const subscribers = answers.map((answer, i): SubscriberNow => ({ ...statuses[i]!, ...answer }));
    const figures = (name: "backlog" | "delayed" | "inFlight" | "deadLetters") => subscribers.map((one) => one[name]);
    trail.push({
      at: now,
      backlog: figures("backlog"),
      delayed: figures("delayed"),
      inFlight: figures("inFlight"),
      deadLetters: figures("deadLetters"),
    });
    if (trail.length > KEPT) trail.shift();
    return { at: new Date(now).toISOString(), subscribers, trail };
  }

  async function sample(): Promise<Snapshot> {
    taking ??= take().finally(() => {
      taking = undefined;
    });
    const snapshot = await taking;
    last = { snapshot, takenAt: performance.now() };
    return snapshot;
  }

  async function round(): Promise<void> {
    timer = undefined;
    try {
      const snapshot = await sample();
      for (const tell of watchers) tell(snapshot);
    } catch {
      // A store that can't be reached now is asked again; who reads by itself is told why.
    }
    later(EVERY_MS);
  }

  function later(ms: number): void {
    if (watchers.size === 0 || timer) return;
    timer = setTimeout(round, ms).unref();
  }

  return {
    now: async () => (last && performance.now() - last.takenAt < EVERY_MS ? last.snapshot : sample()),
    watch(tell) {
      watchers.add(tell);
      if (last) tell(last.snapshot);
      later(last ? EVERY_MS : 0);
      return () => watchers.delete(tell);
    },
    refresh() {
      last = undefined;
      clearTimeout(timer);
      timer = undefined;
      later(0);
    },
  };
}

/** What never changes while this process runs: a build starts another one. */
export async function describeProject({ root }: Stores) {
  return (await builtUseCases(root)).map(({ name, doc, file, owner, event, feeds, settings, changes }) => ({
    ...{ name, doc, file, owner, event: event.name, version: event.version, feeds, settings },
    source: changes?.source ?? null,
  }));
}
