/** The authoring API: all that a use case module imports. */

export type { TaskContext } from "../contract/contract.ts";
export type { Schedule, Tick } from "../contract/schedule.ts";
export type { TaskLog } from "../contract/task-log.ts";
export type { Change } from "./change.ts";
export type { BatchAnswer, BatchHandler } from "./handler.ts";
export { RejectError, RetryError } from "./outcome.ts";
export type { Portable } from "./portable.ts";
export type { Bigint, Bytes, Float, Int, Json, List, Text, Uint } from "./types.ts";
export {
  awsLambda,
  azureFunction,
  type Batch,
  constant,
  type Duration,
  every,
  exponential,
  perMinute,
  perSecond,
  type ServiceOptions,
  type Size,
  service,
  type Target,
  type TargetOptions,
  type UseCase,
  type UseCaseModule,
  useCase,
} from "./use-case.ts";
