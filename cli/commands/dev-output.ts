import { relative } from "node:path";
import type { Build } from "../../compiler/build/build-project.ts";
import type { TaskLogLine } from "../../runtime/runtime.ts";
import { colorsOf, complain, count, duration, grouped, say, sayJson } from "../terminal.ts";
import type { GatewayReport, TaskReport, TasksReport, WorkerReport } from "../worker/worker-report.ts";
import { buildReport, showBuild } from "./build-output.ts";

/** What `fivefold dev` tells, to a person or to a machine. */
export interface DevOutput {
  built(build: Build, running: boolean): void;
  /** Where the console is. */
  served(console: string): void;
  /** A build that could not be done at all. */
  failed(message: string): void;
  report(report: WorkerReport): void;
  /** The worker ended by itself, and starts again in that time. */
  crashed(how: string, againMs: number): void;
  /** What changed, relative to the project's root. */
  changed(path: string): void;
  stopping(): void;
  stopped(): void;
}

/** JSON lines on stdout; each has an `event` and a time. */
export function createJsonOutput(): DevOutput {
  const tell = (event: string, fields: object = {}) => sayJson({ event, at: new Date().toISOString(), ...fields });
  return {
    built: (build) => tell("build", buildReport(build, { check: false })),
    served: (console) => tell("console", { address: console }),
    failed: (message) => tell("build-failed", { ok: false, error: message }),
    report(report) {
      if (report.kind === "task") tell("task", report.task);
      else if (report.kind === "log") sayJson(report.line);
      else if (report.kind === "tasks") for (const tasks of report.tasks) tell("tasks", tasks);
      else {
        const { kind, ...fields } = report;
        tell(kind === "failed" ? "worker-failed" : kind, fields);
      }
    },
    crashed: (how, againMs) => tell("worker-crashed", { how, againMs }),
    changed: (path) => tell("changed", { path }),
    stopping: () => tell("stopping"),
    stopped: () => tell("stopped"),
  };
}

const RESULTS = { done: "done", retried: "retry", "dead-lettered": "dead letter" } as const;
const RESULT_WIDTH = "dead letter".length;

function labelOf({ useCase, subscriber }: { useCase: string; subscriber: string }): string {
  return subscriber === "default" ? useCase : `${useCase}/${subscriber}`;
}

/** Lines for a person, as they happen. */
export function createTerminalOutput(dataFolder: string): DevOutput {
  const { bold, cyan, dim, green, red, yellow } = colorsOf(process.stdout);
  const paint = { done: green, retried: yellow, "dead-lettered": red } as const;
  let labelWidth = 0;
  let toldOfData = false;
  let toldAddress = "";
  let consoleAddress = "";

  const time = () => dim(new Date().toTimeString().slice(0, 8));

  function ready(useCases: readonly string[], { address }: GatewayReport): void {
    const more = toldOfData ? "" : dim(`, data in ${relative(process.cwd(), dataFolder) || "."}, Ctrl+C to end`);
    toldOfData = true;
    say(`${cyan("●")} ${bold(`running ${count(useCases.length, "use case")}`)}${more}`);
    if (address !== toldAddress) say(dim(`  events by HTTP: POST ${address}/v1/<use-case>`));
    toldAddress = address;
    if (consoleAddress) say(dim(`  console: ${consoleAddress}`));
    consoleAddress = "";
  }

  function task({ result, id, attempt, latencyMs, message, ...of }: TaskReport): void {
    const tail = result === "done" ? dim(duration(latencyMs)) : `${dim(`try ${attempt}`)}  ${message ?? ""}`;
    const label = labelOf(of).padEnd(labelWidth);
    say(`${time()}  ${bold(label)}  ${paint[result](RESULTS[result].padEnd(RESULT_WIDTH))}  ${dim(id)}  ${tail}`);
  }

  function log(line: TaskLogLine): void {
    const label = bold(labelOf(line).padEnd(labelWidth));
    if (line.event === "task-logs-left-out") {
      say(`${time()}  ${label}  ${dim(`${count(line.count, "more line")} of its log`)}`);
      return;
    }
    const level = { debug: dim, info: cyan, warn: yellow, error: red }[line.level](line.level.padEnd(RESULT_WIDTH));
    const fields = line.fields ? `  ${dim(JSON.stringify(line.fields))}` : "";
    say(`${time()}  ${label}  ${level}  ${dim(line.task)}  ${line.message}${fields}`);
  }

  function summary({ done, retried, deadLettered, slowestMs, ...of }: TasksReport): void {
    const parts = [
      ...(done > 0 ? [green(`${grouped(done)} done`)] : []),
      ...(retried > 0 ? [yellow(`${grouped(retried)} retried`)] : []),
      ...(deadLettered > 0 ? [red(count(deadLettered, "dead letter"))] : []),
      dim(`slowest ${duration(slowestMs)}`),
    ];
    say(`${time()}  ${bold(labelOf(of).padEnd(labelWidth))}  ${parts.join("  ")}`);
  }

  return {
    built(build, running) {
      const subscribers = build.compilation.useCases.flatMap(({ name, subscribers }) =>
        subscribers.map((subscriber) => labelOf({ useCase: name, subscriber: subscriber.name })),
      );
      labelWidth = Math.max(0, ...subscribers.map((label) => label.length));
      showBuild(build);
      if (!build.difference) {
        say(dim(running ? "The last good build keeps running. Watching usecases/." : "Watching usecases/."));
      }
    },
    served(console) {
      consoleAddress = console;
    },
    failed: (message) => complain(`${red("error:")} ${message}`),
    report(report) {
      switch (report.kind) {
        case "ready":
          return ready(report.useCases, report.gateway);
        case "task":
          return task(report.task);
        case "tasks":
          return report.tasks.forEach(summary);
        case "log":
          return log(report.line);
        case "problem":
          return complain(`${time()}  ${yellow("problem")}  ${report.message}`);
        case "failed":
          complain(`${red("error:")} the use cases can't be run: ${report.message}`);
          return complain(dim("Nothing runs now. Watching usecases/."));
      }
    },
    crashed: (how, againMs) =>
      complain(
        `${red("error:")} the worker ended ${how}. It starts again ${againMs < 1_000 ? "now" : `in ${againMs / 1_000} s`}.`,
      ),
    changed: (path) => say(`${time()}  ${dim(`${path} changed`)}`),
    stopping: () => say(dim("Letting running tasks end (Ctrl+C again ends at once).")),
    stopped: () => say(dim("Stopped. What is still to do stays in the data folder.")),
  };
}
