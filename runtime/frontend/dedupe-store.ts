/** What the store says of one dedupe id. */
export type Reservation =
  /** Nobody has it: the caller may publish, and then confirms or releases. */
  | { readonly kind: "reserved" }
  /** An event with this id was accepted before, as the task `id`. */
  | { readonly kind: "duplicate"; readonly id: string }
  /** Another enqueue with this id is under way and has not answered yet. */
  | { readonly kind: "pending" };

export interface DedupeRequest {
  readonly useCase: string;
  readonly dedupeId: string;
  /** The id that the task gets if it is the first. */
  readonly id: string;
}

/**
 * Remembers which dedupe ids were accepted. A reservation that its process neither confirms nor releases (it crashed)
 * lapses after its lease, so an event whose enqueue never answered can be enqueued again: a crash may duplicate an
 * event, and never loses one.
 */
export interface DedupeStore {
  /** One reservation a request, in their order; atomic over all processes on the store. Never two of one id in a call. */
  reserve(requests: readonly DedupeRequest[], nowMs: number, leaseMs: number): Promise<readonly Reservation[]>;
  /** Remembers what was published, until `untilMs`. */
  confirm(requests: readonly DedupeRequest[], untilMs: number): Promise<void>;
  /** Forgets reservations of this call's ids whose publishing failed. */
  release(requests: readonly DedupeRequest[]): Promise<void>;
  /** Removes what has lapsed; returns how much. Bounded work, to be called from time to time. */
  sweep(nowMs: number): Promise<number>;
  close(): Promise<void>;
}
