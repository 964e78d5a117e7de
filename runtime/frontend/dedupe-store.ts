/** What the store says of one dedupe id. */
export type Reservation =
  /**
   * Nobody else has it: the caller may publish, and then confirms, releases or leaves it. `id` is set where an earlier
   * enqueue may have published under that task id, without being known to have: then the caller publishes under it too,
   * where its event is the same by `content`.
   */
  | { readonly kind: "reserved"; readonly id?: string; readonly content?: string | undefined }
  /** An event with this id was accepted before, as the task `id`. */
  | { readonly kind: "duplicate"; readonly id: string; readonly content?: string | undefined }
  /** Another enqueue with this id is under way and has not answered yet. */
  | { readonly kind: "pending" };

export interface DedupeRequest {
  readonly useCase: string;
  readonly dedupeId: string;
  /** The enqueue's own, which nobody else has: the task's id, unless the reservation named an earlier one. */
  readonly id: string;
  /**
   * What the event is, in a few bytes. Stores keep it with the task's id, and answer the two together. Absent: not known, as
   * of what releases before kept.
   */
  readonly content?: string | undefined;
}

/** An id that a caller has reserved. */
export interface Reserved extends DedupeRequest {
  /** The id that its task is published under. Absent: the request's own. */
  readonly task?: string | undefined;
}

/**
 * Remembers which dedupe ids were accepted, and which are being enqueued. Of the latter one enqueue at a time holds an
 * id, and only as long as it renews its lease. One that ended without knowing whether its event is stored leaves the id
 * with the task id that it published under, and so does one that crashed or stood still until its lease had ended:
 * whoever enqueues the id next publishes under the same task id. So an event may be stored twice, but never as two tasks.
 */
export interface DedupeStore {
  /**
   * One reservation a request, in their order; atomic over all processes on the store. Never two of one id in a call. A
   * task id that nobody confirmed is forgotten `keepMs` after its first reservation. Default: with the lease.
   */
  reserve(
    requests: readonly DedupeRequest[],
    nowMs: number,
    leaseMs: number,
    keepMs?: number,
  ): Promise<readonly Reservation[]>;
  /** The task that an id was accepted as, and still stands for; `undefined`: none, or it is not known yet. */
  find(request: Pick<DedupeRequest, "useCase" | "dedupeId">, nowMs: number): Promise<string | undefined>;
  /** Moves the end of the caller's lease on what it still holds. With a time that is over, it leaves it to others. */
  renew(reserved: readonly Reserved[], untilMs: number): Promise<void>;
  /**
   * Remembers what was published, until `untilMs`. Says of each whether the caller still held it: of all that publish one
   * task, one does.
   */
  confirm(reserved: readonly Reserved[], untilMs: number): Promise<readonly boolean[]>;
  /**
   * Forgets what the caller holds and has certainly not published. An id that an earlier enqueue may have published
   * stays reserved under its task id, for anybody.
   */
  release(reserved: readonly Reserved[]): Promise<void>;
  /** Removes what has lapsed; returns how much. Bounded work, to be called from time to time. */
  sweep(nowMs: number): Promise<number>;
  close(): Promise<void>;
}
