import type { Clock } from "../contract/clock.ts";
import type {
  Message,
  Outcome,
  ReportProblem,
  SubscriberSettings,
  TaskRecord,
  UseCaseSettings,
} from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { Draw, Drawn } from "./draw.ts";
import type { Observation } from "./guard.ts";
import type { Link } from "./link.ts";
import type { Role } from "./release-state.ts";

/** How the releases of a use case stand for a process that holds its tasks. */
export interface ReleaseView {
  readonly role: Role;
  /** A worker of the stable release, where this process is of another one. */
  readonly stable: () => Link | undefined;
  /** A worker of the candidate; `undefined`: none is there, and the stable release runs its tasks. */
  readonly candidate: () => Link | undefined;
  /** Set while there is a candidate. */
  readonly draw: Draw | undefined;
  readonly observe: (seen: Observation) => void;
}

/** Hands a subscriber's tasks to the release that they were drawn for. They stay held here, with their keys and permits. */
export interface Dispatcher {
  /** Sends what others run, and returns what runs here. */
  take(messages: readonly Message[]): readonly Message[];
  /** Told of tries that were settled. */
  settled(all: readonly Settled[]): void;
  find(id: string): { readonly state: "running"; readonly attempt: number; readonly since: number } | undefined;
}

/** A try's outcome; times are on the monotonic clock, 0: it was settled without its handler. */
interface Settled {
  readonly message: Message;
  readonly outcome: Outcome;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface DispatcherOptions {
  /** How the releases of a use case stand. Absent: its tasks run where they arrive. */
  readonly releasesOf: ((useCase: string) => ReleaseView | undefined) | undefined;
  readonly useCase: UseCaseSettings;
  readonly subscriber: SubscriberSettings;
  /** Takes tasks that run here, and hold a permit each. */
  readonly deliver: (messages: readonly Message[]) => void;
  readonly settlement: {
    add(message: Message, outcome: Outcome, startedAt: number, endedAt: number): void;
    postpone(message: Message, afterMs: number): void;
  };
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** How long a task waits that no release may run now. */
const WAIT_MS = 10_000;
/** The first tasks of a process are slow for reasons of their own, and say nothing of its release. */
const WARM_UP = 20;

const recordOf = ({ position: _, notBefore: __, crashes: ___, ...record }: Message): TaskRecord => record;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { useCase, subscriber, settlement, clock } = options;
  const { maxRetries } = subscriber;
  // What is sent elsewhere anyway has releases of its own.
  const isReleased = useCase.release && !subscriber.target;
  const view = () => (isReleased ? options.releasesOf?.(useCase.name) : undefined);
  const draws = new WeakMap<Message, Drawn>();
  const sent = new Map<string, { readonly message: Message; readonly since: number }>();
  /** By the process that runs tasks: how many it has had. */
  const warmth = new WeakMap<object, number>();
  const here = {};

  function isWarm(where: object): boolean {
    const had = (warmth.get(where) ?? 0) + 1;
    warmth.set(where, had);
    return had > WARM_UP;
  }

  function observe(message: Message, outcome: Outcome, tookMs: number, where: object): void {
    const drawn = draws.get(message);
    draws.delete(message);
    const known = view();
    if (!drawn || !known) return;
    const counts = tookMs > 0 && isWarm(where);
    const kind = outcome.kind === "crash" ? "retry" : outcome.kind;
    known.observe({ ...drawn, attempt: message.attempt, outcome: kind, tookMs: counts ? tookMs : undefined });
  }

  function send(message: Message, link: Link): void {
    const since = clock.monotonic();
    sent.set(message.id, { message, since });
    link.run(subscriber.name, recordOf(message), (end) => {
      sent.delete(message.id);
      const isCandidates = draws.get(message)?.isCandidate === true;
      if (!end) {
        observe(message, { kind: "retry", message: "its process ended" }, 0, link);
        // It may have run, and runs again: here, as after a crash of this process.
        options.deliver([message]);
        return;
      }
      const { outcome, tookMs } = end;
      observe(message, outcome, tookMs, link);
      // What a candidate would give up, the stable release decides.
      const givesUp = outcome.kind === "reject" || (outcome.kind === "retry" && message.attempt > maxRetries);
      if (isCandidates && givesUp) options.deliver([message]);
      else {
        const endedAt = clock.monotonic();
        settlement.add(message, outcome, tookMs > 0 ? endedAt - tookMs : 0, endedAt);
      }
    });
  }

  function waitForStable(message: Message, known: ReleaseView): void {
    settlement.postpone(message, WAIT_MS);
    options.reportProblem(
      new FivefoldError(
        "conflict",
        `Task ${message.id} of '${useCase.name}' waits: this worker's release was ${known.role}, and no worker of the ` +
          "stable release runs. Fix: start one, or deploy a new release.",
      ),
    );
  }

  /** Where it runs: a link, here, or nowhere now. */
  function placeOf(message: Message, known: ReleaseView): Link | "here" | "nowhere" {
    const { role } = known;
    if (role === "candidate") return "here";
    // A process of its own runs what may end one; what is of another use case is settled here.
    if (message.crashes !== undefined || message.useCase !== useCase.name) return "here";
    const stable = role === "stable" ? undefined : known.stable();
    const home = stable ?? (role === "rolled back" ? "nowhere" : "here");
    const candidate = known.draw && known.candidate();
    if (!candidate || !known.draw) return home;
    // What this release can't read yet, a newer one can.
    if (message.version > useCase.version) return candidate;
    // The last try is never a candidate's: it would give up what the stable release may do.
    if (message.attempt > maxRetries && maxRetries > 0) return home;
    const drawn = known.draw.next(useCase.ordered ? message.key : "");
    draws.set(message, drawn);
    return drawn.isCandidate ? candidate : home;
  }

  return {
    take(messages) {
      const known = view();
      if (!known) return messages;
      return messages.filter((message) => {
        const place = placeOf(message, known);
        if (place === "here") return true;
        if (place === "nowhere") waitForStable(message, known);
        else send(message, place);
        return false;
      });
    },
    settled(all) {
      for (const { message, outcome, startedAt, endedAt } of all) {
        if (draws.has(message)) observe(message, outcome, startedAt > 0 ? endedAt - startedAt : 0, here);
      }
    },
    find(id) {
      const found = sent.get(id);
      return found && { state: "running", attempt: found.message.attempt, since: found.since };
    },
  };
}
