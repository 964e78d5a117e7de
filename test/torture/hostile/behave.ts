import { appendFileSync } from "node:fs";
import { HOSTILE_ERRORS, HOSTILE_RESULTS } from "../../runtime/hostile-values.ts";

/** An event that says what its handler is to do. */
export interface Task {
  id: string;
  deed: string;
  key: string;
}

/** How a task ends: by reason where as a dead letter. */
export type End = "done" | "attempts" | "crashed";

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Deed {
  readonly end: End;
  readonly run: (task: Task, attempt: number) => unknown;
}

const block = (ms: number) => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

/** What the others do is done, thrown, rejected or returned at once. */
const PLAIN: Readonly<Record<string, Deed>> = {
  "does nothing": { end: "done", run: () => {} },
  "takes 5 ms": { end: "done", run: () => sleep(5) },
  "takes 300 ms": { end: "done", run: () => sleep(300) },
  "computes for 20 ms": { end: "done", run: () => block(20) },
  "fails at first": { end: "done", run: (_, attempt) => (attempt === 1 ? Promise.reject(new Error("not yet")) : 1) },
  "lets a promise reject": { end: "done", run: () => void Promise.reject(HOSTILE_ERRORS["throwing traps"]!()) },
  "lets a late promise reject": {
    end: "done",
    run: () => void sleep(10).then(() => Promise.reject(new Error("late"))),
  },
  "never ends": { end: "attempts", run: () => new Promise(() => {}) },
};

/** What ends its process. */
const DEADLY: Readonly<Record<string, Deed>> = {
  exits: { end: "crashed", run: () => process.exit(7) },
  "exits with success": { end: "crashed", run: () => process.exit(0) },
  "exits later": { end: "crashed", run: () => sleep(20).then(() => process.exit(7)) },
  aborts: { end: "crashed", run: () => process.abort() },
  "is ended by a signal": { end: "crashed", run: () => sleep(process.kill(process.pid, "SIGSEGV") ? 1_000 : 0) },
  "throws in a timer": {
    end: "crashed",
    run: () => {
      setTimeout(() => {
        throw new Error("in a timer");
      }, 5);
      return sleep(500);
    },
  },
  "rejects within a listener": {
    end: "crashed",
    run: () => {
      process.nextTick(() => {
        throw HOSTILE_ERRORS["message throws"]!();
      });
      return sleep(500);
    },
  },
  "computes for ever": { end: "crashed", run: () => block(Number.POSITIVE_INFINITY) },
  "uses up the memory": {
    end: "crashed",
    run: () => {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(1_000).fill(kept.length));
    },
  },
};

function odd(): Record<string, Deed> {
  const deeds: Record<string, Deed> = {};
  for (const [name, error] of Object.entries(HOSTILE_ERRORS)) {
    deeds[`throws: ${name}`] = { end: "attempts", run: () => throwNow(error()) };
    deeds[`rejects: ${name}`] = { end: "attempts", run: () => Promise.reject(error()) };
  }
  for (const [name, { result, fails }] of Object.entries(HOSTILE_RESULTS)) {
    deeds[`returns: ${name}`] = { end: fails ? "attempts" : "done", run: result };
  }
  return deeds;
}

function throwNow(error: unknown): never {
  throw error;
}

/** All that handlers do in these tests, by name. */
export const DEEDS: Readonly<Record<string, Deed>> = { ...PLAIN, ...odd(), ...DEADLY };
export const HARMLESS = Object.keys({ ...PLAIN, ...odd() });
export const DEADLY_NAMES = Object.keys(DEADLY);

/** Does what the task says. Each start is written down before it. */
export function behave(task: Task, attempt: number): unknown {
  appendFileSync(process.env.HOSTILE_STARTS!, `${task.key} ${task.id} ${attempt} ${process.pid} ${Date.now()}\n`);
  return DEEDS[task.deed]!.run(task, attempt);
}
