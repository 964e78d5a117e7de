import { Fault } from "../../loader/fault.ts";
import type { ReportProblem } from "../../runtime/contract/contract.ts";
import type { FivefoldError } from "../../runtime/runtime.ts";
import { outboxNames } from "../options.ts";
import { builtUseCases, loadExecutors, loadRuntime, startFailure } from "../project-runtime.ts";
import { loadChanges } from "./capture-use-cases.ts";
import { loadGatewayUseCases } from "./gateway-use-cases.ts";
import { defaultMaxBlockMs, startWatchdog } from "./watchdog.ts";
import { createTaskReporter, type WorkerReport } from "./worker-report.ts";

export interface WorkerOptions {
  readonly root: string;
  readonly data: string;
  readonly gatewayPort: string;
  readonly callbackPort: string;
}

const LOOPBACK = "127.0.0.1";

/** `fivefold worker`: runs all built use cases until it is told to end. `fivefold dev` starts it, and is reported to. */
export async function work({ root, data, gatewayPort, callbackPort }: WorkerOptions): Promise<void> {
  const { send, sent, drained } = followParent();
  try {
    const { connect, openCallbackPort, sourceOf, startCapture, startGateway, startWorker } = await loadRuntime(root);
    const executors = await loadExecutors(root, await builtUseCases(root));
    const useCases = await loadGatewayUseCases(root, []);
    const reporter = createTaskReporter(send);
    // As clients do, whose events are to come here.
    const transport = process.env.FIVEFOLD_TRANSPORT || undefined;
    const connection = await connect({ data, transport });
    await startWatchdog(defaultMaxBlockMs(executors.map(({ settings }) => settings)));
    const reportProblem: ReportProblem = ({ message }) => send({ kind: "problem", message });
    const { observe } = reporter;
    const worker = await startWorker({
      ...{ ports: connection.ports, executors, alone: true, observe, reportProblem },
      log: (line) => send({ kind: "log", line }),
    });
    const serve = (port: number) => startGateway({ connection, useCases, host: LOOPBACK, port, reportProblem });
    // Another project may run on this machine.
    const gateway = await serve(Number(gatewayPort)).catch(() => serve(0));
    const sources = outboxNames(undefined, process.env).map((name) => sourceOf(name, process.env));
    const settings = executors.map((executor) => executor.settings);
    const changes = await loadKnownChanges(root, reportProblem);
    const capture =
      sources.length + changes.length > 0
        ? await startCapture({ connection, useCases: settings, outboxes: sources, changes, reportProblem })
        : undefined;
    const ofCallbacks = { ports: connection.ports, host: LOOPBACK };
    // Where it is not told how it is reached, targets are not told to call back.
    const callbacks = process.env.FIVEFOLD_CALLBACK_URL
      ? await openCallbackPort({ ...ofCallbacks, useCases: worker.useCases, port: Number(callbackPort) }).catch(
          // Another project may run on this machine; most services answer at once.
          (error: Error) => {
            const message = `No callbacks are taken: ${error.message}. Choose another port by --callback-port.`;
            send({ kind: "problem", message });
          },
        )
      : undefined;
    const { address, port } = gateway;
    send({ kind: "ready", useCases: executors.map(({ settings }) => settings.name), gateway: { address, port } });
    await drained;
    await capture?.stop();
    await gateway.drain();
    await worker.drain();
    await callbacks?.close();
    await connection.close();
    reporter.flush();
    await sent();
    process.exit(0);
  } catch (error) {
    send({ kind: "failed", message: startFailure(error) });
    await sent();
    process.exit(1);
  }
}

/** Who runs use cases here need not have their databases: what is not known where it is waits, and is told. */
async function loadKnownChanges(root: string, reportProblem: ReportProblem) {
  const { sourceOf } = await loadRuntime(root);
  return (await loadChanges(root, [])).flatMap((changes) => {
    try {
      return [{ changes, source: sourceOf(changes.source, process.env) }];
    } catch (error) {
      reportProblem(error as FivefoldError);
      return [];
    }
  });
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
