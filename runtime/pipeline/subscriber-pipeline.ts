import {
  DONE,
  deadLetterTopicOf,
  type ExecutorContract,
  isKeyed,
  type Message,
  type ReportProblem,
  type SubscriberSettings,
  type TaskRecord,
  topicOf,
  type UseCaseSettings,
} from "../contract/contract.ts";
import type { Override, OverridePlace } from "../control/overrides.ts";
import type { SharedPermits } from "../control/permit-shares.ts";
import { type SharedRate, sharesRates } from "../control/rate-shares.ts";
import type { TaskStanding } from "../control/task-questions.ts";
import { createDelivery } from "../delivery/delivery.ts";
import { createSettlement, firstDueAt, type Settled } from "../delivery/settlement.ts";
import type { Execution } from "../execution/execution.ts";
import type { Isolation } from "../execution/isolation.ts";
import { createAdmission } from "../flow-control/admission.ts";
import type { Gate } from "../flow-control/gate.ts";
import { createPermitShare } from "../flow-control/permit-share.ts";
import { createRetryBudget } from "../flow-control/retry-budget.ts";
import { createBatchLimit, createTaskLimit } from "../flow-control/subscriber-limit.ts";
import { tellAll } from "../observers.ts";
import type { Ports } from "../ports/ports.ts";
import type { DelayRunner, DelayRunnerOptions } from "../scheduler/delay-runner.ts";
import type { Delayed } from "../scheduler/delay-store.ts";
import { createScheduler } from "../scheduler/scheduler.ts";
import type { Consumer } from "../transport/transport.ts";
import { createLocalTarget, type TaskTarget } from "./local-target.ts";
import type { PipelineCounts } from "./pipeline-counts.ts";
import type { RemoteTargets } from "./remote-targets.ts";
import { createRetryDelays } from "./retry-delays.ts";

/** One subscriber's way from the topic to its handler, running. */
export interface Pipeline {
  readonly useCase: string;
  readonly subscriber: string;
  counts(): PipelineCounts;
  /** Goes on under what operators have set. */
  override(to: Override): void;
  /** What shares its rate with other processes goes by. */
  readonly rate: SharedRate;
  /** The same of the tasks that may be in flight over all of them. */
  readonly permits: SharedPermits;
  /** Where one of its tasks is, that this process holds. */
  find(taskId: string): TaskStanding | undefined;
  /** Starts no more tasks. */
  stop(): void;
  /** Whether no try runs. */
  readonly quiet: boolean;
  /** Aborts the signals of what still runs. */
  abort(reason: string): void;
  /** Resolves once all outcomes are stored. */
  settled(): Promise<void>;
  /** Gives back what is held. */
  close(): Promise<void>;
}

/** Watches pipelines. It is called in their midst, so it must be quick; what it throws is reported. */
export interface Observer {
  /** Told of every batch of tries that ended. */
  readonly settled?: ((pipeline: Pipeline, settled: readonly Settled[]) => void) | undefined;
  /** Told of delayed tasks that were published to their topic when they had come due. */
  readonly fired?: ((topic: string, fired: readonly Delayed[]) => void) | undefined;
}

/** What the pipelines of one process share. */
export interface Shared {
  readonly ports: Ports;
  /** Resolves once the records are durable. */
  readonly publish: (topic: string, records: readonly TaskRecord[], notBefore?: readonly number[]) => Promise<void>;
  /** A consumer of that subscriber's tasks. */
  readonly subscribe: (useCase: UseCaseSettings, subscription: string) => Promise<Consumer>;
  /** Told when all were subscribed. Throws where that is not enough to begin. */
  readonly subscribed: () => void;
  readonly observers: ReadonlySet<Observer>;
  /** Absent: all tasks run in this process. */
  readonly remoteTargets: RemoteTargets | undefined;
  /** Where a delayed record goes once it is due. */
  readonly routeDelayed: DelayRunnerOptions["route"];
  /** What operators have set for a subscriber, from the start. */
  readonly overrideOf: (place: OverridePlace) => Override;
  readonly reportProblem: ReportProblem;
}

/** Tasks held for each that may run, so that one is there when another ends. */
const HELD_PER_PERMIT = 2;

export interface OpenedPipeline extends Pipeline {
  /** Lets tasks flow. */
  run(): void;
  readonly execution: Pick<Execution<unknown>, "running" | "called">;
  /** Gives back what is held as the process ends. */
  endNow(suspects: readonly Message[]): void;
}

const RUNS_ELSEWHERE: OpenedPipeline["execution"] = { running: [], called: [] };

/** Wires the four layers behind the transport for one subscriber. */
export async function openPipeline(
  contract: ExecutorContract<unknown>,
  subscriber: SubscriberSettings,
  gate: Gate,
  isolation: Isolation,
  delayRunner: DelayRunner,
  { ports, publish, subscribe, observers, remoteTargets, reportProblem }: Shared,
): Promise<OpenedPipeline> {
  const { clock } = ports;
  const { name, priority, ordered, fair, maxInFlightPerKey = 0 } = contract.settings;
  const topic = topicOf(name, priority);
  const deadLetterTopic = deadLetterTopicOf(topic, subscriber.name);
  const consumer = await subscribe(contract.settings, subscriber.name);

  const scheduler = createScheduler({
    consumer,
    topic,
    subscription: subscriber.name,
    ordered,
    maxPerKey: maxInFlightPerKey,
    // One at least: what is held asks for a share, where this process has none.
    maxHeld: () => (Math.max(1, Math.min(limit.current(), share.current())) + accepted()) * HELD_PER_PERMIT,
    givesBackInOrder: ports.transport.capabilities.givesBackInOrder,
    delay: (delayed) => delayRunner.add(delayed),
    outdated: (tasks) => ports.delayStore.outdated(tasks),
    start: (messages) => admission.offer(messages),
    clock,
    reportProblem,
  });
  const now = () => clock.now();
  const isShared = sharesRates(ports);
  const share = createPermitShare({
    clock,
    isShared,
    risen() {
      admission.limitChanged();
      scheduler.roomChanged();
    },
  });
  const permits = () => Math.min(gate.permits, share.current());
  const batchLimit = subscriber.batch ? createBatchLimit(subscriber, permits, now) : undefined;
  const limit = batchLimit ?? createTaskLimit(subscriber, now);
  const { retryBudget: budget, deadlineMs } = subscriber;
  const retryBudget = budget
    ? createRetryBudget({
        settings: budget,
        isOver: (message) => deadlineMs > 0 && now() > firstDueAt(message) + deadlineMs,
        putOff: (message, afterMs) => settlement.postpone(message, afterMs, 0),
        clock,
      })
    : undefined;
  const admission = createAdmission({
    gate,
    retryBudget,
    limit: {
      // Where too few of its hosts are fit, tasks wait.
      current: () =>
        Math.min(limit.most, share.current(), Math.ceil(limit.current() * (target.share?.() ?? 1)) + accepted()),
      reached() {
        if (limit.current() <= share.current()) limit.reached();
      },
    },
    priority,
    rate: subscriber.rate,
    // Until its share is settled with the others.
    ratePart: isShared ? 0 : 1,
    fair,
    admit: (messages) => delivery.deliver(messages),
    clock,
  });
  const settlement = createSettlement({
    subscriber,
    ordered,
    acknowledge: (messages) => consumer.acknowledge(messages),
    delay: createRetryDelays({ ports, topic, isKeyed: isKeyed(contract.settings), publish, delayRunner }),
    deadLetter: (records) => publish(deadLetterTopic, records),
    again: (message, afterMs) => scheduler.again(message, afterMs),
    rememberCrashes: (messages, crashes) => consumer.rememberCrashes?.(messages, crashes) ?? Promise.resolve(),
    freed(count) {
      limit.freed();
      admission.release(count);
    },
    ended: (messages) => scheduler.ended(messages),
    awaited: ({ outcome, startedAt, endedAt }) => limit.awaited(outcome, startedAt, endedAt),
    observe(settled) {
      retryBudget?.done(settled.filter(({ message, result }) => result === "done" && message.attempt > 1).length);
      tellAll(observers, (observer) => observer.settled?.(pipeline, settled), reportProblem);
    },
    clock,
    reportProblem,
  });
  const { target: place } = subscriber;
  const target: TaskTarget = place
    ? remoteTargets!.open({
        ...{ contract, subscriber: { ...subscriber, target: place }, settlement },
        shareChanged() {
          admission.limitChanged();
          scheduler.roomChanged();
        },
        accepted(startedAt, endedAt) {
          if (admission.inFlight >= admission.limit) limit.reached();
          limit.awaited(DONE, startedAt, endedAt);
        },
      })
    : createLocalTarget({
        ...{ contract, subscriber, batchLimit, consumer, isolation, settlement, clock, reportProblem },
        canIsolate: ports.openedWith !== undefined,
        keepsPermits: () => share.total !== undefined,
        release: (count) => admission.release(count),
        offer: (message) => admission.offer([message]),
      });
  const accepted = () => target.accepted?.() ?? 0;
  const interrupt = (why: string) => (target.interrupt ? target.interrupt(why) : target.abort(why));
  const delivery = createDelivery({
    ...{ contract, subscriber, target, settlement, clock, reportProblem },
    alone: target.alone,
  });

  let paused = false;

  const boundBy = (): PipelineCounts["flowControl"]["binds"] => {
    const { binds } = admission;
    if (binds !== "limit") return binds;
    if (share.current() < Math.min(limit.most, limit.current())) return "total";
    return (target.share?.() ?? 1) < 1 ? "hosts" : binds;
  };
  const pipeline: OpenedPipeline = {
    useCase: name,
    subscriber: subscriber.name,
    counts: () => ({
      scheduler: { ...scheduler.counts },
      flowControl: {
        ...admission.counts,
        inFlight: admission.inFlight,
        waiting: admission.waiting,
        limit: admission.limit,
        paused,
        retriesHeldBack: retryBudget?.putOffs ?? 0,
        binds: boundBy(),
      },
      delivery: {
        ...delivery.counts,
        ...settlement.counts,
        deadLetters: { ...settlement.counts.deadLetters },
      },
      execution: target.counts ? { ...target.counts } : { running: target.running.length, stuck: 0, alone: 0 },
    }),
    run: () => scheduler.run(),
    rate: admission.rate,
    permits: {
      get total() {
        return share.total;
      },
      get inFlight() {
        return admission.inFlight;
      },
      get waiting() {
        return admission.waiting;
      },
      take: share.take,
      lose: () => interrupt("others may have its share of `maxInFlightTotal`"),
    },
    override(to) {
      paused = to.paused ?? false;
      limit.override(to.maxInFlight);
      const { maxInFlightTotal = subscriber.maxInFlightTotal } = to;
      share.holdTo(maxInFlightTotal ?? undefined);
      target.pause?.(paused);
      admission.change({ rate: to.rate === undefined ? subscriber.rate : to.rate, paused });
      scheduler.roomChanged();
    },
    find(taskId) {
      const waiting = retryBudget?.find(taskId) ?? scheduler.find(taskId) ?? admission.find(taskId);
      if (waiting) {
        const state = waiting.state === "limit" ? (boundBy() ?? "limit") : waiting.state;
        return { ...waiting, state };
      }
      const taken = target.find?.(taskId);
      if (!taken) return undefined;
      const { state, attempt, since } = taken;
      return { state, attempt, at: since === undefined ? undefined : clock.now() - (clock.monotonic() - since) };
    },
    stop() {
      scheduler.stop();
      admission.stop();
      target.stop?.();
    },
    get quiet() {
      return admission.inFlight === 0 && (target.quiet ?? true);
    },
    abort: (reason) => target.abort(reason),
    execution: target.execution ?? RUNS_ELSEWHERE,
    endNow: (suspects) => consumer.endNow?.(suspects),
    settled: () => settlement.idle(),
    close: () => consumer.close(),
  };
  return pipeline;
}
