import { runtimeSettings } from "../../../compiler/emit/settings.ts";
import type { Event, UseCase } from "../../../compiler/model/model.ts";
import { systemClock } from "../../../runtime/clock.ts";
import type { Message, UseCaseSettings } from "../../../runtime/contract.ts";
import { createDelivery } from "../../../runtime/delivery/delivery.ts";
import { type Emitted, load } from "../emit/load.ts";
import { differenceOf, show } from "./meaning.ts";

/*
 * Deployments of one version after another, with the code that is generated for each and the runtime's own delivery
 * layer: what it holds, decodes and gives up.
 */

/** One version of a use case as it runs. */
export interface Version extends Emitted {
  readonly event: Event;
  readonly settings: UseCaseSettings;
  /** What its fields are where records of earlier versions have none, by name. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Valid events. */
  readonly samples: readonly unknown[];
}

export function versionOf(
  useCase: UseCase,
  samples: (version: Emitted & Pick<Version, "event">) => readonly unknown[],
  defaults: Version["defaults"] = {},
): Version {
  const { event } = useCase;
  const code = load(useCase);
  return { ...code, event, settings: runtimeSettings(useCase), defaults, samples: samples({ ...code, event }) };
}

function recordOf(by: Version, value: unknown): Message {
  return {
    id: "1",
    useCase: by.settings.name,
    version: by.event.version,
    enqueuedAt: 0,
    dueAt: 0,
    key: "",
    attempt: 1,
    priority: "normal",
    tenant: "",
    dedupeId: "",
    traceparent: "",
    subscription: "",
    payload: by.encode(value),
    position: undefined,
  };
}

/** What a worker of one version makes of all records of another: it keeps them for later, handles them, or does wrong. */
export type Work = "held" | "handled" | { readonly fault: string };

export function work(by: Version, sender: Version): Work {
  const [subscriber] = by.settings.subscribers;
  const values = new Map(sender.samples.map((value) => [recordOf(sender, value), value]));
  const held: Message[] = [];
  const faults: string[] = [];
  const handled = new Map<Message, unknown>();
  createDelivery({
    contract: { settings: by.settings, decode: by.decode, subscribers: { default: { handler: () => undefined } } },
    subscriber: subscriber!,
    target: {
      run(messages, events) {
        for (const [i, message] of messages.entries()) handled.set(message, events[i]);
      },
    },
    settlement: {
      add(message, outcome) {
        faults.push(`fails on ${show(values.get(message))}: ${"message" in outcome ? outcome.message : outcome.kind}`);
      },
      postpone: (message) => held.push(message),
      idle: async () => {},
      counts: { done: 0, retried: 0, deadLettered: 0, deadLetters: {} as never },
    },
    clock: systemClock,
    reportProblem: () => {},
  }).deliver([...values.keys()]);
  for (const [message, event] of handled) {
    const fault = misreadBy(by, sender, values.get(message), event);
    if (fault) faults.push(fault);
  }
  if (held.length + handled.size + faults.length < values.size) faults.push("loses records");
  const [fault] = faults;
  if (fault !== undefined)
    return { fault: `version ${by.event.version} ${fault} (of version ${sender.event.version})` };
  return held.length === values.size ? "held" : "handled";
}

/** Which version sends and which works, and whether the workers get to what is queued. */
interface Stage {
  readonly sender: "old" | "now";
  readonly worker: "old" | "now";
  readonly works: boolean;
}

const OLD = { sender: "old", worker: "old" } as const;
const READERS = { sender: "old", worker: "now" } as const;
const SENDERS = { sender: "now", worker: "old" } as const;
const NOW = { sender: "now", worker: "now" } as const;

/** Readers first, senders first, and workers that are rolled back and deployed again, with workers that are idle in any of the stages before the last. */
export const INTERLEAVINGS: readonly (readonly Stage[])[] = [
  [OLD, READERS, NOW],
  [OLD, SENDERS, NOW],
  [READERS, NOW, SENDERS, NOW],
].flatMap((stages) =>
  Array.from({ length: 2 ** (stages.length - 1) }, (_, idle) =>
    stages.map((stage, i) => ({ ...stage, works: i === stages.length - 1 || (idle & (1 << i)) === 0 })),
  ),
);

/**
 * The first thing that goes wrong when `now` is deployed after the released versions, ascending, records of all of which
 * wait at the start. `undefined`: nothing, in any of the interleavings.
 */
export function faultOf(released: readonly Version[], now: Version): string | undefined {
  const old = released.at(-1)!;
  // What a worker does with records is the same whenever it meets them.
  const known = new Map<Version, Map<Version, Work>>();
  const workOf = (by: Version, sender: Version): Work => {
    const ofWorker = known.get(by) ?? new Map<Version, Work>();
    const result = ofWorker.get(sender) ?? work(by, sender);
    known.set(by, ofWorker.set(sender, result));
    return result;
  };
  for (const stages of INTERLEAVINGS) {
    let queue = released.slice(0, -1);
    for (const { sender, worker, works } of stages) {
      queue.push(sender === "old" ? old : now);
      if (!works) continue;
      const results = queue.map((sender) => [sender, workOf(worker === "old" ? old : now, sender)] as const);
      for (const [, result] of results) if (typeof result === "object") return result.fault;
      queue = results.filter(([, result]) => result === "held").map(([sender]) => sender);
    }
    if (queue.length > 0) return `records of version ${queue[0]!.event.version} are never handled`;
  }
  return undefined;
}

/** What is wrong with an event as a version read it. */
function misreadBy(by: Version, sender: Version, sent: unknown, event: unknown): string | undefined {
  const [violation] = by.validate(event) ?? [];
  const read = `reads ${show(sent)} as ${show(event)}`;
  if (violation) return `${read}, and ${violation.path} ${violation.rule}`;
  const isForward = sender.event.version > by.event.version;
  const [old, now] = isForward ? [by, sender] : [sender, by];
  const difference = differenceOf(sent, event, { old: old.event, now: now.event, isForward, defaults: by.defaults });
  return difference && `${read}: ${difference}`;
}

/** What goes wrong where code without the runtime's protection reads the bytes. `undefined`: nothing. */
export function unprotectedFault(by: Version, sender: Version): string | undefined {
  for (const value of sender.samples) {
    try {
      const fault = misreadBy(by, sender, value, by.decode(sender.encode(value), sender.event.version));
      if (fault) return fault;
    } catch (error) {
      return `fails on ${show(value)}: ${String(error)}`;
    }
  }
  return undefined;
}

/** What goes wrong where events are sent as JSON, by name, and taken as they are. Renames aside: who reads JSON is told of them. */
export function jsonFault(by: Version, sender: Version): string | undefined {
  if (by.event.messages.some(({ fields }) => fields.some(({ was }) => was))) return undefined;
  const meaning = { old: sender.event, now: by.event, isForward: false, defaults: {} };
  for (const value of sender.samples) {
    const difference = by.validate(value) ? undefined : differenceOf(value, value, meaning);
    if (difference) return `JSON of ${show(value)} is taken for something else: ${difference}`;
  }
  return undefined;
}
