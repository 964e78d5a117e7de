import { once } from "node:events";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { UseCaseSettings } from "../../runtime/runtime.ts";

/** How often the event loop says that it turns, and how often somebody looks. */
export const BEAT_MS = 250;

/** What handlers may block the event loop for beyond the longest timeout, unless it is said how long. */
const SPARE_MS = 30_000;
const SHORTEST_MS = 60_000;

const THREAD = join(import.meta.dirname, "watchdog-thread.ts".replace(/\.ts$/, extname(import.meta.filename)));

export interface WatchdogData {
  /** Counts up while the event loop turns. */
  readonly beats: Int32Array;
  readonly maxBlockMs: number;
}

/** How long handlers of these use cases may block the event loop. */
export function defaultMaxBlockMs(useCases: readonly UseCaseSettings[]): number {
  const timeoutsMs = useCases.flatMap(({ subscribers }) => subscribers.map(({ timeoutMs }) => timeoutMs));
  return Math.max(SHORTEST_MS, Math.max(0, ...timeoutsMs) + SPARE_MS);
}

/**
 * Ends this process, by a thread of its own, once its event loop has stood still for that long: nothing in it, no timeout
 * either, can end a handler that computes for ever, and all that it holds waits for it. What was in flight is then tried
 * alone. Resolves once it watches, which is to be before the first task runs. Does nothing under a debugger, which stops the
 * loop on purpose.
 */
export async function startWatchdog(maxBlockMs: number): Promise<void> {
  if (maxBlockMs === 0 || process.execArgv.some((argument) => argument.startsWith("--inspect"))) return;
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const data: WatchdogData = { beats, maxBlockMs };
  const thread = new Worker(THREAD, { workerData: data });
  await once(thread, "message");
  thread.unref();
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
}
