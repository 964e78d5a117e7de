import type { Span } from "../../../compiler/diagnostics/diagnostics.ts";
import type { Field, Subscriber, Type, UseCase } from "../../../compiler/model/model.ts";
import { fillDefaults } from "../../../compiler/read/settings/defaults.ts";

/** A place that names what stands there, to tell which one a diagnostic points at. */
export function at(file: string): Span {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 2 };
}

export function field(name: string, type: Type = { kind: "text" }): Field {
  return { name, type, optional: false, doc: "", span: at(`field ${name}`), number: 0 };
}

export function subscriber(name: string, settings: Partial<Subscriber> = {}): Subscriber {
  return {
    name,
    maxRetries: 8,
    backoff: { minMs: 1_000, maxMs: 900_000 },
    deadlineMs: 0,
    timeoutMs: 30_000,
    hasFilter: false,
    target: null,
    batch: null,
    retryBudget: null,
    span: at(`subscriber ${name}`),
    ...settings,
  };
}

const DEFAULTS = fillDefaults({ owner: "", written: {}, subscribers: undefined, spans: {} }, at("defaults"));

/** A use case without fault, but for what is changed. */
export function useCase(name: string, settings: Partial<UseCase> = {}): UseCase {
  const message = { name: "Event", doc: "", fields: [field("id")], span: at(`event of ${name}`) };
  return {
    name,
    file: `usecases/${name}.ts`,
    importEnding: ".ts",
    isCommonJs: false,
    feeds: [],
    doc: "",
    owner: "team",
    event: { name: "Event", version: 0, messages: [message], enums: [], unions: [] },
    scheduler: { ...DEFAULTS.scheduler, maxDelayMs: 86_400_000 },
    frontend: DEFAULTS.frontend,
    flowControl: DEFAULTS.flowControl,
    execution: DEFAULTS.execution,
    subscribers: [subscriber("default")],
    severalSubscribers: false,
    span: at(`use case ${name}`),
    spans: {},
    ...settings,
  };
}

/** A use case whose only message has these fields. */
export function withFields(name: string, ...fields: Field[]): UseCase {
  const { event, ...rest } = useCase(name);
  const messages = event.messages.map((message) => ({ ...message, fields }));
  return { ...rest, event: { ...event, messages } };
}
