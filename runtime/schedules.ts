import type {
  ClientContract,
  ExecutorContract,
  ReportProblem,
  TaskRecord,
  UseCaseSettings,
} from "./contract/contract.ts";
import { type ErrorCode, FivefoldError } from "./contract/errors.ts";
import type { Scheduled } from "./contract/schedule.ts";
import { describeThrown } from "./contract/thrown.ts";
import type { ControlStore } from "./control/control-store.ts";
import { createFrontendOn } from "./pipeline/frontend-on.ts";
import type { Ports } from "./ports/ports.ts";
import { type DueTick, runSchedules } from "./schedules/run-schedules.ts";
import { forgetOtherSchedules } from "./schedules/schedule-state.ts";
import { openSpans } from "./tracing/spans.ts";
import { traceFrontend } from "./tracing/traced-frontend.ts";

export interface WorkerSchedules {
  readonly executors: readonly ExecutorContract<unknown>[];
  readonly ports: Ports;
  readonly publish: (topic: string, records: readonly TaskRecord[]) => Promise<void>;
  readonly open: () => Promise<ControlStore>;
  /** Whether no other project shares the stores: then what other use cases have left behind is forgotten. */
  readonly alone: boolean;
  readonly reportProblem: ReportProblem;
}

/** How long a tick that is enqueued again is known to have been. Its task's id is the same ever after. */
const ONCE_FOR_MS = 2 * 86_400_000;
/** What an event is refused for, however often it is tried. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(["invalid-event", "payload-too-large", "conflict", "handler-fault"]);

/** Fires the ticks of the executors' schedules for as long as their worker runs. */
export function runWorkerSchedules(options: WorkerSchedules): { stop(): Promise<void> } {
  const { executors, open, ports, reportProblem } = options;
  const names = executors.map(({ settings }) => settings.name);
  if (options.alone) {
    open()
      .then((store) => forgetOtherSchedules(store, names))
      .catch((error: unknown) => {
        const message = `Schedules of use cases that are gone can't be forgotten now: ${describeThrown(error)}`;
        reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
      });
  }
  const running = executors.map(({ settings, scheduled }) =>
    runSchedules({
      useCase: settings.name,
      schedules: scheduled ? (settings.schedules ?? []) : [],
      open,
      fire: createFire(settings, scheduled, options),
      isRefusal: (error) => error instanceof FivefoldError && REFUSALS.has(error.code),
      clock: ports.clock,
      reportProblem,
    }),
  );
  return {
    async stop() {
      await Promise.all(running.map((one) => one.stop()));
    },
  };
}

function createFire(
  { name }: UseCaseSettings,
  scheduled: Scheduled<ClientContract<unknown>> | undefined,
  { ports, publish }: WorkerSchedules,
): (tick: DueTick) => Promise<void> {
  const loadFrontend = once(async () => {
    const frontend = createFrontendOn(await scheduled!.client(), publish, ports, () => {});
    const spans = openSpans();
    return spans ? traceFrontend(frontend, spans, name, ports.clock) : frontend;
  });
  return async ({ schedule, at }) => {
    const frontend = await loadFrontend();
    const event = eventOf(scheduled!, schedule, at);
    const task = taskIdOf(name, schedule, at);
    await frontend.enqueueAll([event], {
      dueAt: 0,
      traceparent: "",
      once: { id: `tick ${schedule} ${at}`, forMs: ONCE_FOR_MS, task },
    });
  };
}

/** The same for the same tick, whichever process fires it. */
function taskIdOf(useCase: string, schedule: string, at: number): string {
  return `${useCase}.${schedule}.${new Date(at).toISOString()}`;
}

function eventOf({ events }: Scheduled<unknown>, schedule: string, at: number): unknown {
  try {
    return events[schedule]!({ at: new Date(at), schedule });
  } catch (error) {
    const message = `the schedule's event function failed: ${describeThrown(error)}`;
    throw new FivefoldError("handler-fault", message, { cause: error });
  }
}

/** Where it fails, the next call tries again. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}
