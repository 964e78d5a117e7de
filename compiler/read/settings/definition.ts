import type { ts } from "ts-morph";
import type { Span } from "../../diagnostics.ts";
import type { Event } from "../../model/model.ts";
import { isFault } from "../constants/constant.ts";
import type { Evaluate } from "../constants/evaluate.ts";
import type { Reading } from "../reading.ts";
import { filterFunction } from "./filter.ts";
import { constantOf, type SettingsScope } from "./reader.ts";
import { named, type Readers, readSettings, type Settings, section } from "./section.ts";
import { duration, functionValue, integer, keyField, milliseconds, oneOf, positive, size, text } from "./values.ts";

/* The settings of `useCase`, as runtime/use-case.ts declares and documents them, and the ranges of their values. */

const wait = milliseconds("0ms", "30d");
const backoff = section(
  { minMs: wait, maxMs: wait },
  {
    required: ["minMs", "maxMs"],
    example: 'exponential("1s", "15m")',
  },
);
const rate = section(
  { count: positive, periodMs: milliseconds("1ms", "1d") },
  {
    required: ["count", "periodMs"],
    example: "perSecond(500)",
  },
);
const retry = section({ max: integer(0, 1_000), backoff });

const frontend = { dedupeBy: keyField, dedupeFor: duration("1s", "365d"), maxPayload: size("1KiB", "3.5MiB") };
const scheduler = { orderBy: keyField, maxDelay: duration("0s", "365d") };
const flowControl = {
  priority: oneOf("high", "normal", "low"),
  maxInFlight: integer(1, 100_000),
  rate,
  fairBy: keyField,
};
const delivery = { filter: filterFunction, retry, deadline: duration("1ms", "365d") };
const limits = { timeout: duration("1ms", "1d") };
const scale = section({ min: integer(0, 1_000), max: integer(1, 1_000) }, { example: "{ min: 0, max: 50 }" });
const execution = { ...limits, scale, latencyObjective: duration("100ms", "30d") };

const LAYERS = { frontend, scheduler, flowControl, delivery, execution } satisfies Record<string, Readers>;

const DEFINITION = {
  owner: text,
  frontend: section(frontend),
  scheduler: section(scheduler),
  flowControl: section(flowControl),
  delivery: section(delivery),
  execution: section(execution),
  handler: functionValue,
  subscribers: named(section({ ...delivery, ...limits, handler: functionValue })),
};

export type DefinitionSettings = Settings<typeof DEFINITION>;

export interface Definition {
  readonly settings: DefinitionSettings;
  /** Where each setting stands, by dotted path. */
  readonly spans: Readonly<Record<string, Span>>;
}

/** Reads what is passed to `useCase`. `undefined`: that is no constant object, which has been reported. */
export function readDefinition(
  reading: Reading,
  call: ts.CallExpression,
  event: Event | undefined,
  evaluate: Evaluate,
): Definition | undefined {
  const callee = reading.span(call.expression);
  const [argument] = call.arguments;
  if (!argument) {
    reading.report("missing-setting", callee, OWNER);
    return undefined;
  }
  const spans: Record<string, Span> = {};
  const scope: SettingsScope = { ...reading, event, callee, homeOf, spans };
  const entry = { name: call.expression, expression: argument, value: () => evaluate(argument) };
  const value = constantOf(entry, "definition", scope);
  if (!value) return undefined;
  if (value.kind !== "object") {
    const found = isFault(value) ? "no constant" : `a ${value.kind}`;
    const example = 'useCase<Event>({ owner: "team", handler })';
    scope.report("wrong-setting", reading.span(argument), {
      path: "definition",
      expected: "an object",
      found,
      example,
    });
    return undefined;
  }
  const settings = readSettings(value.entries, "", DEFINITION, scope);
  // What is there but at fault has been reported already.
  if (!value.entries.has("owner")) scope.report("missing-setting", callee, OWNER);
  checkHandlers(settings, spans, scope);
  return { settings, spans };
}

const OWNER = { name: "owner", inside: "A use case", example: 'owner: "team-name"' };

function checkHandlers(
  settings: DefinitionSettings,
  spans: Readonly<Record<string, Span>>,
  scope: SettingsScope,
): void {
  const [handler, subscribers] = [spans.handler, spans.subscribers];
  if (handler && subscribers) {
    const related = [{ message: "The handler is here.", span: handler }];
    scope.report("handler-and-subscribers", subscribers, {}, related);
  } else if (!handler && !subscribers) {
    scope.report("missing-handler", scope.callee, { inside: "The use case" });
  } else if (subscribers && settings.subscribers?.size === 0) {
    scope.report("missing-handler", subscribers, { inside: "The use case" });
  }
  for (const name of settings.subscribers?.keys() ?? []) {
    const path = `subscribers.${name}`;
    if (!spans[`${path}.handler`] && spans[path]) {
      scope.report("missing-handler", spans[path], { inside: `The subscriber '${name}'` });
    }
  }
}

/** The layer that has a setting of that name. */
function homeOf(name: string): string | undefined {
  if (name === "max" || name === "backoff") return "delivery.retry";
  if (name === "min") return "execution.scale";
  return Object.entries(LAYERS).find(([, readers]) => Object.hasOwn(readers, name))?.[0];
}
