import {
  DONE,
  deadLetterTopicOf,
  type ExecutorContract,
  isKeyed,
  type Message,
  type SubscriberSettings,
  topicOf,
} from "../contract/contract.ts";
import { sharesRates } from "../control/rate-shares.ts";
import { createDelivery } from "../delivery/delivery.ts";
import { createSettlement, firstDueAt, type SettlementOptions } from "../delivery/settlement.ts";
import type { Execution } from "../execution/execution.ts";
import type { Isolation } from "../execution/isolation.ts";
import { createTaskLogs } from "../execution/task-logs.ts";
import { createAdmission } from "../flow-control/admission.ts";
import type { Gate } from "../flow-control/gate.ts";
import { createPermitShare } from "../flow-control/permit-share.ts";
import { createRetryBudget } from "../flow-control/retry-budget.ts";
import { createBatchLimit, createTaskLimit } from "../flow-control/subscriber-limit.ts";
import { tellAll } from "../observers.ts";
import { createDispatcher } from "../release/dispatcher.ts";
import type { DelayRunner } from "../scheduler/delay-runner.ts";
import { createScheduler } from "../scheduler/scheduler.ts";
import { createTaskTraces, traceSettlement } from "../tracing/task-traces.ts";
import { watchReceived } from "../tracing/watch-received.ts";
import { createLocalTarget, type TaskTarget } from "./local-target.ts";
import type { PipelineCounts } from "./pipeline-counts.ts";
import type { Pipeline, Shared } from "./pipeline-parts.ts";
import { createRetryDelays } from "./retry-delays.ts";

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
  { ports, publish, subscribe, observers, remoteTargets, spans, log, releasesOf, reportProblem }: Shared,
): Promise<OpenedPipeline> {
  const { clock } = ports;
  const { name, priority, ordered, fair, maxInFlightPerKey = 0 } = contract.settings;
  const topic = topicOf(name, priority);
  const deadLetterTopic = deadLetterTopicOf(topic, subscriber.name);
  const traces = spans && createTaskTraces(spans, name, subscriber, clock);
  const subscribed = await subscribe(contract.settings, subscriber.name);
  const consumer = traces ? watchReceived(subscribed, traces) : subscribed;

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
    start(messages) {
      traces?.offered(messages);
      admission.offer(messages);
    },
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
    admit: (messages) => delivery.deliver(dispatcher.take(traces ? traces.begun(messages) : messages)),
    clock,
  });
  const retryDelays = createRetryDelays({ ports, topic, isKeyed: isKeyed(contract.settings), publish, delayRunner });
  const settlementOf = (options: SettlementOptions) =>
    traces ? traceSettlement(createSettlement(options), traces) : createSettlement(options);
  const settlement = settlementOf({
    subscriber,
    ordered,
    acknowledge: (messages) => consumer.acknowledge(messages),
    delay(retries) {
      if (traces) for (const { record, dueAt } of retries) traces.delayed(record, dueAt);
      return retryDelays(retries);
    },
    deadLetter: (records) => publish(deadLetterTopic, records),
    again(message, afterMs) {
      traces?.delayed(message, clock.now() + afterMs);
      scheduler.again(message, afterMs);
    },
    rememberCrashes: (messages, crashes) => consumer.rememberCrashes?.(messages, crashes) ?? Promise.resolve(),
    freed(count) {
      limit.freed();
      admission.release(count);
    },
    ended: (messages) => scheduler.ended(messages),
    awaited: ({ outcome, startedAt, endedAt }) => limit.awaited(outcome, startedAt, endedAt),
    observe(settled) {
      traces?.settled(settled);
      dispatcher.settled(settled);
      retryBudget?.done(settled.filter(({ message, result }) => result === "done" && message.attempt > 1).length);
      tellAll(observers, (observer) => observer.settled?.(pipeline, settled), reportProblem);
    },
    clock,
    reportProblem,
  });
  const { target: place } = subscriber;
  const target: TaskTarget = place
    ? remoteTargets!.open({
        ...{ contract, subscriber: { ...subscriber, target: place }, settlement, traces },
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
        ...{ contract, subscriber, batchLimit, consumer, isolation, settlement, traces, clock, reportProblem },
        logOf: createTaskLogs({ useCase: name, subscriber: subscriber.name, write: log, clock }),
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

  const handing = { releasesOf, useCase: contract.settings, subscriber, settlement, clock, reportProblem };
  const dispatcher = createDispatcher({ ...handing, deliver: (messages) => delivery.deliver(messages) });

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
      delivery: { ...delivery.counts, ...settlement.counts, deadLetters: { ...settlement.counts.deadLetters } },
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
        return { ...waiting, state: waiting.state === "limit" ? (boundBy() ?? "limit") : waiting.state };
      }
      const taken = dispatcher.find(taskId) ?? target.find?.(taskId);
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
