/** For tests of use cases: the five layers in this process's memory, in real or in virtual time. */
export { type Clock, systemClock } from "../contract/clock.ts";
export { connectMemory } from "./memory-connection.ts";
export { createSimulatedClock, type SimulatedClock } from "./simulated-clock.ts";
export {
  type DeadLetter,
  type EnqueuedEvent,
  type HandledTask,
  type TriedTask,
  testUseCase,
  type UseCaseTest,
} from "./use-case-test.ts";
