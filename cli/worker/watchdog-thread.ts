/* The thread of `startWatchdog`. */
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { BEAT_MS, type WatchdogData } from "./watchdog.ts";

const { beats, maxBlockMs } = workerData as WatchdogData;
let seen = Atomics.load(beats, 0);
let stoodMs = 0;

// It counts its own looks, not time: a process that was stopped as a whole, with this thread, did not block.
setInterval(() => {
  const now = Atomics.load(beats, 0);
  stoodMs = now === seen ? stoodMs + BEAT_MS : 0;
  seen = now;
  if (stoodMs < maxBlockMs) return;
  writeSync(
    2,
    `fivefold: a handler has blocked the event loop for ${maxBlockMs / 1_000} s, so this process ends. What was in ` +
      "flight is tried again, each task in a process of its own. Fix: split long computations, or raise --max-block.\n",
  );
  process.kill(process.pid, "SIGKILL");
}, BEAT_MS);
parentPort?.postMessage("watches");
