import type { Clock } from "../contract/clock.ts";
import type { ClientContract, TaskRecord } from "../contract/contract.ts";
import { FivefoldError, InvalidEventError, type Violation } from "../contract/errors.ts";
import { readTracestate } from "../contract/tracestate.ts";
import { readTraceparent } from "./traceparent.ts";

export interface Admission {
  /** Ms since the Unix epoch before which no handler runs; 0: at once. */
  readonly dueAt: number;
  /** The delay as the caller wrote it, where it wrote one. */
  readonly delay?: string | undefined;
  /** W3C trace context; empty: none. A malformed one is dropped. */
  readonly traceparent: string;
  /** W3C trace state beside it. A malformed one is dropped, and so is one without a trace context. Absent: none. */
  readonly tracestate?: string | undefined;
  /**
   * The same event under this id is accepted once in `forMs`, unless the use case's own `dedupeBy` says otherwise. Of several
   * events of a call, each has its place added to it. With `task`, that is the task's id, and whatever is enqueued under it is
   * the same event.
   */
  readonly once?: { readonly id: string; readonly forMs: number; readonly task?: string | undefined } | undefined;
}

export interface ToRecordsOptions<E> {
  readonly contract: ClientContract<E>;
  readonly clock: Clock;
  readonly nextId: (dueAt: number) => string;
}

/** Makes the records of events; throws where one is invalid, too large, or delayed for too long. */
export type ToRecords<E> = (events: readonly E[], admission: Admission) => TaskRecord[];

/** Validates and encodes the events of one use case. */
export function createToRecords<E>({ contract, clock, nextId }: ToRecordsOptions<E>): ToRecords<E> {
  const { settings } = contract;

  /** Names all events that are invalid, of several by their index. */
  function requireValid(events: readonly E[]): void {
    const violations: Violation[] = [];
    for (const [index, event] of events.entries()) {
      const found = contract.validate(event);
      if (found === undefined) continue;
      violations.push(...(events.length === 1 ? found : found.map((violation) => ({ index, ...violation }))));
    }
    if (violations.length > 0) throw new InvalidEventError(settings.name, violations);
  }

  function toRecord(event: E, { dueAt, delay, traceparent, tracestate, once }: Admission): TaskRecord {
    const payload = contract.encode(event);
    if (payload.length > settings.maxPayloadBytes) {
      throw new FivefoldError(
        "payload-too-large",
        `The event for '${settings.name}' is ${payload.length} bytes encoded; at most ${settings.maxPayloadBytes} are ` +
          "accepted. Nothing was stored. Send a reference (a URL, an object key) to what is large instead.",
      );
    }
    const now = clock.now();
    if (dueAt - now > settings.maxDelayMs) {
      throw new FivefoldError(
        "delay-too-long",
        `The delay for '${settings.name}' is ${delay ?? durationText(dueAt - now)}; its longest is ` +
          `${durationText(settings.maxDelayMs)}. Nothing was ` +
          "stored. Shorten the delay, or raise `scheduler.maxDelay` in the use case.",
      );
    }
    return {
      id: once?.task ?? nextId(dueAt),
      useCase: settings.name,
      version: settings.version,
      enqueuedAt: now,
      dueAt,
      key: contract.orderBy?.(event) ?? contract.limitBy?.(event) ?? "",
      attempt: 1,
      priority: settings.priority,
      tenant: contract.fairBy?.(event) ?? "",
      dedupeId: contract.dedupeBy?.(event) ?? once?.id ?? "",
      traceparent,
      ...(tracestate && { tracestate }),
      subscription: "",
      payload,
    };
  }

  return (events, given) => {
    const traceparent = given.traceparent === "" ? "" : readTraceparent(given.traceparent);
    const tracestate = traceparent === "" || !given.tracestate ? "" : readTracestate(given.tracestate);
    const admission = { ...given, traceparent, tracestate };
    requireValid(events);
    const { once } = admission;
    if (once === undefined || events.length === 1) return events.map((event) => toRecord(event, admission));
    return events.map((event, i) => toRecord(event, { ...admission, once: { ...once, id: `${once.id} ${i}` } }));
  };
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** As one would write it: in the largest unit of which it is a whole number, fractions of a ms in seconds. */
function durationText(ms: number): string {
  const found = Object.entries(UNITS).find(([, size]) => ms > 0 && ms % size === 0);
  if (found) return `${ms / found[1]}${found[0]}`;
  return ms > 1_000 && !Number.isInteger(ms) ? `${ms / 1_000}s` : `${ms}ms`;
}
