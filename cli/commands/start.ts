import { EXIT, Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import { parseDuration } from "../../runtime/authoring/use-case.ts";
import type { FivefoldError, UseCaseSettings } from "../../runtime/runtime.ts";
import { builtUseCases, loadExecutors, loadRuntime, startFailure } from "../project-runtime.ts";
import { complain, say } from "../terminal.ts";
import { defaultMaxBlockMs, startWatchdog } from "../worker/watchdog.ts";
import { nameRelease } from "./name-release.ts";

export interface StartOptions {
  readonly root?: string | undefined;
  /** Longest that running tasks get to end. */
  readonly drain: string;
  /** Longest that it tries to connect, at its start, to what can't be reached yet. */
  readonly connectWithin: string;
  readonly metricsPort: string;
  readonly callbackPort: string;
  /** What this build is called among releases. Default: FIVEFOLD_RELEASE, or a name by the project's files. */
  readonly release?: string | undefined;
  /** Longest that a handler may block the event loop. Default: 30 s beyond the longest timeout, 60 s at least. */
  readonly maxBlock?: string | undefined;
}

/** What storing the last outcomes and leaving the broker may take beyond the drain, before the process ends anyway. */
export const LEAVE_WITHIN_MS = 10_000;
const AGAIN_MS = 500;
/** What telling why it could not start takes at most. */
const FAILED_WITHIN_MS = 500;
const BACKLOGS_CONNECT_WITHIN_MS = 45_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * `fivefold start`: runs built use cases where the environment says, until it is told to end. What an executor's
 * container runs.
 */
export async function start(names: readonly string[], options: StartOptions): Promise<void> {
  const graceMs = readDuration("--drain", options.drain);
  const connectWithinMs = readDuration("--connect-within", options.connectWithin);
  const callbackPort = readPort(options.callbackPort, "--callback-port");
  const port = readPort(options.metricsPort);
  const maxBlockMs = options.maxBlock === undefined ? undefined : readDuration("--max-block", options.maxBlock);
  const root = findProject(options.root);
  const ended = endSignal();
  let watching: Promise<void> | undefined;
  const watch = (useCases: readonly UseCaseSettings[]) => {
    watching ??= startWatchdog(maxBlockMs ?? defaultMaxBlockMs(useCases));
    return watching;
  };
  const opening = orFault(() =>
    patiently(() => open(root, names, { port, callbackPort, release: options.release }, watch), connectWithinMs),
  ).catch((error: unknown) => {
    // What use cases' modules have left running must not keep a process that could not start.
    setTimeout(() => process.exit(), FAILED_WITHIN_MS).unref();
    throw error;
  });
  const running = await Promise.race([opening, ended]);
  // Nothing was taken yet that would have to end.
  if (typeof running === "string") process.exit(EXIT.ok);
  say(`runs ${running.names.join(", ")}; metrics on port ${running.port}`);

  say(`${await staysUntil(ended)}: drains for up to ${options.drain}`);
  const hasLeft = await Promise.race([running.leave(graceMs).then(() => true), passed(graceMs + LEAVE_WITHIN_MS)]);
  if (hasLeft) say("drained");
  else complain("Not all outcomes could be stored in time: tasks whose outcome was not are delivered again.");
  // What handlers have left running must not keep a process that has nothing more to do.
  process.exit(hasLeft ? EXIT.ok : EXIT.environment);
}

/** What this worker is a release of; `undefined`: none of its use cases asks. */
async function releaseOf(
  root: string,
  executors: readonly { readonly settings: UseCaseSettings }[],
  named: string | undefined,
) {
  if (!executors.some(({ settings }) => settings.release)) return undefined;
  const name = named ?? (process.env.FIVEFOLD_RELEASE || (await nameRelease(root)));
  say(`is release ${name}`);
  return { name, host: process.env.FIVEFOLD_RELEASE_HOST || undefined };
}

interface Running {
  readonly names: readonly string[];
  readonly port: number;
  /** Lets running tasks end in that time, and closes all. */
  leave(graceMs: number): Promise<void>;
}

/** Opens all; where one part fails, those before it are closed, since they would keep the process, and take tasks. */
async function open(
  root: string,
  names: readonly string[],
  {
    port,
    callbackPort,
    release: named,
  }: { readonly port: number; readonly callbackPort: number } & Pick<StartOptions, "release">,
  watch: (useCases: readonly UseCaseSettings[]) => Promise<void>,
): Promise<Running> {
  const { connect, createFailureLog, openCallbackPort, startMetricsServer, startWorker } = await loadRuntime(root);
  const useCases = (await builtUseCases(root)).map(({ settings }) => settings);
  const executors = await loadExecutors(root, await builtUseCases(root, names));
  await watch(executors.map(({ settings }) => settings));
  const connection = await connect();
  try {
    const reportProblem = ({ message }: Error) => complain(message);
    const release = await releaseOf(root, executors, named);
    const worker = await startWorker({
      ...{ ports: connection.ports, executors, useCases, release, reportProblem },
      log: (line) => complain(JSON.stringify(line)),
    });
    const failures = createFailureLog({ clock: connection.ports.clock, write: complain });
    worker.observe(failures.observer);
    try {
      const server = await startMetricsServer({ worker, connection, port });
      // Outcomes that come later are taken by whichever worker they reach.
      const callbacks = process.env.FIVEFOLD_CALLBACK_URL
        ? await openCallbackPort({ ports: connection.ports, useCases: worker.useCases, port: callbackPort }).catch(
            async (error) => {
              await server.close();
              throw error;
            },
          )
        : undefined;
      return {
        names: executors.map(({ settings }) => settings.name),
        port: server.port,
        async leave(graceMs) {
          await worker.drain(graceMs);
          failures.close();
          await callbacks?.close();
          await server.close();
          await connection.close();
        },
      };
    } catch (error) {
      await worker.drain(0);
      throw error;
    }
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/**
 * Tries again while nobody answers: a cluster starts its parts in any order, and restarts them. A process that ended
 * instead would be started again later and later.
 */
export async function patiently<T>(work: () => Promise<T>, withinMs: number): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const willMend = (error as FivefoldError | undefined)?.code === "not-connected";
      if (!willMend || Date.now() >= giveUpAt) throw error;
      if (tries === 1) complain(`${(error as Error).message} It is tried again.`);
      await passed(AGAIN_MS);
    }
  }
}

/** Resolves with false after that time. */
export function passed(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, false);
  });
}

/** `fivefold backlogs`: shows the backlogs of all use cases, for what starts executors when there is work. */
export async function showBacklogs(options: Pick<StartOptions, "root" | "metricsPort">): Promise<void> {
  const port = readPort(options.metricsPort);
  const root = findProject(options.root);
  const ended = endSignal();
  const open = async () => {
    const { connect, startMetricsServer } = await loadRuntime(root);
    const useCases = (await builtUseCases(root)).map(({ settings }) => settings);
    const connection = await connect();
    const { ports } = connection;
    try {
      return { connection, server: await startMetricsServer({ backlogs: { ports, useCases }, port }) };
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
  const opened = await Promise.race([orFault(() => patiently(open, BACKLOGS_CONNECT_WITHIN_MS)), ended]);
  if (typeof opened === "string") process.exit(EXIT.ok);
  const { server, connection } = opened;
  say(`shows backlogs on port ${server.port}`);
  await staysUntil(ended);
  await Promise.race([server.close().then(() => connection.close()), passed(LEAVE_WITHIN_MS)]);
  // There is nothing to lose, and Pulsar's native client keeps a process that has closed it.
  process.exit(EXIT.ok);
}

/** What keeps the runtime from starting lies outside of this command. */
export async function orFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault("environment", startFailure(cause), { cause });
  }
}

/** The signal that asks this process to end. A second one ends it at once: nobody is there to catch it. */
export function endSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}

/** Keeps the process until it is asked to end, also where nothing else does: connections that idle don't. */
export async function staysUntil(ended: Promise<NodeJS.Signals>): Promise<NodeJS.Signals> {
  const staying = setInterval(() => {}, LONGEST_TIMER_MS);
  const signal = await ended;
  clearInterval(staying);
  return signal;
}

export function readDuration(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new Fault("usage", `${option} takes a number and a unit (ms, s, m, h, d), like 25s; found '${text}'.`);
}

export function readPort(text: string, option = "--metrics-port"): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  throw new Fault("usage", `${option} takes a number from 0 to 65535, 0 for any that is free; found '${text}'.`);
}
