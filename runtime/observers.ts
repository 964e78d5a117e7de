import type { ReportProblem } from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";
import { describeThrown } from "./contract/thrown.ts";

/** Tells observers, who are somebody else's code: what they throw, or reject with, is reported and changes nothing. */
export function tellAll<O>(observers: Iterable<O>, tell: (observer: O) => unknown, reportProblem: ReportProblem): void {
  const failed = (error: unknown) => {
    const message = `An observer failed, which changes nothing for tasks: ${describeThrown(error)}`;
    reportProblem(new FivefoldError("handler-fault", message, { cause: error }));
  };
  for (const observer of observers) {
    try {
      const answer = tell(observer);
      if (answer instanceof Promise) answer.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

/** Whatever a reporter throws, what it was told of goes on. */
export function reportSafely(report: (problem: FivefoldError) => unknown): ReportProblem {
  const warn = ({ message }: FivefoldError) => process.emitWarning(message);
  return (problem) => tellAll([report], (to) => to(problem), warn);
}
