import type { Cancel } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import { currentCalls, tellApartFromNow } from "./calls.ts";

/** Tasks that are named where one of several went astray. */
const MOST_NAMED = 3;

function origin(): string {
  const calls = currentCalls();
  if (!calls) return "";
  const useCase = calls.messages[0]?.useCase;
  const ids = calls.messages.slice(0, MOST_NAMED).map(({ id }) => id);
  const others = calls.messages.length - ids.length;
  const tasks = calls.messages.length === 1 ? `task ${ids[0]}` : `one of the tasks ${ids.join(", ")}`;
  return ` by ${tasks}${others > 0 ? ` and ${others} more` : ""} of '${useCase}' (${calls.subscriber})`;
}

export interface Watched {
  readonly reportProblem: ReportProblem;
  /** Called once, as the process ends: nothing asynchronous runs any more. */
  readonly ending: () => void;
}

/** This process's workers, which share its events. */
const watched = new Set<Watched>();

function report(what: string, fix: string, cause: unknown): void {
  const problem = new FivefoldError("handler-fault", `${what}: ${describeThrown(cause)}. ${fix}`, { cause });
  for (const { reportProblem } of watched) reportProblem(problem);
  // Which one of a batch it was is known from the next time on.
  tellApartFromNow();
}

function rejected(reason: unknown): void {
  const fix = "No task fails by it. Fix: await the promise in the handler, or catch its error.";
  report(`A promise that nobody awaits was rejected${origin()}`, fix, reason);
}

function thrown(error: unknown): void {
  const fix = "Fix: catch it where it is thrown, such as in a timer or a listener.";
  report(`An exception that nobody catches was thrown${origin()}, and ends the process`, fix, error);
}

function ending(): void {
  for (const worker of watched) worker.ending();
}

/**
 * Reports what handlers leave behind, until the returned function is called. A promise that is rejected and that nobody
 * awaits ends no process while this watches: it is no task's outcome, and others' tasks run here. An uncaught exception
 * still ends the process, since what it left half done is unknown; it is reported with its task first.
 */
export function watchProcessFaults(worker: Watched): Cancel {
  if (watched.size === 0) {
    process.on("unhandledRejection", rejected);
    process.on("uncaughtExceptionMonitor", thrown);
    process.on("exit", ending);
  }
  watched.add(worker);
  return () => {
    if (!watched.delete(worker) || watched.size > 0) return;
    process.off("unhandledRejection", rejected);
    process.off("uncaughtExceptionMonitor", thrown);
    process.off("exit", ending);
  };
}
