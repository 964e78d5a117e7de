import type { ReportProblem, TaskRecord, UseCaseSettings } from "../contract/contract.ts";
import type { TaskLogLine } from "../contract/task-log.ts";
import type { Override, OverridePlace } from "../control/overrides.ts";
import type { SharedPermits } from "../control/permit-shares.ts";
import type { SharedRate } from "../control/rate-shares.ts";
import type { TaskStanding } from "../control/task-questions.ts";
import type { Settled } from "../delivery/settlement.ts";
import type { Ports } from "../ports/ports.ts";
import type { ReleaseView } from "../release/dispatcher.ts";
import type { DelayRunnerOptions } from "../scheduler/delay-runner.ts";
import type { Delayed } from "../scheduler/delay-store.ts";
import type { Spans } from "../tracing/spans.ts";
import type { Consumer } from "../transport/transport.ts";
import type { PipelineCounts } from "./pipeline-counts.ts";
import type { RemoteTargets } from "./remote-targets.ts";

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
  readonly releasesOf?: ((useCase: string) => ReleaseView | undefined) | undefined;
  /** Absent: this process traces nothing. */
  readonly spans: Spans | undefined;
  /** Takes what handlers log. Absent: nobody does. */
  readonly log: ((line: TaskLogLine) => void) | undefined;
  readonly reportProblem: ReportProblem;
}
