/** What generated code and workers import. */

declare global {
  interface String {
    /** Generated validators ask it, and `lib` has it from ES2024 on only, which not every project names. */
    isWellFormed(): boolean;
  }
}

export type { Json } from "./authoring/types.ts";
export { type CallbackPortOptions, type CallbackServer, openCallbackPort } from "./callback-port.ts";
export {
  type Capture,
  type CaptureOptions,
  type CaptureSource,
  findSourceMismatches,
  sourceOf,
  startCapture,
} from "./capture.ts";
export { type Changes, type ChangesParts, createChanges } from "./changes.ts";
export {
  type Cancellation,
  type Client,
  createClient,
  type EnqueueOptions,
  type OutboxReceipt,
  type Rescheduling,
  type TaskReference,
} from "./client.ts";
export * as json from "./codec/json.ts";
export {
  ABSENT,
  decodeMessage,
  encodeMessage,
  integerKeys,
  type ReadEntry,
  type Reader,
  type ReadMessage,
  readTimestamp,
  setEntry,
  setProperty,
  trimTuple,
  type WriteMessage,
  type Writer,
} from "./codec/wire.ts";
export { type Connection, type ConnectOptions, connect, findRoot } from "./connection.ts";
export type {
  ExecutorContract,
  Failure,
  Message,
  Outcome,
  Priority,
  TaskRecord,
  UseCaseSettings,
} from "./contract/contract.ts";
export { DEAD_LETTER_SUBSCRIPTION, deadLetterTopicOf, isKeyed, topicOf } from "./contract/contract.ts";
export { type ErrorCode, FivefoldError, InvalidEventError, type Violation } from "./contract/errors.ts";
export type { LogLevel, TaskLogLine } from "./contract/task-log.ts";
export type { ControlStore } from "./control/control-store.ts";
export {
  changeOverride,
  type Override,
  type OverridePlace,
  type Overrides,
  readOverrides,
} from "./control/overrides.ts";
export { askForTask, type PlacedTask } from "./control/task-questions.ts";
export { readWorkerReports, type WorkerReport } from "./control/worker-reports.ts";
export {
  discardDeadLetters,
  findDeadLetters,
  groupDeadLetters,
  type LetterGroup,
  type LettersTaken,
  redriveDeadLetters,
} from "./dead-letters/dead-letters.ts";
export type { DeadLetter, LetterFilter, LetterPlace } from "./dead-letters/letter.ts";
export { createExecutor, type Executor } from "./executor.ts";
export { type Gateway, type GatewayOptions, type GatewayUseCase, startGateway } from "./gateway.ts";
export type { GivenTransport, TransportFactory } from "./given-transport.ts";
export { createFailureLog, type FailureLine, type FailureLog, type FailureLogOptions } from "./metrics/failure-log.ts";
export { type MetricsServer, type MetricsServerOptions, startMetricsServer } from "./metrics/metrics-server.ts";
export type { Pipeline, PipelineCounts, Receipt, Settled } from "./pipeline/pipeline.ts";
export { topicsOf } from "./ports/topics.ts";
export {
  changeRelease,
  type EndedRollout,
  type ReleaseState,
  type Rollout,
  readReleases,
  withEnd,
} from "./release/release-state.ts";
export { dropStray, moveStray, type StrayOutcome } from "./strays/stray-moves.ts";
export { createStrayFinder, type Stray, type StrayTarget, targetOf } from "./strays/strays.ts";
export type {
  Capabilities,
  Consumer,
  Producer,
  SubscribeOptions,
  SubscriptionStats,
  SubscriptionType,
  TopicDeclaration,
  TopicStats,
  Transport,
} from "./transport/transport.ts";
export { startWorker, type Worker, type WorkerOptions } from "./worker.ts";
