import { EXIT, Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import type { Gateway } from "../../runtime/runtime.ts";
import { parseRate } from "../options.ts";
import { loadRuntime } from "../project-runtime.ts";
import { complain, say } from "../terminal.ts";
import { loadGatewayUseCases } from "../worker/gateway-use-cases.ts";
import { endSignal, LEAVE_WITHIN_MS, orFault, passed, patiently, readDuration, readPort, staysUntil } from "./start.ts";

export interface GatewayCommandOptions {
  readonly root?: string;
  readonly tokens?: string;
  readonly port: string;
  readonly host?: string;
  readonly rate?: string;
  /** Mebibytes. */
  readonly room: string;
  /** How long it goes on at SIGTERM. */
  readonly leave: string;
  readonly drain: string;
  readonly connectWithin: string;
  readonly metricsPort: string;
}

const LOOPBACK = "127.0.0.1";
const MEBIBYTE = 1_048_576;

/** `fivefold gateway`: takes events by HTTP, where the environment says they are stored, until it is told to end. */
export async function gateway(names: readonly string[], options: GatewayCommandOptions): Promise<void> {
  const graceMs = readDuration("--drain", options.drain);
  const leaveMs = readDuration("--leave", options.leave);
  const connectWithinMs = readDuration("--connect-within", options.connectWithin);
  const settings = { ...readSettings(options), metricsPort: readPort(options.metricsPort) };
  const root = findProject(options.root);
  const ended = endSignal();
  const opening = orFault(() => patiently(() => open(root, names, settings), connectWithinMs));
  const running = await Promise.race([opening, ended]);
  // Nothing was taken yet that would have to be answered.
  if (typeof running === "string") process.exit(EXIT.ok);
  const { served, metricsPort } = running;
  const useCases = served.useCases.map(({ name }) => name).join(", ");
  say(`takes events of ${useCases} at ${served.address}; metrics on port ${metricsPort}`);

  say(`${await staysUntil(ended)}: drains for up to ${options.drain}`);
  const hasLeft = await Promise.race([
    running.leave(graceMs, leaveMs).then(() => true),
    passed(leaveMs + graceMs + LEAVE_WITHIN_MS),
  ]);
  if (hasLeft) say("drained");
  else complain("Not all requests were answered in time: who sent them sends them again.");
  process.exit(hasLeft ? EXIT.ok : EXIT.environment);
}

interface Settings {
  readonly tokens: string | undefined;
  readonly port: number;
  readonly host: string | undefined;
  readonly perSecond: number | undefined;
  readonly roomBytes: number;
  readonly metricsPort: number;
}

function readSettings({ rate, room, ...options }: GatewayCommandOptions): Omit<Settings, "metricsPort"> {
  const tokens = options.tokens ?? (process.env.FIVEFOLD_GATEWAY_TOKENS || undefined);
  const host = options.host ?? (tokens === undefined ? LOOPBACK : undefined);
  if (tokens === undefined && !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host!)) {
    throw new Fault(
      "usage",
      `Without tokens whoever reaches ${host} could enqueue. Name a file of tokens with --tokens or ` +
        "FIVEFOLD_GATEWAY_TOKENS (`fivefold new-token` makes them), or leave --host out.",
    );
  }
  if (!/^[1-9]\d{0,5}$/.test(room)) {
    throw new Fault("usage", `--room takes a whole number of mebibytes from 1; found '${room}'.`);
  }
  const perSecond = rate === undefined ? undefined : parseRate("--rate", rate);
  return {
    tokens,
    host,
    port: readPort(options.port, "--port"),
    perSecond: perSecond && (perSecond.count * 1_000) / perSecond.periodMs,
    roomBytes: Number(room) * MEBIBYTE,
  };
}

interface Running {
  readonly served: Gateway;
  readonly metricsPort: number;
  leave(graceMs: number, leaveMs: number): Promise<void>;
}

/** Opens all; where one part fails, those before it are closed, since they would keep the process. */
async function open(root: string, names: readonly string[], settings: Settings): Promise<Running> {
  const { connect, startGateway, startMetricsServer } = await loadRuntime(root);
  const useCases = await loadGatewayUseCases(root, names);
  const connection = await connect();
  try {
    const reportProblem = ({ message }: Error) => complain(message);
    const served = await startGateway({ connection, useCases, ...settings, reportProblem });
    try {
      const server = await startMetricsServer({ gateway: served, connection, port: settings.metricsPort });
      return {
        served,
        metricsPort: server.port,
        async leave(graceMs, leaveMs) {
          await served.drain(graceMs, leaveMs);
          await server.close();
          await connection.close();
        },
      };
    } catch (error) {
      await served.drain(0);
      throw error;
    }
  } catch (error) {
    await connection.close();
    throw error;
  }
}
