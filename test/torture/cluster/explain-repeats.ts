import type { ClusterHistory, Run } from "./cluster-history.ts";
import { KINDS } from "./kinds.ts";

/** What was done to the cluster. Times are monotonic µs. */
export interface Disturbance {
  readonly what: "broker" | "PostgreSQL killed" | "PostgreSQL" | "worker killed" | "worker stalled";
  /** The process, where it is one. */
  readonly who?: string;
  readonly from: number;
  /** When it was over. */
  readonly until: number;
}

/** Between the end of a run and its acknowledgement in the broker's storage, which writes those once a second. */
const STORED_MICROS = 3_000_000;
/** Of what is enqueued so close together, either may come first in the topic. */
const ABOUT_MICROS = 1_000_000;

/**
 * When a run's task was first in its subscription's backlog, at the latest: with all that was enqueued before it handled. A
 * broker writes down which later tasks are acknowledged only when the backlog's first one moves on.
 */
type FirstInLine = (run: Run) => number;

function firstInLine(runs: ReadonlyMap<string, readonly Run[]>): FirstInLine {
  const first = [...runs.values()].map(([run]) => run!).sort((one, other) => one.enqueuedAt - other.enqueuedAt);
  const enqueuedAt = Float64Array.from(first, (run) => run.enqueuedAt);
  let latest = 0;
  const handledBy = Float64Array.from(first, ({ at }) => {
    latest = Math.max(latest, at);
    return latest;
  });
  return ({ enqueuedAt: of, at }) => {
    let low = 0;
    let high = enqueuedAt.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (enqueuedAt[middle]! <= of + ABOUT_MICROS) low = middle + 1;
      else high = middle;
    }
    return Math.max(at, handledBy[low - 1] ?? 0);
  };
}

/** When the acknowledgement of a run was surely stored: what is away at that time has to come back first. */
function storedBy(run: Run, servers: readonly Disturbance[], firstAt: number): number {
  let by = firstAt + STORED_MICROS;
  for (const { from, until } of servers) if (from <= by && until >= run.at) by = Math.max(by, until + STORED_MICROS);
  return by;
}

const isServer = ({ who }: Disturbance): boolean => who === undefined;

/** Whether servers were disturbed between a task's enqueue and the time at which a run of it was surely stored. */
export function isDisturbed(run: Run, disturbances: readonly Disturbance[]): boolean {
  const servers = disturbances.filter(isServer);
  const by = storedBy(run, servers, run.at);
  return servers.some(({ from, until }) => from <= by && until >= run.enqueuedAt);
}

export interface Repeats {
  /** By cause. */
  readonly explained: Readonly<Record<string, number>>;
  readonly unexplained: readonly string[];
  /** Tasks that nothing could have had repeated. */
  readonly undisturbed: number;
}

/**
 * Explains each run over a task's first, by what happened between its enqueue and the time at which the run before was
 * surely acknowledged for good: to the servers; to the worker that ran it; where the task waits in the delay store, to
 * any worker, since each may be the one that fires it; or that its enqueue was refused though it was stored, and came
 * again.
 */
export function explainRepeats(history: ClusterHistory, disturbances: readonly Disturbance[]): Repeats {
  const ordered = disturbances.toSorted((one, other) => one.from - other.from);
  const servers = ordered.filter(isServer);
  const explained: Record<string, number> = {};
  const unexplained: string[] = [];
  let undisturbed = 0;
  for (const [place, all] of history.runs) {
    const kind = place.split("/")[0]!;
    const again = new Map<string, number>();
    // Only what deduplicates is enqueued again.
    for (const { ids } of KINDS[kind]!.settings?.dedupeForMs ? history.refused.get(kind)! : [])
      for (const id of ids) again.set(id, (again.get(id) ?? 0) + 1);
    const waits = KINDS[kind]!.waits ?? false;
    const firstAt = firstInLine(all);

    function causeOf(run: Run): Disturbance | undefined {
      const byBroker = storedBy(run, servers, firstAt(run));
      const byWorker = storedBy(run, servers, run.at);
      return ordered.find(({ who, from, until }) => {
        if (until < run.enqueuedAt) return false;
        return who === undefined ? from <= byBroker : (waits || who === run.worker) && from <= byWorker;
      });
    }
    for (const [id, told] of all) {
      const runs = told.length === 1 ? told : told.toSorted((one, other) => one.at - other.at);
      if (!again.has(id) && causeOf(runs[0]!) === undefined) undisturbed += 1;
      for (const [index, run] of runs.slice(1).entries()) {
        const cause = causeOf(runs[index]!);
        const copies = again.get(id) ?? 0;
        if (copies > 0) again.set(id, copies - 1);
        if (copies === 0 && !cause)
          unexplained.push(
            `${place} ${id} ran on ${runs[index]!.worker} at ${runs[index]!.at} and on ${run.worker} at ${run.at}, for no reason`,
          );
        else {
          const what = copies > 0 ? "enqueued again" : cause!.what;
          explained[what] = (explained[what] ?? 0) + 1;
        }
      }
    }
  }
  return { explained, unexplained, undisturbed };
}
