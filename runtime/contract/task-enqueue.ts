/** What a use case module exports by default, as far as whoever enqueues its events needs it. */
export interface EnqueuedUseCase<E> {
  readonly useCase: object;
  /** Never there: tells TypeScript what the events are. */
  readonly "~event"?: E;
}

export interface TaskEnqueueOptions {
  /** How long from now no handler runs: `"5m"`. Default: at once. */
  readonly delay?: `${number}${"ms" | "s" | "m" | "h" | "d"}` | undefined;
  /** The time before which no handler runs, instead of `delay`. */
  readonly at?: Date | undefined;
}

export interface TaskReceipt {
  /** The task's id; where the same was enqueued before, that one's. */
  readonly id: string;
  readonly duplicate: boolean;
}
