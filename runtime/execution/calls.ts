import { AsyncLocalStorage } from "node:async_hooks";
import type { Message } from "../contract/contract.ts";

/** A subscriber's handler and the tasks that it was called for, in one turn of the event loop. */
export interface Calls {
  readonly subscriber: string;
  readonly messages: readonly Message[];
}

const storage = new AsyncLocalStorage<Calls>();

/** Before Node 24, a store that follows promises slows every one of them. */
const FOLLOWS_CHEAPLY = Number(process.versions.node.split(".")[0]) >= 24;

let isExact = false;

/**
 * Which of a batch's tasks are told apart: a store a task costs a twentieth of all that is done for one, so a batch has
 * one until something went astray that nobody awaited.
 */
export function tellsApart(batch: number): boolean {
  return isExact || (FOLLOWS_CHEAPLY && batch === 1);
}

/** From now on, each task is told from those of its batch. */
export function tellApartFromNow(): void {
  isExact = true;
}

/** Calls `run`; whatever it starts, and nobody awaits, knows these calls as its origin. */
export function callFor(calls: Calls, run: () => void): void {
  if (isExact || FOLLOWS_CHEAPLY) storage.run(calls, run);
  else run();
}

/** What runs in one subscriber's execution. */
interface Runs {
  readonly running: readonly Message[];
  readonly called: readonly Message[];
}

/**
 * What may be ending the process, of what runs in it, as it ends: the task whose handler is being called, or those that
 * the code that runs now goes back to; where that is unknown, all. Answers for each execution, with the counts that follow:
 * where one task is known to end the process, that is one more.
 */
export function suspectsAtEnd(executions: readonly Runs[]): (execution: Runs) => Message[] {
  const called = executions.find((execution) => execution.called.length > 0)?.called ?? [];
  const running = executions.flatMap((execution) => execution.running);
  const calls = new Set(storage.getStore()?.messages);
  const known = called.length > 0 ? called : running.filter((message) => calls.has(message));
  const suspects = known.length > 0 ? known : running;
  const isExact = called.length === 1 || (known.length === 1 && calls.size === 1);
  return (execution) => {
    const own = new Set([...execution.called, ...execution.running]);
    return suspects
      .filter((message) => own.has(message))
      .map((message) => {
        const { crashes } = message;
        return { ...message, crashes: crashes === undefined ? 0 : crashes + (isExact ? 1 : 0) };
      });
  };
}

/** What the code that runs now goes back to: also in the process's events of unhandled rejections, exceptions and its exit. */
export function currentCalls(): Calls | undefined {
  return storage.getStore();
}
