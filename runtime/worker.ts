import { onStoresClock } from "./connection.ts";
import { type Cancel, settledWithin, sleep } from "./contract/clock.ts";
import type { ExecutorContract, ReportProblem, UseCaseSettings } from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";
import type { TaskLogLine } from "./contract/task-log.ts";
import { describeThrown } from "./contract/thrown.ts";
import type { ControlStore } from "./control/control-store.ts";
import { NO_OVERRIDES, watchOverrides } from "./control/overrides.ts";
import { sharePermits } from "./control/permit-shares.ts";
import { shareRates, sharesRates } from "./control/rate-shares.ts";
import { answerQuestions } from "./control/task-questions.ts";
import { type SubscriberReport, tellWorkerReports } from "./control/worker-reports.ts";
import { reportSafely } from "./observers.ts";
import { type Observer, openPipelines, type Pipeline, type PipelineCounts, type Settled } from "./pipeline/pipeline.ts";
import type { RemoteTargetsOptions } from "./pipeline/remote-targets.ts";
import { joinWorkerReleases, type ReleaseOptions } from "./pipeline/worker-releases.ts";
import type { Ports } from "./ports/ports.ts";
import { createPublisher } from "./ports/publisher.ts";
import { reportSeldom } from "./problem-reports.ts";
import { runWorkerSchedules } from "./schedules.ts";
import { watchStrays } from "./strays/stray-watch.ts";
import { createStrayFinder } from "./strays/strays.ts";
import { createSubscriptions } from "./subscriptions.ts";
import { openSpans } from "./tracing/spans.ts";

export interface WorkerOptions {
  readonly ports: Ports;
  readonly executors: readonly ExecutorContract<unknown>[];
  /**
   * All use cases of the project, whichever run here: tells what nobody consumes any more, and where delayed tasks go
   * whose use case has another priority now. Default: those of the executors.
   */
  readonly useCases?: readonly UseCaseSettings[] | undefined;
  /** Whether no other project shares the topics: then what no use case has is told of too. Default: false. */
  readonly alone?: boolean | undefined;
  /** What this worker is a release of. Absent: use cases that have `release` run as others do. */
  readonly release?: ReleaseOptions | undefined;
  /** Tasks in flight in this process, over all subscribers. Default 1,024. */
  readonly maxInFlight?: number | undefined;
  /** Told of every batch of tries that ended. */
  readonly observe?: ((pipeline: Pipeline, settled: readonly Settled[]) => void) | undefined;
  /** How often dedupe ids whose time is over are looked for. Default 60 s. */
  readonly sweepEveryMs?: number | undefined;
  /** Says where targets are. Default: that of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Resolves names of targets' hosts. Default: as the system does. */
  readonly resolve?: RemoteTargetsOptions["resolve"];
  /** Takes what handlers write by `task.log`. Default: it is written nowhere. */
  readonly log?: ((line: TaskLogLine) => void) | undefined;
  /** Default: a warning of the process. */
  readonly reportProblem?: ReportProblem | undefined;
}

export interface Worker {
  /** By use case, then by subscriber. */
  counts(): Readonly<Record<string, Readonly<Record<string, PipelineCounts>>>>;
  /**
   * Starts nothing more, lets what runs end within `graceMs` (default 25 s, below Kubernetes' 30), then aborts the
   * signals of what still runs, stores all outcomes, and gives back the rest. The ports stay open.
   */
  drain(graceMs?: number): Promise<void>;
  /** Whether it has begun to drain. */
  readonly draining: boolean;
  readonly useCases: readonly UseCaseSettings[];
  readonly ports: Ports;
  /** Watches from now on, until the returned function is called. */
  observe(observer: Observer): Cancel;
}

const DEFAULT_MAX_IN_FLIGHT = 1_024;
const DEFAULT_GRACE_MS = 25_000;
/** What a handler gets to heed its aborted signal. */
const ABORT_GRACE_MS = 1_000;
/** What storing the last outcomes gets. */
const STORE_GRACE_MS = 5_000;
const POLL_MS = 5;
const SWEEP_EVERY_MS = 60_000;

/** Runs the executors' use cases on the ports: declares their topics, and opens a pipeline for each subscriber. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { executors } = options;
  if (options.ports.missing) throw options.ports.missing;
  const ports = onStoresClock(options.ports);
  const { clock, transport } = ports;
  const report = reportSafely(options.reportProblem ?? ((problem) => process.emitWarning(problem)));
  const reportProblem = reportSeldom(report, clock);
  const subscriptions = createSubscriptions({ ports, reportProblem });
  const environment = options.environment ?? process.env;
  const isSending = executors.some(({ settings }) => settings.subscribers.some(({ target }) => target));
  // Loaded here, since a process that sends nothing should not need the HTTP library.
  const remoteTargets = isSending
    ? await (await import("./pipeline/remote-targets.ts")).openRemoteTargets(executors, {
        ...{ environment, resolve: options.resolve, openControlStore: ports.openControlStore, clock, reportProblem },
      })
    : undefined;
  await subscriptions.declare(executors.map(({ settings }) => settings));

  let overrides = NO_OVERRIDES;
  let running: readonly Pipeline[] = [];
  const controlStore = ports.openControlStore && openOnce(ports.openControlStore);
  const watching =
    controlStore &&
    (await watchOverrides({
      open: controlStore.open,
      changed(found) {
        overrides = found;
        for (const pipeline of running) pipeline.override(found.of(pipeline));
      },
      clock,
      reportProblem,
    }));

  const observers = new Set<Observer>();
  if (options.observe) observers.add({ settled: options.observe });
  const publisher = createPublisher(transport);
  const releases = await joinWorkerReleases({
    ...{ release: options.release, executors, open: controlStore?.open, clock, reportProblem },
  });
  const strays = createStrayFinder(options.useCases ?? executors.map(({ settings }) => settings));
  const { pipelines, add, delayRunner, stopWatching } = await openPipelines(
    executors,
    options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT,
    {
      ports,
      publish: publisher.publish,
      subscribe: subscriptions.open,
      subscribed: subscriptions.requireAny,
      observers,
      remoteTargets,
      routeDelayed: strays.routeDelayed,
      overrideOf: (place) => overrides.of(place),
      spans: openSpans(),
      log: options.log,
      releasesOf: releases?.view,
      reportProblem,
    },
    releases?.consumes,
  ).catch(async (error) => {
    await watching?.stop();
    await releases?.stop();
    await controlStore?.close();
    await remoteTargets?.close();
    throw error;
  });
  running = pipelines;
  releases?.follow((useCase, subscriber) => {
    // A pipeline that can't be opened now waits by itself; what is left is a store that is gone, which others tell of.
    add(useCase, subscriber).catch((error) => reportProblem(storeGone(error)));
  });
  const shared = sharesRates(ports) ? controlStore : undefined;
  const sharing = shared && (await shareRates({ open: shared.open, holders: () => pipelines, clock, reportProblem }));
  const sharingPermits =
    shared && (await sharePermits({ open: shared.open, holders: () => pipelines, clock, reportProblem }));
  const telling =
    shared &&
    tellWorkerReports({
      open: shared.open,
      useCases: executors.map(({ settings }) => settings.name),
      subscribers: () => pipelines.map(standing),
      clock,
      reportProblem,
    });
  const schedules =
    controlStore &&
    runWorkerSchedules({
      ...{ executors, ports, publish: publisher.publish, open: controlStore.open, alone: options.alone ?? false },
      reportProblem,
    });
  const answering =
    shared &&
    answerQuestions({
      open: shared.open,
      find: (taskId) =>
        pipelines.flatMap((pipeline) => {
          const { useCase, subscriber } = pipeline;
          const found = pipeline.find(taskId);
          return found ? [{ useCase, subscriber, ...found }] : [];
        }),
      clock,
      reportProblem,
    });
  // What was changed while they were opened.
  for (const pipeline of pipelines) pipeline.override(overrides.of(pipeline));
  const own = options.alone ? undefined : new Set(executors.map(({ settings }) => settings.name));
  const stopWatchingStrays = watchStrays({ find: () => strays.inTopics(ports, own), clock, reportProblem });

  let stopSweeping: Cancel = () => {};
  const sweepLater = () => {
    stopSweeping = clock.after(options.sweepEveryMs ?? SWEEP_EVERY_MS, sweep, { background: true });
  };
  /** Forgets the dedupe ids whose time is over, a bounded batch at a time. */
  const sweep = async () => {
    try {
      while ((await ports.dedupeStore.sweep(clock.now())) > 0);
    } catch (error) {
      const message = `Old dedupe ids can't be removed now: ${describeThrown(error)}`;
      reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
    }
    sweepLater();
  };
  sweepLater();

  /** Whether all tries ended in that time. */
  async function quietWithin(graceMs: number): Promise<boolean> {
    const endsAt = clock.monotonic() + graceMs;
    while (pipelines.some((pipeline) => !pipeline.quiet)) {
      if (clock.monotonic() >= endsAt) return false;
      await sleep(clock, POLL_MS);
    }
    return true;
  }

  async function drain(graceMs: number): Promise<void> {
    stopSweeping();
    stopWatchingStrays();
    await schedules?.stop();
    for (const pipeline of pipelines) pipeline.stop();
    const left = releases?.leave(graceMs);
    if (!(await quietWithin(graceMs))) {
      for (const pipeline of pipelines) pipeline.abort("the worker is ending");
      await quietWithin(ABORT_GRACE_MS);
    }
    await left;
    // A disk that takes no more must not keep the process: what isn't stored by then is delivered again.
    await settledWithin(clock, STORE_GRACE_MS, Promise.all(pipelines.map((pipeline) => pipeline.settled())));
    await Promise.all([watching?.stop(), sharing?.stop(), sharingPermits?.stop(), telling?.stop(), answering?.stop()]);
    await releases?.stop();
    await controlStore?.close();
    await delayRunner.close();
    await Promise.all(pipelines.map((pipeline) => pipeline.close()));
    await remoteTargets?.close();
    await publisher.close();
    stopWatching();
  }

  let drained: Promise<void> | undefined;
  return {
    counts() {
      const counts: Record<string, Record<string, PipelineCounts>> = {};
      for (const pipeline of pipelines) {
        counts[pipeline.useCase] ??= {};
        counts[pipeline.useCase]![pipeline.subscriber] = pipeline.counts();
      }
      return counts;
    },
    drain(graceMs = DEFAULT_GRACE_MS) {
      drained ??= drain(graceMs);
      return drained;
    },
    get draining() {
      return drained !== undefined;
    },
    useCases: executors.map(({ settings }) => settings),
    ports,
    observe(observer) {
      observers.add(observer);
      return () => observers.delete(observer);
    },
  };
}

/** One store for all that ask for it. Where it can't be opened, the next one tries again. */
function openOnce(open: () => Promise<ControlStore>) {
  let opened: Promise<ControlStore> | undefined;
  return {
    open(): Promise<ControlStore> {
      opened ??= open().catch((error) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    close: () => opened?.then((store) => store.close()).catch(() => {}),
  };
}

function storeGone(error: unknown): FivefoldError {
  if (error instanceof FivefoldError) return error;
  return new FivefoldError("storage-failed", describeThrown(error), { cause: error });
}

function standing(pipeline: Pipeline): SubscriberReport {
  const { inFlight, waiting, limit, binds } = pipeline.counts().flowControl;
  return { useCase: pipeline.useCase, subscriber: pipeline.subscriber, inFlight, waiting, limit, binds };
}
