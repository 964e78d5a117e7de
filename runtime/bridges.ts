/** Queues of other systems, and how their messages and handlers come to Fivefold. */
import type { BullmqQueueOptions } from "./bridges/bullmq-queue.ts";
import { deliverToQueue } from "./bridges/deliver-to-queue.ts";
import type { ForeignMessage, ForeignQueue } from "./bridges/foreign-queue.ts";
import { type Deliver, type Delivered, type Pump, startPump } from "./bridges/pump.ts";
import type { Client, TaskClient } from "./client.ts";
import { connect } from "./connection.ts";
import { systemClock } from "./contract/clock.ts";
import type { TaskContext } from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";
import { describeThrown } from "./contract/thrown.ts";
import { placeOfKey } from "./control/key-share.ts";

export type { ForeignMessage, ForeignQueue, OutgoingMessage, QueueCounts } from "./bridges/foreign-queue.ts";
export type { Pump };

/** How long a message that comes again is known as the same. */
const ONCE_FOR_MS = 7 * 86_400_000;
/** What a try can't fix. */
const MALFORMED = new Set(["invalid-event", "payload-too-large", "delay-too-long", "conflict", "undecodable"]);

/** Opens a queue of BullMQ: needs the package `bullmq`, which only this loads. */
export async function openBullmqQueue(options: Omit<BullmqQueueOptions, "clock">): Promise<ForeignQueue> {
  const { openBullmqQueue: open } = await import("./bridges/bullmq-queue.ts");
  return open({ ...options, clock: systemClock });
}

export interface BridgeOptions<E> {
  readonly from: ForeignQueue;
  /** Of the use case that takes the events. */
  readonly client: Client<E>;
  /** The event as JSON, made of a message. Default: the message's body, parsed. What it throws sets the message aside. */
  readonly toEvent?: ((message: ForeignMessage) => unknown) | undefined;
  /**
   * The share of messages, 0 to 1, that the use case takes; the others go to `rest`. Asked for each round, so that it may
   * change. Default: all.
   */
  readonly share?: (() => number) | undefined;
  /** What makes messages stay on one side. A message that it throws for is set aside. Default: the message's key or, where it has none, its id. */
  readonly keyOf?: ((message: ForeignMessage) => string) | undefined;
  /** Takes what the use case does not: a queue that the old handlers consume. Needed where `share` may be below 1. */
  readonly rest?: ForeignQueue | undefined;
  /** Told of each message that is set aside, and of what is tried again. Default: a warning of the process. */
  readonly reportProblem?: ((problem: FivefoldError) => void) | undefined;
}

/**
 * Moves a queue's messages into a use case, until it is stopped: each is durable there before the queue hears of it. A message
 * that comes again, because a process was killed in between, is the same task for 7 days. The use case's own `dedupeBy` goes
 * before that. Throws a FivefoldError (`invalid-option`) for a `share` without a `rest`.
 */
export function startBridge<E>(options: BridgeOptions<E>): Pump {
  const { from, client, rest, share = () => 1, keyOf = ({ key, id }) => key ?? id } = options;
  if (options.share && !rest) {
    throw new FivefoldError(
      "invalid-option",
      `The bridge from ${from.system} queue '${from.name}' has a 'share' and no 'rest': name the queue that takes the other messages.`,
    );
  }
  const parse = options.toEvent ?? (({ body }) => JSON.parse(body) as unknown);
  const { contract, frontendOn } = client as TaskClient<E>;

  async function enqueueOne(message: ForeignMessage): Promise<Delivered> {
    const id = `${from.system} ${from.name} ${message.id}`;
    let event: E;
    try {
      event = contract.fromJson(await parse(message));
    } catch (error) {
      return { kind: "malformed", reason: describeThrown(error) };
    }
    try {
      const frontend = await frontendOn(await connect(undefined, contract.url));
      await frontend.enqueueAll([event], { dueAt: 0, traceparent: "", once: { id, forMs: ONCE_FOR_MS } });
      return { kind: "durable" };
    } catch (error) {
      const isMalformed = error instanceof FivefoldError && MALFORMED.has(error.code);
      return isMalformed ? { kind: "malformed", reason: error.message } : { kind: "later", error };
    }
  }

  const toRest = rest && deliverToQueue(rest);

  /** Where a message belongs, or why that can't be told. */
  function sideOf(message: ForeignMessage, part: number): "here" | "rest" | Delivered {
    if (part >= 1 || toRest === undefined) return "here";
    try {
      return placeOfKey(from.name, String(keyOf(message))) < part ? "here" : "rest";
    } catch (error) {
      return { kind: "malformed", reason: `its key can't be told: ${describeThrown(error)}` };
    }
  }

  const deliver: Deliver = async (messages) => {
    const part = share();
    const sides = messages.map((message) => sideOf(message, part));
    const others = messages.filter((_, i) => sides[i] === "rest");
    const theirs = others.length > 0 ? toRest!(others) : Promise.resolve([]);
    return Promise.all(
      messages.map(async (message, i) => {
        const side = sides[i]!;
        if (side === "here") return enqueueOne(message);
        return side === "rest" ? (await theirs)[others.indexOf(message)]! : side;
      }),
    );
  };

  const reportProblem = options.reportProblem ?? ((problem: FivefoldError) => process.emitWarning(problem.message));
  return startPump({ from, deliver, clock: systemClock, reportProblem });
}

/**
 * A handler that hands its events to another system's queue, under the task's id: the bridge the other way. `toBody` makes the
 * message's body of an event. Default: JSON.stringify.
 */
export function sendTo<E>(
  queue: () => Promise<ForeignQueue>,
  toBody: (event: E) => string = JSON.stringify,
): (event: E, task: TaskContext) => Promise<void> {
  let opened: Promise<ForeignQueue> | undefined;
  return async (event, { id, key }) => {
    opened ??= queue();
    // One that couldn't be opened now can be later.
    opened.catch(() => {
      opened = undefined;
    });
    await (await opened).send([{ id, body: toBody(event), key: key || undefined }]);
  };
}
