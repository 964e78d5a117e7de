import type { RunControl, Running } from "./capture/run-again.ts";
import type { Mismatch } from "./capture/source-table.ts";
import type { Changes } from "./changes.ts";
import type { Connection } from "./connection.ts";
import type { ReportProblem, UseCaseSettings } from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";
import { reportSafely } from "./observers.ts";
import { createEnqueueOn, createRelayOn } from "./pipeline/relay-on.ts";
import { topicsOf } from "./ports/topics.ts";
import { reportSeldom } from "./problem-reports.ts";

/** A database whose changes or whose outbox are captured. */
export interface CaptureSource {
  /** `billing`: what FIVEFOLD_SOURCE_BILLING says where it is. */
  readonly name: string;
  readonly url: string;
}

export interface CaptureOptions {
  readonly connection: Connection;
  /** The use cases whose events may be enqueued: their topics are made. */
  readonly useCases: readonly UseCaseSettings[];
  /** The databases whose outbox is relayed. */
  readonly outboxes: readonly CaptureSource[];
  /** The tables whose changes become events, and where they are. Default: none. */
  readonly changes?: readonly { readonly changes: Changes; readonly source: CaptureSource }[] | undefined;
  /** Told of what holds a part up; it is tried again. Default: a warning of the process. */
  readonly reportProblem?: ReportProblem | undefined;
}

export interface Capture {
  /** What is captured, how much of it was enqueued, and why it stands still, where it does. */
  readonly parts: readonly Pick<Running, "name" | "count" | "problem">[];
  /** Lets what is under way end; what was not confirmed is read again by whoever captures next. */
  stop(): Promise<void>;
}

/**
 * Captures databases into the connection until it is stopped. One process at a time captures a database's part; others
 * wait, and take over. Throws a FivefoldError where there is no store for delays and deduplication.
 */
export async function startCapture(options: CaptureOptions): Promise<Capture> {
  const { connection, useCases, outboxes, changes = [] } = options;
  const { ports } = connection;
  if (ports.missing) throw ports.missing;
  const { clock } = ports;
  const reportProblem = reportSeldom(
    reportSafely(options.reportProblem ?? ((problem) => process.emitWarning(problem))),
    clock,
  );
  await ports.transport.declare(useCases.flatMap((settings) => topicsOf(settings).slice(0, 1)));
  // Loaded here, since every client loads the runtime, and few capture.
  const [{ relayOutbox }, { captureTable }, { runAgain }] = await Promise.all([
    import("./capture/outbox-relay.ts"),
    import("./capture/table-capture.ts"),
    import("./capture/run-again.ts"),
  ]);
  const relay = createRelayOn(connection);
  const priorities = new Map(useCases.map(({ name, priority }) => [name, priority]));
  const priorityOf = (useCase: string) => priorities.get(useCase);
  const run = (name: string, work: (control: RunControl) => Promise<void>) =>
    runAgain(name, work, clock, reportProblem);
  const placeOf = ({ name }: CaptureSource) => `The source '${name}'`;
  const parts = [
    ...outboxes.map((source) => {
      const { url, name } = source;
      const place = placeOf(source);
      return run(`outbox of '${name}'`, (control) =>
        relayOutbox({ url, place, clock, priorityOf, relay, control, reportProblem }),
      );
    }),
    ...changes.map(({ changes: { table, makeEvent, client }, source }) => {
      const { url, name } = source;
      const place = placeOf(source);
      const enqueue = createEnqueueOn(connection, client.contract);
      return run(`changes of '${name}' for '${table.useCase}'`, (control) =>
        captureTable({ url, place, table, makeEvent, enqueue, clock, control, reportProblem }),
      );
    }),
  ];
  return {
    parts,
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}

/** Where sources are, as FIVEFOLD_SOURCE_<NAME> says. Throws a FivefoldError (`invalid-option`) where it does not. */
export function sourceOf(name: string, environment: Readonly<Record<string, string | undefined>>): CaptureSource {
  const variable = `FIVEFOLD_SOURCE_${name.toUpperCase().replaceAll("-", "_")}`;
  const url = environment[variable];
  if (url && /^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return { name, url };
  // Never the value: it may hold a password.
  const found = url ? "what it has is none" : "it is not set";
  throw new FivefoldError(
    "invalid-option",
    `Where the source '${name}' is, ${variable} says as postgres://user:password@host/database; ${found}.`,
  );
}

/** Compares a captured table with what its use case reads. Changes nothing. Throws where the source can't be reached. */
export async function findSourceMismatches(changes: Changes, source: CaptureSource): Promise<readonly Mismatch[]> {
  const [{ openReader }, { findTable, mismatchesOf }] = await Promise.all([
    import("./capture/replication.ts"),
    import("./capture/source-table.ts"),
  ]);
  const place = `The source '${source.name}'`;
  const reader = await openReader({ url: source.url, place });
  try {
    return mismatchesOf(changes.table, await findTable(reader.read, changes.table), place);
  } finally {
    await reader.close();
  }
}
