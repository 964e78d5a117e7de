import type { Priority } from "../contract/contract.ts";

/** One that waits for permits of the process. */
export interface Applicant {
  readonly priority: Priority;
  /** How many permits it could use now; 0: none any more. */
  wants(): number;
  /** Told that it holds `count` more permits, to be released one by one or together. */
  grant(count: number): void;
}

/** A process's permits, shared by all subscribers in it. */
export interface Gate {
  /** Grants what there is, at once where nobody waits; else by turns. Applying again while waiting changes nothing. */
  apply(applicant: Applicant): void;
  release(count: number): void;
  readonly inFlight: number;
  /** How many there are. */
  readonly permits: number;
}

/** Turns of each level among those that wait. None starves: every level comes up. */
const TURNS: Readonly<Record<Priority, number>> = { high: 8, normal: 3, low: 1 };

/** Most permits of one turn: small enough that levels alternate, large enough that batches stay batches. */
const TURN_PERMITS = 32;
/** The same where nobody else waits: a larger batch costs less, and is all the same in the hands of one subscriber. */
const LONE_PERMITS = 256;

/**
 * A fixed number of permits. Where they run short, levels take turns in proportion to TURNS by stride scheduling
 * (Waldspurger and Weihl, 1995), and the applicants of a level one after another.
 */
export function createGate(permits: number): Gate {
  const waiting: Record<Priority, Set<Applicant>> = { high: new Set(), normal: new Set(), low: new Set() };
  const pass: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  /** Where virtual time stands: a level that comes back from idleness starts here, with no claim to the turns it missed. */
  let passNow = 0;
  let inFlight = 0;
  let granting = false;

  function nextLevel(): Priority | undefined {
    let next: Priority | undefined;
    for (const level of ["high", "normal", "low"] as const) {
      if (waiting[level].size > 0 && (next === undefined || pass[level] < pass[next])) next = level;
    }
    return next;
  }

  const isAnyWaiting = (): boolean => waiting.high.size + waiting.normal.size + waiting.low.size > 0;

  function grantWhatThereIs(): void {
    // A grant may end in a release or another application, at once: the loop sees both, so they need not nest.
    if (granting) return;
    granting = true;
    try {
      grantByTurns();
    } finally {
      granting = false;
    }
  }

  function grantByTurns(): void {
    while (inFlight < permits) {
      const level = nextLevel();
      if (level === undefined) break;
      const [applicant] = waiting[level];
      if (applicant === undefined) break;
      waiting[level].delete(applicant);
      const most = isAnyWaiting() ? TURN_PERMITS : LONE_PERMITS;
      const count = Math.min(applicant.wants(), permits - inFlight, most);
      if (count <= 0) continue;
      inFlight += count;
      passNow = pass[level];
      pass[level] += count / TURNS[level];
      applicant.grant(count);
      if (applicant.wants() > 0) waiting[level].add(applicant);
    }
  }

  return {
    permits,
    get inFlight() {
      return inFlight;
    },
    apply(applicant) {
      const level = waiting[applicant.priority];
      if (level.size === 0) pass[applicant.priority] = Math.max(pass[applicant.priority], passNow);
      level.add(applicant);
      grantWhatThereIs();
    },
    release(count) {
      inFlight -= count;
      grantWhatThereIs();
    },
  };
}
