import { EXIT, Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import type { Capture } from "../../runtime/runtime.ts";
import { outboxNames, sourceEnvironment } from "../options.ts";
import { builtUseCases, loadRuntime } from "../project-runtime.ts";
import { complain, say } from "../terminal.ts";
import { loadChanges } from "../worker/capture-use-cases.ts";
import { endSignal, LEAVE_WITHIN_MS, orFault, passed, patiently, readDuration, readPort, staysUntil } from "./start.ts";

export interface CaptureCommandOptions {
  readonly root?: string;
  readonly source?: readonly string[];
  readonly outbox?: readonly string[];
  readonly connectWithin: string;
  readonly metricsPort: string;
}

/** `fivefold capture`: turns what databases commit into events, until it is told to end. */
export async function capture(names: readonly string[], options: CaptureCommandOptions): Promise<void> {
  const connectWithinMs = readDuration("--connect-within", options.connectWithin);
  const port = readPort(options.metricsPort);
  const environment = { ...process.env, ...sourceEnvironment(options.source ?? []) };
  const root = findProject(options.root);
  const ended = endSignal();
  const opening = orFault(() =>
    patiently(
      () => open(root, { names, outboxes: outboxNames(options.outbox, environment), environment, port }),
      connectWithinMs,
    ),
  );
  const running = await Promise.race([opening, ended]);
  if (typeof running === "string") process.exit(EXIT.ok);
  say(`captures ${running.capture.parts.map(({ name }) => name).join(", ")}; metrics on port ${running.port}`);
  say(`${await staysUntil(ended)}: ends`);
  const hasLeft = await Promise.race([running.leave().then(() => true), passed(LEAVE_WITHIN_MS)]);
  if (!hasLeft) complain("What was under way did not end in time: it is read again by who captures next.");
  process.exit(EXIT.ok);
}

interface Running {
  readonly capture: Capture;
  readonly port: number;
  leave(): Promise<void>;
}

interface Asked {
  /** Use cases; none: all. */
  readonly names: readonly string[];
  readonly outboxes: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly port: number;
}

/** Opens all; where one part fails, those before it are closed, since they would keep the process. */
async function open(root: string, { names, outboxes, environment, port }: Asked): Promise<Running> {
  const { connect, sourceOf, startCapture, startMetricsServer } = await loadRuntime(root);
  const all = (await builtUseCases(root)).map(({ settings }) => settings);
  const changes = (await loadChanges(root, names)).map((found) => {
    return { changes: found, source: sourceOf(found.source, environment) };
  });
  if (outboxes.length === 0 && changes.length === 0) {
    const message =
      "There is nothing to capture: no use case has `frontend.changes`, and no source is named by --outbox or FIVEFOLD_OUTBOX.";
    throw new Fault("usage", message);
  }
  // Of an outbox's events any use case may be the one; else no other one's topics are looked at, which may be forbidden.
  const captured = new Set(changes.map(({ changes: { table } }) => table.useCase));
  const useCases = outboxes.length > 0 ? all : all.filter(({ name }) => captured.has(name));
  const sources = outboxes.map((name) => sourceOf(name, environment));
  const connection = await connect();
  try {
    const reportProblem = ({ message }: Error) => complain(message);
    const capture = await startCapture({ connection, useCases, outboxes: sources, changes, reportProblem });
    try {
      const server = await startMetricsServer({ capture, connection, port });
      return {
        capture,
        port: server.port,
        async leave() {
          await capture.stop();
          await server.close();
          await connection.close();
        },
      };
    } catch (error) {
      await capture.stop();
      throw error;
    }
  } catch (error) {
    await connection.close();
    throw error;
  }
}
