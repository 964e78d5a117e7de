import type { Clock } from "../contract/clock.ts";
import {
  DONE,
  type ExecutorContract,
  type Message,
  type Outcome,
  type ReportProblem,
  type SubscriberSettings,
} from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import { firstDueAt, MOST_CRASHES, type Settlement } from "./settlement.ts";

/** Where tasks are sent. It reports each one's outcome to the settlement. */
export interface Target<E> {
  /** Takes tasks; `events[i]` is what `messages[i]` decoded to. Never throws. */
  run(messages: readonly Message[], events: readonly E[]): void;
  /** Ends what runs, soon: its tasks are tried again. */
  abort(reason: string): void;
  /** What it has taken, and has not reported. */
  readonly running: readonly Message[];
}

export interface DeliveryOptions<E> {
  readonly contract: ExecutorContract<E>;
  readonly subscriber: SubscriberSettings;
  readonly target: Pick<Target<E>, "run">;
  readonly settlement: Pick<Settlement, "add" | "postpone">;
  /** Takes tasks that were in flight at a crash, and hold no permit any more. Absent: they run beside all others. */
  readonly alone?: ((messages: readonly Message[]) => void) | undefined;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

export interface Delivery {
  /** Takes tasks that hold a permit each. */
  deliver(messages: readonly Message[]): void;
  readonly counts: { filtered: number; sent: number };
}

/** How long a record of a newer version waits for a worker that can read it, before this one looks again. */
const NEWER_VERSION_WAIT_MS = 30_000;

/** Decodes and filters one subscriber's tasks, and sends to the target what is left. */
export function createDelivery<E>(options: DeliveryOptions<E>): Delivery {
  const { contract, subscriber, settlement, clock } = options;
  const { settings, decode } = contract;
  const { filter } = contract.subscribers[subscriber.name]!;
  const counts = { filtered: 0, sent: 0 };

  /** Settles what can't be run, and answers whether the rest of the way is open. */
  function admits(message: Message, now: number): boolean {
    if (message.useCase !== settings.name) {
      const found = `a record of '${message.useCase}' in the topic of '${settings.name}'`;
      settlement.add(message, { kind: "reject", reason: "unknown-use-case", message: found });
      return false;
    }
    if (message.version > settings.version) {
      // An older worker still runs, or a rollback is under way: what it can't read must wait, not die.
      settlement.postpone(message, NEWER_VERSION_WAIT_MS);
      options.reportProblem(
        new FivefoldError(
          "newer-version",
          `Task ${message.id} of '${settings.name}' has event version ${message.version}; this worker reads up to ` +
            `${settings.version}. It is kept and tried again in ${NEWER_VERSION_WAIT_MS / 1_000} s. Deploy workers ` +
            "before the services that enqueue.",
        ),
      );
      return false;
    }
    const { crashes } = message;
    if (crashes !== undefined && crashes >= MOST_CRASHES) {
      const found = `it ended ${crashes} processes in which nothing else ran`;
      settlement.add(message, { kind: "reject", reason: "crashed", message: found });
      return false;
    }
    if (subscriber.deadlineMs > 0 && now > firstDueAt(message) + subscriber.deadlineMs) {
      const late = now - firstDueAt(message) - subscriber.deadlineMs;
      settlement.add(message, { kind: "reject", reason: "deadline", message: `the deadline passed ${late} ms ago` });
      return false;
    }
    return true;
  }

  /** The event, unless it is settled without its handler. */
  function read(message: Message): E | undefined {
    let event: E;
    try {
      event = decode(message.payload, message.version);
    } catch (error) {
      settlement.add(message, { kind: "reject", reason: "undecodable", message: describeThrown(error) });
      return undefined;
    }
    const passes = passesFilter(event);
    if (passes === true) return event;
    if (passes === false) {
      counts.filtered++;
      settlement.add(message, DONE);
    } else settlement.add(message, passes);
    return undefined;
  }

  /** Whether the event passes, or what a filter came to that answered neither. */
  function passesFilter(event: E): boolean | Outcome {
    if (filter === undefined) return true;
    try {
      const answer = filter(event);
      if ((typeof answer !== "object" || answer === null) && typeof answer !== "function") return Boolean(answer);
      // Of an async filter: every promise would pass for true, and its rejection end the process.
      Promise.resolve(answer).catch(() => {});
      return {
        kind: "retry",
        message: "the filter returned an object: it must return true or false, and not be async",
      };
    } catch (error) {
      return { kind: "retry", message: describeThrown(error, "the filter threw: ") };
    }
  }

  return {
    counts,
    deliver(messages) {
      const now = clock.now();
      const sent: Message[] = [];
      const events: E[] = [];
      const suspects: Message[] = [];
      for (const message of messages) {
        if (!admits(message, now)) continue;
        if (message.crashes !== undefined && options.alone) {
          suspects.push(message);
          continue;
        }
        const event = read(message);
        if (event === undefined) continue;
        sent.push(message);
        events.push(event);
      }
      if (suspects.length > 0) options.alone?.(suspects);
      counts.sent += sent.length;
      if (sent.length > 0) options.target.run(sent, events);
    },
  };
}
