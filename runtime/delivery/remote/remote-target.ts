import type { Cancel, Clock } from "../../contract/clock.ts";
import type { Message, Outcome } from "../../contract/contract.ts";
import { describeThrown } from "../../contract/thrown.ts";
import type { Verdict } from "../../task-http/answer.ts";
import type { Target } from "../delivery.ts";
import type { Ejection, Host } from "./host.ts";
import type { HostPool } from "./host-pool.ts";
import { Exchange, type HttpClient, type HttpRequest } from "./http-client.ts";
import type { Protocol } from "./protocol.ts";

export interface RemoteTargetOptions {
  readonly protocol: Protocol;
  readonly hosts: HostPool;
  readonly client: Pick<HttpClient, "send">;
  /** One try's longest run, the way there and back included. */
  readonly timeoutMs: number;
  /**
   * Told of each try's outcome, once, as it ends. Times are on the monotonic clock. `endedAt` is of tries that were answered by
   * 202 alone: how long they took says nothing of their host.
   */
  readonly report: (message: Message, outcome: Outcome, startedAt: number, endedAt?: number) => void;
  /** Told of each 202. */
  readonly accepted?: ((startedAt: number, answeredAt: number) => void) | undefined;
  /** Takes a task that could not be sent anywhere, without a try. */
  readonly postpone: (message: Message, afterMs: number) => void;
  /** Waits for a task's outcome that comes later, until the returned function is called. Absent: none is waited for. */
  readonly awaitOutcome?: ((message: Message, settle: (outcome: Outcome) => void) => Cancel) | undefined;
  readonly clock: Clock;
}

export interface RemoteTarget extends Target<unknown> {
  /** A task that was sent and has not ended; `awaits-callback`: it was answered by 202. `since` on the monotonic clock. */
  find(id: string): SentTask | undefined;
  /** `accepted`: those that run and were answered by 202. */
  readonly counts: { readonly running: number; readonly accepted: number };
}

export interface SentTask {
  readonly state: "running" | "awaits-callback";
  readonly attempt: number;
  readonly since: number;
}

/** Hosts that one try is offered to, where connections can't be made: nothing was sent, so nothing runs twice. */
const MOST_HOSTS = 3;
/** How long a task waits that finds no host, though its limit let it start. */
const NO_HOST_MS = 1_000;
/** Tries that have ended and may stay among those that have not. */
const SPARE_TRIES = 256;

/** Sends one subscriber's tasks to the hosts of its target, each within its time. Redirects are not followed. */
export function createRemoteTarget(options: RemoteTargetOptions): RemoteTarget {
  const { protocol, hosts, client, clock, timeoutMs } = options;
  /** In the order of their starts, and some that have ended since: all have the same time, so that one timer serves all. */
  let pending: RemoteTry[] = [];
  let running = 0;
  let accepted = 0;
  let cancelTimer: Cancel | undefined;

  class RemoteTry extends Exchange {
    readonly message: Message;
    readonly startedAt: number;
    ended = false;
    #request: HttpRequest | undefined;
    #host: Host | undefined;
    #refused: Host[] | undefined;
    #stopAwaiting: Cancel | undefined;

    constructor(message: Message, startedAt: number) {
      super();
      this.message = message;
      this.startedAt = startedAt;
    }

    protected override get needsBody(): boolean {
      return protocol.needsBody;
    }

    protected override get mostBytes(): number {
      return protocol.mostBytes;
    }

    /** Sends it to a host; without one it is put off. */
    send(request: HttpRequest, host: Host | undefined): void {
      if (this.ended) return;
      if (!host) {
        this.#close();
        options.postpone(this.message, NO_HOST_MS);
        return;
      }
      this.#request = request;
      this.#host = host;
      host.pending.add(this);
      try {
        const path = host.basePath + request.path;
        client.send(host, host.basePath === "" ? request : { ...request, path }, this);
      } catch (error) {
        // What can't be put into a request says nothing of its host.
        this.end({ kind: "retry", message: describeThrown(error, "it can't be sent: ") }, undefined);
      }
    }

    protected override answered(
      status: number,
      headers: Parameters<Protocol["judge"]>[0]["headers"],
      body: Buffer,
    ): void {
      if (this.ended) return;
      let verdict: Verdict;
      try {
        verdict = protocol.judge({ status, headers, body }, clock.now());
      } catch (error) {
        // A hostile answer must not end this process.
        this.end({ kind: "retry", message: describeThrown(error, "its answer can't be read: ") }, "answers");
        return;
      }
      if (verdict.kind === "outcome") this.end(verdict.outcome, verdict.isOwn ? undefined : "answers");
      else if (options.awaitOutcome) this.#await(options.awaitOutcome);
      else
        this.end(
          { kind: "retry", message: "answered 202, but this worker takes no callbacks of this target" },
          "answers",
        );
    }

    /** Its permit and its key stay held, and its time goes on; its host has done what was asked of it. */
    #await(awaitOutcome: NonNullable<RemoteTargetOptions["awaitOutcome"]>): void {
      const host = this.#host!;
      const now = clock.monotonic();
      host.pending.delete(this);
      hosts.ended(host, undefined, this.startedAt, now);
      this.#host = undefined;
      options.accepted?.(this.startedAt, now);
      accepted++;
      this.#stopAwaiting = awaitOutcome(this.message, (outcome) => this.end(outcome, undefined));
    }

    get isAwaiting(): boolean {
      return this.#stopAwaiting !== undefined;
    }

    /** Gives a task back, of which nobody knows yet what it came to: whoever sends it again sends the same try. */
    giveBack(): boolean {
      if (this.ended || !this.#stopAwaiting) return false;
      this.#close();
      options.postpone(this.message, NO_HOST_MS);
      return true;
    }

    protected override failed(error: Error, sent: boolean): void {
      if (this.ended) return;
      const host = this.#host!;
      if (!sent && (this.#refused?.length ?? 0) + 1 < MOST_HOSTS) {
        this.#refused ??= [];
        this.#refused.push(host);
        const now = clock.monotonic();
        const other = hosts.pick(now, this.#refused);
        if (other) {
          host.pending.delete(this);
          hosts.ended(host, "unreachable", this.startedAt, now);
          this.send(this.#request!, other);
          return;
        }
      }
      const message = describeThrown(error, `${host.id} gave no answer: `);
      this.end({ kind: "retry", message }, sent ? "answers" : "unreachable");
    }

    end(outcome: Outcome, against: Ejection | undefined): void {
      if (this.ended) return;
      this.#close();
      const now = clock.monotonic();
      if (this.#host) hosts.ended(this.#host, against, this.startedAt, now);
      options.report(this.message, outcome, this.startedAt, this.#stopAwaiting && now);
    }

    /** Ends it without the answer that it waits for: by what has come of it, if that says enough. */
    cutOff(message: string, against: Ejection | undefined, why?: { readonly overloaded: true }): void {
      if (this.ended || this.endEarly()) return;
      this.abort();
      this.end({ kind: "retry", message, ...why }, this.#host && against);
    }

    endOverdue(): void {
      if (this.#stopAwaiting) this.end({ kind: "retry", message: `no callback within ${timeoutMs} ms` }, undefined);
      else this.cutOff(`no answer within ${timeoutMs} ms`, "answers", { overloaded: true });
    }

    #close(): void {
      this.ended = true;
      if (this.#stopAwaiting) {
        this.#stopAwaiting();
        accepted--;
      }
      running--;
      this.#host?.pending.delete(this);
    }
  }

  function endOverdue(): void {
    cancelTimer = undefined;
    const now = clock.monotonic();
    const overdue: RemoteTry[] = [];
    pending = pending.filter(({ ended }) => !ended);
    for (const tried of pending) {
      if (tried.startedAt + timeoutMs > now) break;
      overdue.push(tried);
    }
    for (const tried of overdue) tried.endOverdue();
    watch();
  }

  function watch(): void {
    if (cancelTimer || running === 0) return;
    const first = pending.find(({ ended }) => !ended);
    if (!first) return;
    const delayMs = Math.max(0, first.startedAt + timeoutMs - clock.monotonic());
    cancelTimer = clock.after(delayMs, endOverdue, { background: true });
  }

  function start(message: Message, event: unknown, startedAt: number): void {
    const tried = new RemoteTry(message, startedAt);
    pending.push(tried);
    running++;
    const unsendable = (error: unknown) =>
      tried.end({ kind: "retry", message: describeThrown(error, "it can't be sent: ") }, undefined);
    try {
      const request = protocol.request(message, event, clock.now());
      if (!(request instanceof Promise)) tried.send(request, hosts.pick(startedAt));
      else request.then((made) => tried.send(made, hosts.pick(clock.monotonic()))).catch(unsendable);
    } catch (error) {
      unsendable(error);
    }
  }

  return {
    counts: {
      get running() {
        return running;
      },
      get accepted() {
        return accepted;
      },
    },
    get running() {
      return pending.filter(({ ended }) => !ended).map(({ message }) => message);
    },
    find(id) {
      const found = pending.find(({ ended, message }) => !ended && message.id === id);
      const state = found?.isAwaiting ? "awaits-callback" : "running";
      return found && { state, attempt: found.message.attempt, since: found.startedAt };
    },
    run(messages, events) {
      const startedAt = clock.monotonic();
      for (let i = 0; i < messages.length; i++) start(messages[i]!, events[i], startedAt);
      if (pending.length > SPARE_TRIES + 2 * running) pending = pending.filter(({ ended }) => !ended);
      watch();
    },
    abort(reason) {
      for (const tried of pending.filter(({ ended }) => !ended)) {
        if (!tried.giveBack()) tried.cutOff(reason, undefined);
      }
    },
  };
}
