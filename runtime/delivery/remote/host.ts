/** A place that a target's requests go to, and how it has answered. */
export interface Host {
  /** The address that was checked, and that connections are made to. */
  readonly address: string;
  readonly port: number;
  /** `address:port` behind its origin: what tells hosts apart. */
  readonly id: string;
  /** With its scheme and the name that it is asked for by. */
  readonly origin: string;
  /** What comes before a target's own path; empty, or without a slash at its end. */
  readonly basePath: string;
  /** Where it is; empty: not known. */
  readonly zone: string;
  /** Requests under way: when each began, in ms on the monotonic clock, the oldest first. */
  readonly pending: Set<{ readonly startedAt: number }>;
  /** Exponentially weighted, in ms; 0: not known yet. */
  latencyMs: number;
  /** Of its last good answer, in ms on the monotonic clock. */
  latencyAt: number;
  /** Answers in a row that tell against it. */
  failures: number;
  /** Of the interval under way. */
  answers: number;
  goodAnswers: number;
  /** Ejections that count for the next one's length. */
  ejections: number;
  /** Absent: it gets requests. */
  ejected: { readonly until: number; readonly why: Ejection } | undefined;
  /** When it began to get requests, in ms on the monotonic clock; 0: long ago. */
  warmSince: number;
  /** Active probes in a row that failed. */
  failedProbes: number;
}

/** What a host was ejected for: it can't be connected to, it answers badly, its active probes fail. */
export type Ejection = "unreachable" | "answers" | "probe";

export type HostPlace = Pick<Host, "address" | "port" | "id" | "origin" | "basePath" | "zone">;

export function createHost(place: HostPlace, warmSince: number): Host {
  return {
    ...place,
    pending: new Set(),
    latencyMs: 0,
    latencyAt: 0,
    failures: 0,
    answers: 0,
    goodAnswers: 0,
    ejections: 0,
    ejected: undefined,
    warmSince,
    failedProbes: 0,
  };
}
