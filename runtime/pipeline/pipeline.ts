import type { Cancel } from "../contract/clock.ts";
import type { ExecutorContract } from "../contract/contract.ts";
import type { Settled } from "../delivery/settlement.ts";
import { suspectsAtEnd } from "../execution/calls.ts";
import { createIsolation } from "../execution/isolation.ts";
import { watchProcessFaults } from "../execution/process-faults.ts";
import { createGate } from "../flow-control/gate.ts";
import type { Admission, Enqueued, Frontend, Receipt } from "../frontend/frontend.ts";
import { tellAll } from "../observers.ts";
import { createDelayRunner, type DelayRunner } from "../scheduler/delay-runner.ts";
import type { Delayed } from "../scheduler/delay-store.ts";
import type { PipelineCounts } from "./pipeline-counts.ts";
import type { Observer, Pipeline, Shared } from "./pipeline-parts.ts";
import { type OpenedPipeline, openPipeline } from "./subscriber-pipeline.ts";

export type { Admission, Delayed, Enqueued, Frontend, Observer, Pipeline, PipelineCounts, Receipt, Settled };

export interface Pipelines {
  readonly pipelines: readonly Pipeline[];
  /** Opens one more of a subscriber that was left out at first. */
  readonly add: (useCase: string, subscriber: string) => Promise<void>;
  /** Fires delayed tasks for all of them. */
  readonly delayRunner: DelayRunner;
  /** Stops reporting what handlers leave behind in this process. */
  readonly stopWatching: Cancel;
}

/**
 * Opens a pipeline for every subscriber of the executors that `isWanted`, and lets tasks flow; together they have at most
 * `permits` of them in flight. Rejects where one can't be opened, and closes what was.
 */
export async function openPipelines(
  executors: readonly ExecutorContract<unknown>[],
  permits: number,
  shared: Shared,
  isWanted: (useCase: string, subscriber: string) => boolean = () => true,
): Promise<Pipelines> {
  const { ports, publish, observers, reportProblem } = shared;
  const gate = createGate(permits);
  const isolation = createIsolation({
    ...{ connection: ports.openedWith, log: shared.log, clock: ports.clock },
    reportProblem,
  });
  const delayRunner = createDelayRunner({
    store: ports.delayStore,
    publish,
    route: shared.routeDelayed,
    observe(topic, fired) {
      tellAll(observers, (observer) => observer.fired?.(topic, fired), reportProblem);
    },
    clock: ports.clock,
    reportProblem,
  });
  const all = executors.flatMap((contract) =>
    contract.settings.subscribers.map((subscriber) => ({ contract, subscriber })),
  );
  const pipelines: OpenedPipeline[] = [];
  async function closeAndThrow(error: unknown): Promise<never> {
    await Promise.allSettled(pipelines.map((pipeline) => pipeline.close()));
    throw error;
  }
  const open = ({ contract, subscriber }: (typeof all)[number]) =>
    openPipeline(contract, subscriber, gate, isolation, delayRunner, shared);
  const first = all.filter(({ contract, subscriber }) => isWanted(contract.settings.name, subscriber.name));
  for (let from = 0; from < first.length; from += OPEN_AT_ONCE) {
    const opening = first.slice(from, from + OPEN_AT_ONCE).map(open);
    const results = await Promise.allSettled(opening);
    for (const result of results) if (result.status === "fulfilled") pipelines.push(result.value);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) await closeAndThrow(failed.reason);
  }
  try {
    shared.subscribed();
  } catch (error) {
    await closeAndThrow(error);
  }
  // Only now: where one can't be opened, nothing has been taken by the others.
  for (const pipeline of pipelines) {
    pipeline.override(shared.overrideOf(pipeline));
    pipeline.run();
  }
  delayRunner.run();
  const stopWatching = watchProcessFaults({
    reportProblem,
    ending() {
      const suspects = suspectsAtEnd(pipelines.map(({ execution }) => execution));
      for (const pipeline of pipelines) pipeline.endNow(suspects(pipeline.execution));
    },
  });
  return {
    pipelines,
    async add(useCase, subscriberName) {
      const found = all.find((one) => one.contract.settings.name === useCase && one.subscriber.name === subscriberName);
      if (!found) return;
      const pipeline = await open(found);
      pipelines.push(pipeline);
      pipeline.override(shared.overrideOf(pipeline));
      pipeline.run();
    },
    delayRunner,
    stopWatching,
  };
}

/** A broker has to be asked for each. */
const OPEN_AT_ONCE = 16;
