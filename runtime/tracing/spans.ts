import { createRequire } from "node:module";
import type { Context, Span, SpanContext, SpanKind, TracerProvider } from "@opentelemetry/api";

/** A span's place in its trace, as W3C Trace Context writes it. */
export interface TraceContext {
  readonly traceparent: string;
  /** Empty: none. */
  readonly tracestate: string;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: "internal" | "producer" | "consumer" | "client";
  /** In ms since the Unix epoch. */
  readonly startedAt: number;
  /** Absent: it begins a trace. */
  readonly parent?: TraceContext | undefined;
  /** Other spans that it belongs to. */
  readonly links?: readonly TraceContext[] | undefined;
  readonly attributes?: Readonly<Record<string, string | number>> | undefined;
}

/** A span that has begun. */
export interface OpenSpan {
  readonly context: TraceContext;
  /** `endedAt` in ms since the Unix epoch; `error`: why what it stands for failed. */
  end(endedAt: number, attributes?: Readonly<Record<string, string | number>>, error?: string): void;
  /** Calls `run` with this span as the active one: what it starts, and awaits, becomes its child. */
  within<T>(run: () => T): T;
}

/** The spans of this process. Whatever the SDK does, tasks go on: nothing here throws but what `run` does. */
export interface Spans {
  start(span: SpanStart): OpenSpan;
  /** What the code that runs now is part of. */
  active(): TraceContext | undefined;
  /** Calls `run` as part of a span of another process. */
  under<T>(parent: TraceContext, run: () => T): T;
}

/**
 * The spans of the OpenTelemetry SDK that this process has registered. `undefined`: it has none, or has not installed
 * `@opentelemetry/api`; then nothing is to be done for traces.
 */
export function openSpans(): Spans | undefined {
  let api: typeof import("@opentelemetry/api");
  try {
    // At once: who opens a worker should not have to wait for a package that most have not. All its copies share what is registered.
    api = createRequire(import.meta.url)("@opentelemetry/api");
  } catch {
    return undefined;
  }
  return isRegistered(api.trace.getTracerProvider()) ? createSpans(api) : undefined;
}

/** The API hands out a provider of its own that stands for whichever is registered, and may come from another copy of it. */
function isRegistered(provider: TracerProvider): boolean {
  const { getDelegateTracer } = provider as { getDelegateTracer?: (name: string) => unknown };
  return !getDelegateTracer || getDelegateTracer.call(provider, "fivefold") !== undefined;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function createSpans(api: typeof import("@opentelemetry/api")): Spans {
  const { trace, context, ROOT_CONTEXT, createTraceState, SpanStatusCode } = api;
  const kinds: Record<SpanStart["kind"], SpanKind> = {
    internal: api.SpanKind.INTERNAL,
    producer: api.SpanKind.PRODUCER,
    consumer: api.SpanKind.CONSUMER,
    client: api.SpanKind.CLIENT,
  };

  function spanContextOf({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
    const match = TRACEPARENT.exec(traceparent);
    if (!match) return undefined;
    const traceFlags = Number.parseInt(match[3]!, 16);
    const found = { traceId: match[1]!, spanId: match[2]!, traceFlags, isRemote: true };
    return tracestate === "" ? found : { ...found, traceState: createTraceState(tracestate) };
  }

  function contextOf(parent: TraceContext | undefined): Context {
    const found = parent && spanContextOf(parent);
    return found ? trace.setSpanContext(ROOT_CONTEXT, found) : ROOT_CONTEXT;
  }

  /** Calls `run` once within that context, also where the SDK's context manager fails before it does. */
  function callWithin<T>(under: Context, run: () => T): T {
    let called = false;
    const once = () => {
      called = true;
      return run();
    };
    try {
      return context.with(under, once);
    } catch (error) {
      if (called) throw error;
      return run();
    }
  }

  function openSpan(span: Span): OpenSpan {
    return {
      context: textOf(span.spanContext()),
      end(endedAt, attributes = {}, error) {
        safely(() => {
          span.setAttributes(attributes);
          if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
          span.end(timeOf(endedAt));
        });
      },
      within: (run) => callWithin(trace.setSpan(ROOT_CONTEXT, span), run),
    };
  }

  return {
    start({ name, kind, startedAt, parent, links = [], attributes = {} }) {
      const started = safely(() =>
        openSpan(
          // Asked each time, since a process may register another SDK, as tests do.
          trace.getTracer("fivefold").startSpan(
            name,
            {
              kind: kinds[kind],
              startTime: timeOf(startedAt),
              attributes: { "messaging.system": "fivefold", ...attributes },
              links: links.flatMap((link) => spanContextOf(link) ?? []).map((linked) => ({ context: linked })),
            },
            contextOf(parent),
          ),
        ),
      );
      return started ?? { context: parent ?? NO_CONTEXT, end() {}, within: (run) => run() };
    },
    active: () =>
      safely(() => {
        const span = trace.getSpanContext(context.active());
        return span && textOf(span);
      }),
    under: (parent, run) => callWithin(contextOf(parent), run),
  };
}

const NO_CONTEXT: TraceContext = { traceparent: "", tracestate: "" };

function textOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const flags = (traceFlags & 0xff).toString(16).padStart(2, "0");
  const traceparent = `00-${traceId}-${spanId}-${flags}`;
  const isValid = TRACEPARENT.test(traceparent) && !/^0+$/.test(traceId) && !/^0+$/.test(spanId);
  return isValid ? { traceparent, tracestate: traceState?.serialize() ?? "" } : NO_CONTEXT;
}

/** As the SDK's own pair of seconds and nanoseconds: it takes a number before this process's start for a duration. */
function timeOf(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

/** The SDK, its samplers and processors are others' code. */
function safely<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
