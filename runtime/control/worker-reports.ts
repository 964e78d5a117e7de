import { type Cancel, type Clock, settledWithin } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlStore } from "./control-store.ts";
import type { OverridePlace } from "./overrides.ts";

/**
 * What keeps a subscriber's tasks, which this process holds, from starting. `rate`: its rate; `limit`: as many run as its
 * limit allows; `total`: as many as may over all processes; `hosts`: too few hosts of its target are fit; `permits`: other use cases have the process's permits;
 * `retry-budget`: retries wait, since as many fail as may.
 */
export type Binding = "paused" | "rate" | "limit" | "total" | "hosts" | "permits" | "retry-budget";

/** How a subscriber stands in one process. */
export interface SubscriberReport extends OverridePlace {
  readonly inFlight: number;
  /** Held by the process, and may not start. */
  readonly waiting: number;
  readonly limit: number;
  readonly binds?: Binding | undefined;
}

/** What a worker tells of itself, for people: nothing is decided by it. */
export interface WorkerReport {
  /** When it was written, by the clock of the stores, in ms since the Unix epoch. */
  readonly at: number;
  /** The use cases that it runs. */
  readonly useCases: readonly string[];
  /** Those of its subscribers where something runs or waits. */
  readonly busy: readonly SubscriberReport[];
}

const PREFIX = "worker/";
const TELL_MS = 2_000;
/** An idle worker says that it lives. */
const IDLE_MS = 10_000;
/** One that has told nothing for so long is gone. */
const SILENT_MS = 30_000;

/** What live workers told last. */
export async function readWorkerReports(store: ControlStore, now: number): Promise<readonly WorkerReport[]> {
  const reports = (await store.list(PREFIX)).map(({ value }) => reportIn(value));
  return reports.filter((report) => report !== undefined).filter(({ at }) => Math.abs(now - at) < SILENT_MS);
}

/** `undefined`: it can't be read. */
function reportIn(text: string): WorkerReport | undefined {
  try {
    const report = JSON.parse(text) as Partial<WorkerReport> | null;
    const isWhole = Number.isFinite(report?.at) && Array.isArray(report?.useCases) && Array.isArray(report?.busy);
    return isWhole ? (report as WorkerReport) : undefined;
  } catch {
    return undefined;
  }
}

/** Tells how the subscribers of this process stand, every 2 s while anything happens, until it is stopped. */
export function tellWorkerReports(options: {
  readonly open: () => Promise<ControlStore>;
  readonly useCases: readonly string[];
  readonly subscribers: () => readonly SubscriberReport[];
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): { stop(): Promise<void> } {
  const { clock } = options;
  const key = `${PREFIX}${clock.randomId(12)}`;
  let told = "";
  let toldAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  let cancel: Cancel = () => {};
  let telling: Promise<void> = Promise.resolve();

  async function tell(): Promise<void> {
    const busy = options
      .subscribers()
      .filter(({ inFlight, waiting, binds }) => inFlight + waiting > 0 || binds === "retry-budget");
    const text = JSON.stringify(busy);
    const isDue = clock.monotonic() - toldAt >= IDLE_MS;
    if (text === told && !isDue) return;
    try {
      const store = await options.open();
      // It is of this process alone, which nobody else can ask.
      if (store.watch) {
        stopped = true;
        return;
      }
      if (isDue) await forgetOthers(store);
      await put(store, JSON.stringify({ at: clock.now(), useCases: options.useCases, busy } satisfies WorkerReport));
      told = text;
      toldAt = clock.monotonic();
    } catch (error) {
      const message = `What this worker does can't be told now, which changes nothing for tasks: ${describeThrown(error)}`;
      options.reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
    }
  }

  /** Nobody else writes this entry; a change whose answer was lost has another revision. */
  async function put(store: ControlStore, value: string | undefined): Promise<void> {
    const found = (await store.list(key)).find((entry) => entry.key === key);
    await store.put(key, value, found?.revision ?? 0);
  }

  async function forgetOthers(store: ControlStore): Promise<void> {
    for (const { key: other, value, revision } of await store.list(PREFIX)) {
      const { at = 0 } = reportIn(value) ?? {};
      if (other !== key && clock.now() - at > 2 * SILENT_MS) await store.put(other, undefined, revision);
    }
  }

  function tellLater(): void {
    if (stopped) return;
    cancel = clock.after(
      TELL_MS,
      () => {
        telling = tell().then(tellLater);
      },
      { background: true },
    );
  }

  telling = tell().then(tellLater);
  return {
    async stop() {
      stopped = true;
      cancel();
      const gone = telling.then(async () => told !== "" && put(await options.open(), undefined)).catch(() => {});
      await settledWithin(clock, TELL_MS, gone);
    },
  };
}
