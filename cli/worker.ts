import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Executor } from "../runtime/runtime.ts";
import { Fault } from "./fault.ts";
import { createTaskReporter, type WorkerReport } from "./worker-report.ts";

export interface WorkerOptions {
  readonly root: string;
  readonly data: string;
}

/** `fivefold worker`: runs all built use cases until it is told to end. `fivefold dev` starts it, and is reported to. */
export async function work({ root, data }: WorkerOptions): Promise<void> {
  const { send, sent, drained } = followParent();
  try {
    const { connect, startWorker } = await loadRuntime(root);
    const executors = await loadExecutors(root);
    const reporter = createTaskReporter(send);
    const connection = await connect({ data });
    const worker = await startWorker({
      ports: connection.ports,
      executors,
      observe: reporter.observe,
      reportProblem: (problem) => send({ kind: "problem", message: problem.message }),
    });
    send({ kind: "ready", useCases: executors.map(({ settings }) => settings.name) });
    await drained;
    await worker.drain();
    await connection.close();
    reporter.flush();
    await sent();
    process.exit(0);
  } catch (error) {
    send({ kind: "failed", message: messageOf(error) });
    await sent();
    process.exit(1);
  }
}

interface Parent {
  send(report: WorkerReport): void;
  /** Resolves once all that was sent is on its way: the end of a process does not wait for it. */
  sent(): Promise<void>;
  /** Resolves once the parent wants this process to drain, or is gone. */
  readonly drained: Promise<void>;
}

function followParent(): Parent {
  if (!process.send) throw new Fault("usage", "`fivefold worker` is started by `fivefold dev`, which it reports to.");
  // Ctrl+C reaches all processes of a terminal: the parent gets it too, and says when to drain.
  process.on("SIGINT", () => {});
  const drained = new Promise<void>((resolve) => {
    process.on("SIGTERM", resolve);
    process.on("disconnect", resolve);
  });
  let last = Promise.resolve();
  return {
    send(report) {
      if (!process.connected) return;
      last = new Promise((resolve) => process.send?.(report, undefined, {}, () => resolve()));
    },
    sent: () => last,
    drained,
  };
}

/** The project's own runtime, which its use cases and clients import: two copies would not share one connection. */
async function loadRuntime(root: string): Promise<typeof import("../runtime/runtime.ts")> {
  let path: string;
  try {
    path = createRequire(join(root, "package.json")).resolve("fivefold/runtime");
  } catch (error) {
    throw new Fault("environment", `${root} has no package fivefold: run \`npm install fivefold\` there.`, {
      cause: error,
    });
  }
  return import(pathToFileURL(path).href);
}

async function loadExecutors(root: string): Promise<Executor[]> {
  const manifest: Manifest = JSON.parse(await readFile(join(root, "generated", "manifest.json"), "utf8"));
  return Promise.all(
    manifest.useCases.map(async ({ executor: path }) => {
      const { executor } = (await import(pathToFileURL(join(root, path)).href)) as { executor: Executor };
      return executor;
    }),
  );
}

/** What this needs to know of `generated/manifest.json`. */
interface Manifest {
  readonly useCases: readonly { readonly executor: string }[];
}

/** A use case module's own error is its author's to find: with its stack. */
function messageOf(error: unknown): string {
  if (error instanceof Fault || !(error instanceof Error)) return String((error as Error).message ?? error);
  return error.name === "FivefoldError" ? error.message : (error.stack ?? error.message);
}
