import type {
  EnqueuedUseCase,
  EnqueueForTask,
  Message,
  TaskContext,
  TaskEnqueueOptions,
  TaskReceipt,
} from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { TaskLog } from "../contract/task-log.ts";
import type { LoggedTask } from "./task-logs.ts";

/** What a try may do beyond its handler's own means. */
export interface TaskMeans {
  readonly enqueue?: EnqueueForTask | undefined;
  /** Absent: what is logged is written nowhere. */
  readonly logOf?: ((task: LoggedTask) => TaskLog) | undefined;
}

const NO_MEANS: TaskMeans = {};
const NO_LOG: TaskLog = { debug() {}, info() {}, warn() {}, error() {} };

/** A try as its handler sees it: data that a copy keeps, and a signal that exists only where somebody asks for it. */
export class TryContext implements TaskContext {
  // `declare`: the constructor sets them. As fields they would be set twice, for every task.
  declare readonly id: string;
  declare readonly useCase: string;
  declare readonly subscriber: string;
  declare readonly attempt: number;
  declare readonly enqueuedAt: Date;
  declare readonly dueAt: Date;
  declare readonly key: string;
  declare readonly traceparent: string;
  declare readonly tracestate: string;
  #controller: AbortController | undefined;
  #reason: string | undefined;
  readonly #means: TaskMeans;
  #log: TaskLog | undefined;
  #enqueued: Map<string, number> | undefined;

  constructor(message: Message, subscriber: string, means: TaskMeans = NO_MEANS) {
    this.#means = means;
    this.id = message.id;
    this.useCase = message.useCase;
    this.subscriber = subscriber;
    this.attempt = message.attempt;
    this.enqueuedAt = new Date(message.enqueuedAt);
    // One that was not delayed, as nearly all, does with one object.
    this.dueAt = message.dueAt > message.enqueuedAt ? new Date(message.dueAt) : this.enqueuedAt;
    this.key = message.key;
    this.traceparent = message.traceparent;
    this.tracestate = message.tracestate ?? "";
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(new Error(this.#reason));
    }
    return this.#controller.signal;
  }

  get log(): TaskLog {
    this.#log ??= this.#means.logOf?.(this) ?? NO_LOG;
    return this.#log;
  }

  async enqueue<E>(useCase: EnqueuedUseCase<E>, event: NoInfer<E>, options?: TaskEnqueueOptions): Promise<TaskReceipt> {
    const { enqueue } = this.#means;
    if (!enqueue) {
      throw new FivefoldError(
        "invalid-option",
        `'${this.useCase}' was built before its handler could enqueue: build again.`,
      );
    }
    this.#enqueued ??= new Map();
    return enqueue(this, this.#enqueued, useCase, event, options);
  }

  /** Aborts the signal, also one that is read later. Listeners are called by it: whatever they throw is theirs. */
  abort(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(new Error(reason));
  }
}
