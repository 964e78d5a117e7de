import type { Span } from "../../diagnostics.ts";
import type { Backoff, Rate, Subscriber, UseCase } from "../../model/model.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES } from "../../model/size.ts";
import type { Definition, DefinitionSettings } from "./definition.ts";

/* What holds where a use case says nothing; documented to its author in runtime/use-case.ts. */
const DAY_MS = 86_400_000;
const DEDUPE_FOR_MS = DAY_MS;
const MAX_DELAY_MS = 30 * DAY_MS;
const MAX_IN_FLIGHT = 64;
const MAX_RETRIES = 8;
const BACKOFF: Backoff = { minMs: 1_000, maxMs: 900_000 };
const NO_DEADLINE = 0;
const TIMEOUT_MS = 30_000;
const NO_OBJECTIVE = 0;

type Layers = Pick<
  UseCase,
  "frontend" | "scheduler" | "flowControl" | "execution" | "subscribers" | "severalSubscribers"
>;

/** All layers of a use case. `span` is where its only subscriber stands if it has one handler. */
export function fillDefaults({ settings, spans }: Definition, span: Span): Layers {
  const { frontend, scheduler, flowControl, delivery = {}, execution = {}, subscribers } = settings;
  return {
    frontend: {
      dedupeBy: frontend?.dedupeBy ?? null,
      dedupeForMs: frontend?.dedupeFor ?? DEDUPE_FOR_MS,
      maxPayloadBytes: frontend?.maxPayload ?? DEFAULT_MAX_PAYLOAD_BYTES,
    },
    scheduler: { orderBy: scheduler?.orderBy ?? null, maxDelayMs: scheduler?.maxDelay ?? MAX_DELAY_MS },
    flowControl: {
      priority: flowControl?.priority ?? "normal",
      maxInFlight: flowControl?.maxInFlight ?? MAX_IN_FLIGHT,
      rate: rateOf(flowControl?.rate),
      fairBy: flowControl?.fairBy ?? null,
    },
    execution: {
      minProcesses: execution.scale?.min ?? null,
      maxProcesses: execution.scale?.max ?? null,
      latencyObjectiveMs: execution.latencyObjective ?? NO_OBJECTIVE,
    },
    severalSubscribers: subscribers !== undefined,
    subscribers: subscribers
      ? Array.from(subscribers, ([name, own]) => {
          return subscriberOf(name, spans[`subscribers.${name}`] ?? span, own, { ...delivery, ...execution });
        })
      : [subscriberOf("default", spans.handler ?? span, {}, { ...delivery, ...execution })],
  };
}

type DeliverySettings = NonNullable<DefinitionSettings["delivery"]> &
  Pick<NonNullable<DefinitionSettings["execution"]>, "timeout">;

/** A subscriber's own settings, then the use case's, then the defaults; retry's two settings each for itself. */
function subscriberOf(name: string, span: Span, own: DeliverySettings, shared: DeliverySettings): Subscriber {
  return {
    name,
    maxRetries: own.retry?.max ?? shared.retry?.max ?? MAX_RETRIES,
    backoff: backoffOf(own.retry?.backoff ?? shared.retry?.backoff),
    deadlineMs: own.deadline ?? shared.deadline ?? NO_DEADLINE,
    timeoutMs: own.timeout ?? shared.timeout ?? TIMEOUT_MS,
    hasFilter: own.filter ?? shared.filter ?? false,
    span,
  };
}

function backoffOf(settings: { minMs?: number; maxMs?: number } | undefined): Backoff {
  return { minMs: settings?.minMs ?? BACKOFF.minMs, maxMs: settings?.maxMs ?? BACKOFF.maxMs };
}

function rateOf(settings: { count?: number; periodMs?: number } | undefined): Rate | null {
  return settings?.count && settings.periodMs ? { count: settings.count, periodMs: settings.periodMs } : null;
}
