import { type Clock, sleep } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ForeignMessage, ForeignQueue } from "./foreign-queue.ts";

/** What became of a message: it is durable at its destination; no try will take it; or it has to be tried again. */
export type Delivered =
  | { readonly kind: "durable" }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "later"; readonly error: unknown };

/** Takes messages on, and resolves once it is known of each what became of it, in their order. */
export type Deliver = (messages: readonly ForeignMessage[]) => Promise<readonly Delivered[]>;

export interface PumpOptions {
  readonly from: ForeignQueue;
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
  /** Messages that are on their way at once. Default: 100. */
  readonly most?: number;
}

export interface Pump {
  /** What it has done since its start. */
  readonly counts: { readonly delivered: number; readonly setAside: number; readonly givenBack: number };
  /** Ends it once what is on its way is settled. */
  stop(): Promise<void>;
}

const WAIT_MS = 500;
const PAUSE_AFTER_FAILURE_MS = 500;

/**
 * Moves messages out of a queue: received, durable at the destination, acknowledged, in this order. A process that ends
 * anywhere between leaves a message that comes again. Messages of one key are delivered one behind the other; where one has to
 * be tried again, those behind it go back with it.
 */
export function startPump({ from, deliver, clock, reportProblem, most = 100 }: PumpOptions): Pump {
  const counts = { delivered: 0, setAside: 0, givenBack: 0 };
  let stopped = false;

  function report(doing: string, error: unknown): void {
    const message = `The bridge from ${from.system} queue '${from.name}' could not ${doing}: ${describeThrown(error)} It is tried again; nothing is lost.`;
    reportProblem(new FivefoldError("not-connected", message, { cause: error }));
  }

  async function settle(messages: readonly ForeignMessage[]): Promise<boolean> {
    const results = await deliverInOrder(messages);
    const of = (kind: Delivered["kind"]) => messages.filter((_, i) => results[i]!.kind === kind);
    const [durable, later] = [of("durable"), of("later")];
    await from.acknowledge(durable);
    counts.delivered += durable.length;
    for (const [i, message] of messages.entries()) {
      const result = results[i]!;
      if (result.kind !== "malformed") continue;
      await from.setAside(message, result.reason);
      counts.setAside++;
      const text = `Message '${message.id}' of ${from.system} queue '${from.name}' is set aside: ${result.reason}`;
      reportProblem(new FivefoldError("undecodable", text));
    }
    if (later.length === 0) return true;
    await from.giveBack(later);
    counts.givenBack += later.length;
    const failed = results.find(({ kind }) => kind === "later") as Delivered & { readonly kind: "later" };
    report(`deliver ${later.length} of ${messages.length} messages`, failed.error);
    return false;
  }

  /** Rounds of messages, of each key the next one. */
  async function deliverInOrder(messages: readonly ForeignMessage[]): Promise<readonly Delivered[]> {
    const results = new Map<ForeignMessage, Delivered>();
    const failedKeys = new Map<string, Delivered>();
    let rest = messages;
    while (rest.length > 0) {
      const taken = new Set<string>();
      const round: ForeignMessage[] = [];
      const next: ForeignMessage[] = [];
      for (const message of rest) {
        const failed = message.key === undefined ? undefined : failedKeys.get(message.key);
        if (failed) results.set(message, failed);
        else if (message.key !== undefined && taken.has(message.key)) next.push(message);
        else {
          if (message.key !== undefined) taken.add(message.key);
          round.push(message);
        }
      }
      if (round.length > 0) {
        const delivered = await deliver(round);
        for (const [i, message] of round.entries()) {
          const result = delivered[i] ?? { kind: "later", error: new Error("its delivery told nothing of it") };
          results.set(message, result);
          if (result.kind === "later" && message.key !== undefined) failedKeys.set(message.key, result);
        }
      }
      rest = next;
    }
    return messages.map((message) => results.get(message)!);
  }

  async function run(): Promise<void> {
    while (!stopped) {
      let held: readonly ForeignMessage[] = [];
      try {
        held = await from.receive(most, WAIT_MS);
        if (held.length === 0 || (await settle(held))) continue;
      } catch (error) {
        report(held.length > 0 ? "settle what it received" : "receive", error);
        // What is settled already is not held, and stays settled.
        await from.giveBack(held).catch(() => {});
      }
      if (!stopped) await sleep(clock, PAUSE_AFTER_FAILURE_MS);
    }
  }

  const running = run();
  return {
    counts,
    async stop() {
      stopped = true;
      await running;
    },
  };
}
