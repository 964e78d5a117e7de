/* A process that runs tasks one at a time for the worker that started it, and ends with it. */

import { connectAs } from "../connection.ts";
import { systemClock } from "../contract/clock.ts";
import type { TaskRecord } from "../contract/contract.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { LoneAnswer, LoneRequest } from "../execution/lone-protocol.ts";
import type { Executor } from "../executor.ts";
import { openSpans } from "../tracing/spans.ts";
import { createLoneTasks } from "./lone-task.ts";

let run: ((record: TaskRecord) => void) | undefined;

function answer(message: LoneAnswer): void {
  // Who is gone can't be answered, and no error is to be told of that: `disconnect` ends this process.
  process.send?.(message, undefined, {}, () => {});
}

async function open({ url, subscriber, connection }: LoneRequest & { kind: "open" }): Promise<void> {
  try {
    connectAs(connection);
    // As the worker's command has loaded it.
    if (/\.[cm]?tsx?$/.test(url)) await import("fivefold/register");
    const { executor } = (await import(url)) as { executor: Executor };
    run = createLoneTasks(executor, subscriber, {
      log: (line) => answer({ kind: "logged", line }),
      spans: openSpans(),
      ended: (outcome, tookMs) => answer({ kind: "ended", outcome, tookMs }),
      clock: systemClock,
      reportProblem: (problem) => process.emitWarning(problem),
    });
    answer({ kind: "opened" });
  } catch (error) {
    answer({ kind: "refused", message: describeThrown(error) });
  }
}

process.on("message", (request: LoneRequest) => {
  if (request.kind === "open") void open(request);
  else run?.(request.record);
});
// The worker is gone. What runs here is delivered again, so it must not go on here.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// A terminal sends it to all its processes: the worker says when this one ends.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("unhandledRejection", (reason) =>
  process.emitWarning(`A promise that nobody awaits: ${describeThrown(reason)}`),
);
