import { parseDuration } from "../runtime/use-case.ts";
import { EXIT, Fault } from "./fault.ts";
import { findProject } from "./project.ts";
import { builtUseCases, loadExecutors, loadRuntime, startFailure } from "./project-runtime.ts";
import { complain, say } from "./terminal.ts";

export interface StartOptions {
  readonly root?: string | undefined;
  /** Longest that running tasks get to end. */
  readonly drain: string;
  readonly metricsPort: string;
}

/**
 * `fivefold start`: runs built use cases where the environment says, until it is told to end. What an executor's
 * container runs.
 */
export async function start(names: readonly string[], options: StartOptions): Promise<void> {
  const graceMs = readDuration("--drain", options.drain);
  const port = readPort(options.metricsPort);
  const root = findProject(options.root);
  const ended = endSignal();
  const { worker, server, connection, executors } = await orFault(async () => {
    const { connect, startMetricsServer, startWorker } = await loadRuntime(root);
    const executors = await loadExecutors(root, await builtUseCases(root, names));
    const connection = await connect();
    const reportProblem = ({ message }: Error) => complain(message);
    const worker = await startWorker({ ports: connection.ports, executors, reportProblem });
    return { connection, executors, worker, server: await startMetricsServer({ worker, connection, port }) };
  });
  say(`runs ${executors.map(({ settings }) => settings.name).join(", ")}; metrics on port ${server.port}`);

  say(`${await ended}: drains for up to ${options.drain}`);
  await worker.drain(graceMs);
  await server.close();
  await connection.close();
  say("drained");
  // What handlers have left running must not keep a process that has nothing more to do.
  process.exit(EXIT.ok);
}

/** `fivefold backlogs`: shows the backlogs of all use cases, for what starts executors when there is work. */
export async function showBacklogs(options: Pick<StartOptions, "root" | "metricsPort">): Promise<void> {
  const port = readPort(options.metricsPort);
  const root = findProject(options.root);
  const ended = endSignal();
  const { server, connection } = await orFault(async () => {
    const { connect, startMetricsServer } = await loadRuntime(root);
    const useCases = (await builtUseCases(root)).map(({ settings }) => settings);
    const connection = await connect();
    const { ports } = connection;
    return { connection, server: await startMetricsServer({ backlogs: { ports, useCases }, port }) };
  });
  say(`shows backlogs on port ${server.port}`);
  await ended;
  await server.close();
  await connection.close();
}

/** What keeps the runtime from starting lies outside of this command. */
async function orFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault("environment", startFailure(cause), { cause });
  }
}

/** The signal that asks this process to end. A second one ends it at once: nobody is there to catch it. */
function endSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}

function readDuration(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new Fault("usage", `${option} takes a number and a unit (ms, s, m, h, d), like 25s; found '${text}'.`);
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  throw new Fault("usage", `--metrics-port takes a number from 0 to 65535, 0 for any that is free; found '${text}'.`);
}
