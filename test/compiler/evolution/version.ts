import { runtimeSettings } from "../../../compiler/emit/modules/settings.ts";
import type { Event, UseCase } from "../../../compiler/model/model.ts";
import type { JsonEvent } from "../../../runtime/codec/json.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import type { Message, UseCaseSettings } from "../../../runtime/contract/contract.ts";
import { InvalidEventError } from "../../../runtime/contract/errors.ts";
import { createDelivery } from "../../../runtime/delivery/delivery.ts";
import { type Emitted, load } from "../emit/load.ts";
import { loadJson } from "../emit/load-json.ts";
import { differenceOf, show } from "./meaning.ts";

/*
 * What one version of a use case makes of another's events, with the code that is generated for each and the runtime's own
 * delivery layer: what it holds, decodes and gives up.
 */

/** One version of a use case as it runs. */
export interface Version extends Emitted, JsonEvent<unknown> {
  readonly event: Event;
  readonly settings: UseCaseSettings;
  /** What its fields are where records of earlier versions have none, by name. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** What its fields were called in any earlier version, by what they are called. */
  readonly formerNames: Readonly<Record<string, readonly string[]>>;
  /** Valid events. */
  readonly samples: readonly unknown[];
}

export function versionOf(
  useCase: UseCase,
  samples: (version: Emitted & Pick<Version, "event">) => readonly unknown[],
  { defaults, formerNames }: Pick<Version, "defaults" | "formerNames">,
): Version {
  const { event } = useCase;
  const emitted = load(useCase);
  const code = { ...emitted, ...loadJson(useCase, emitted) };
  return {
    ...code,
    event,
    settings: runtimeSettings(useCase),
    defaults,
    formerNames,
    samples: samples({ ...code, event }),
  };
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

/** What is wrong with an event as a version read it. */
function misreadBy(by: Version, sender: Version, sent: unknown, event: unknown): string | undefined {
  const [violation] = by.validate(event) ?? [];
  const read = () => `reads ${show(sent)} as ${show(event)}`;
  if (violation) return `${read()}, and ${violation.path} ${violation.rule}`;
  const isForward = sender.event.version > by.event.version;
  const [old, now] = isForward ? [by, sender] : [sender, by];
  const difference = differenceOf(sent, event, {
    old: old.event,
    now: now.event,
    isForward,
    defaults: by.defaults,
    formerNames: now.formerNames,
  });
  return difference && `${read()}: ${difference}`;
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

/** What a version read its records as, and a later one reads otherwise, where neither has it from the record. */
export function readInTwoWays(sender: Version, by: Version, now: Version): string | undefined {
  for (const name of Object.keys(now.defaults).filter((name) => name in by.defaults)) {
    for (const value of sender.samples) {
      const [first, second] = [by, now].map((reader) => {
        const event = reader.decode(sender.encode(value), sender.event.version);
        return show((event as Record<string, unknown>)[name]);
      });
      if (first !== second) {
        const readers = `version ${by.event.version} reads ${first}, version ${now.event.version} ${second}`;
        return `of ${show(value)} as ${name} ${readers} (of version ${sender.event.version})`;
      }
    }
  }
  return undefined;
}

/** What goes wrong where JSON of one version is read by another. `undefined`: nothing. */
export function jsonFault(by: Version, sender: Version): string | undefined {
  return readJson(by, sender, (value, error) => `in JSON, refuses ${show(value)}: ${String(error)}`);
}

/** The same where it is no fault to refuse it, which its sender is told; only to take it for something else. */
export function jsonMisreading(by: Version, sender: Version): string | undefined {
  return readJson(by, sender, () => undefined);
}

function readJson(
  by: Version,
  sender: Version,
  refused: (value: unknown, error: InvalidEventError) => string | undefined,
): string | undefined {
  for (const value of sender.samples) {
    let event: unknown;
    try {
      event = by.fromJson(sender.toJson(value));
    } catch (error) {
      if (!(error instanceof InvalidEventError)) throw error;
      const fault = refused(value, error);
      if (fault !== undefined) return fault;
      continue;
    }
    const fault = misreadBy(by, sender, value, event);
    if (fault !== undefined) return `in JSON, ${fault}`;
  }
  return undefined;
}
