import { type Diagnostic, diagnostic } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import { formatDuration } from "../settings/duration.ts";
import type { Check } from "./check.ts";

/** Where a stack's config and the use case leave it open. */
const DEFAULT_MAX_PROCESSES = 10;

/**
 * How long a task may wait for the first process: up to 10 s until the backlog is looked at, 30 s until Prometheus
 * collects it, 15 s until KEDA asks for it, and some seconds for a pod and Node.js to start.
 */
export const COLD_START_MS = 60_000;

/** How many processes there are to be, and whether that can do what is asked of them. */
export const checkScaling: Check = (useCases) =>
  useCases.flatMap((useCase) => [...checkBounds(useCase), ...checkColdStart(useCase), ...checkSchedules(useCase)]);

function checkBounds({ execution, spans }: UseCase): Diagnostic[] {
  const { minProcesses, maxProcesses } = execution;
  const span = spans["execution.scale.min"];
  const max = maxProcesses ?? DEFAULT_MAX_PROCESSES;
  if (!span || minProcesses === null || minProcesses <= max) return [];
  return [diagnostic("scale-reversed", span, { min: minProcesses, max, isDefault: maxProcesses === null })];
}

function checkColdStart({ execution, spans }: UseCase): Diagnostic[] {
  const { minProcesses, latencyObjectiveMs } = execution;
  const span = spans["execution.latencyObjective"];
  const scale = spans["execution.scale.min"];
  if (!span || !scale || minProcesses !== 0 || latencyObjectiveMs >= COLD_START_MS) return [];
  const parameters = { objective: formatDuration(latencyObjectiveMs), coldStart: formatDuration(COLD_START_MS) };
  return [
    diagnostic("objective-below-cold-start", span, parameters, [{ message: "It scales to zero here.", span: scale }]),
  ];
}

function checkSchedules({ execution, scheduler, spans }: UseCase): Diagnostic[] {
  const span = spans["execution.scale.min"];
  const schedules = spans["scheduler.schedules"];
  if (!span || !schedules || execution.minProcesses !== 0 || scheduler.schedules === null) return [];
  return [diagnostic("schedule-without-process", span, {}, [{ message: "Its schedules are here.", span: schedules }])];
}
