import { join, resolve } from "node:path";
import { type Build, type Builder, createBuilder } from "../../compiler/build/build-project.ts";
import { refuseLinks } from "../../compiler/build/own-files.ts";
import { type ProjectChange, watchProject } from "../../compiler/build/watch-project.ts";
import { Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import { startDevConsole } from "../console/dev-console.ts";
import { sourceEnvironment, targetEnvironment } from "../options.ts";
import { startWorkerProcess, type WorkerProcess } from "../worker/worker-process.ts";
import { claimDataFolder } from "./dev-claim.ts";
import { createJsonOutput, createTerminalOutput, type DevOutput } from "./dev-output.ts";
import { readPort } from "./start.ts";

export interface DevOptions {
  readonly data?: string;
  readonly service?: readonly string[];
  readonly network?: readonly string[];
  /** Where services tell outcomes that come later, on this machine alone. */
  readonly callbackPort: string;
  readonly source?: readonly string[];
  readonly outbox?: readonly string[];
  readonly json?: boolean;
  readonly root?: string;
  /** Where the console is, on this machine alone. */
  readonly consolePort: string;
  /** Where events are taken by HTTP, on this machine alone. */
  readonly gatewayPort: string;
}

/** A signal that comes again this soon is the same one: a terminal and npm both pass Ctrl+C on. */
const SAME_SIGNAL_MS = 500;
/** A worker that crashes is started again, later each time, unless it ran for a while. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 10_000;
const RAN_WELL_MS = 30_000;

/** `fivefold dev` */
export async function dev({ data, json = false, root: named, ...options }: DevOptions): Promise<void> {
  // It stays the same through all restarts.
  let gatewayPort = readPort(options.gatewayPort, "--gateway-port");
  const consolePort = readPort(options.consolePort, "--console-port");
  const callbackPort = readPort(options.callbackPort, "--callback-port");
  const environment = {
    ...targetEnvironment(options.service ?? [], options.network ?? [], callbackPort, process.env),
    ...sourceEnvironment(options.source ?? []),
    ...(options.outbox && { FIVEFOLD_OUTBOX: options.outbox.join(",") }),
  };
  const root = findProject(named);
  // As the clients choose it, for they must meet in one folder; an empty value names none.
  if (!data && !process.env.FIVEFOLD_DATA) refuseLinks(root, ".fivefold/data");
  const dataFolder = resolve(data || process.env.FIVEFOLD_DATA || join(root, ".fivefold", "data"));
  const giveBack = claimDataFolder(dataFolder);
  const output = json ? createJsonOutput() : createTerminalOutput(dataFolder);
  const builder = createBuilder(root);
  const changes = watchProject(root, builder);
  const pages = await startDevConsole({ root, dataFolder, port: consolePort });
  output.served(pages.address);
  let worker: WorkerProcess | undefined;
  let stoppingSince: number | undefined;

  const stop = () => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now();
      output.stopping();
      changes.close();
    } else if (performance.now() - stoppingSince > SAME_SIGNAL_MS) worker?.kill();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

  let restartMs = FIRST_RESTART_MS;
  let restart: NodeJS.Timeout | undefined;

  const start = () => {
    let told = false;
    const startedAt = performance.now();
    clearTimeout(restart);
    return startWorkerProcess({
      root,
      dataFolder,
      gatewayPort,
      callbackPort,
      environment,
      quietStdout: json,
      onReport(report) {
        told ||= report.kind === "failed";
        if (report.kind === "ready") gatewayPort = report.gateway.port;
        output.report(report);
      },
      onCrash(how) {
        // One that could not start has said why: only a change can help.
        if (told || stoppingSince !== undefined) return;
        if (performance.now() - startedAt > RAN_WELL_MS) restartMs = FIRST_RESTART_MS;
        output.crashed(how, restartMs);
        restart = setTimeout(() => {
          if (stoppingSince === undefined) worker = start();
        }, restartMs);
        restartMs = Math.min(restartMs * 4, LONGEST_RESTART_MS);
      },
    });
  };

  try {
    let change: ProjectChange | undefined;
    do {
      const build = await tryBuild(builder, output, change, worker !== undefined);
      if (build) changes.follow(build);
      if (build?.difference && stoppingSince === undefined) await startOver();
      change = await nextChange();
    } while (change);
  } finally {
    changes.close();
    clearTimeout(restart);
    pages.close();
    await worker?.drain();
    giveBack();
  }
  output.stopped();

  async function startOver(): Promise<void> {
    clearTimeout(restart);
    await worker?.drain();
    pages.renew();
    if (stoppingSince === undefined) worker = start();
  }

  async function nextChange(): Promise<ProjectChange | undefined> {
    const change = await changes.next();
    if (change) output.changed(change.path);
    return change;
  }
}

/** Builds, and tells of it. While something runs, a build that can't be done is told too, and does not end it. */
async function tryBuild(
  builder: Builder,
  output: DevOutput,
  change: ProjectChange | undefined,
  running: boolean,
): Promise<Build | undefined> {
  try {
    const build = await builder.build({ outputs: change?.outputs });
    output.built(build, running);
    return build;
  } catch (error) {
    if (!running || !(error instanceof Fault)) throw error;
    output.failed(error.message);
    return undefined;
  }
}
