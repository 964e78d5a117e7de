import type { Clock } from "../contract/clock.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { Admission, Frontend } from "../frontend/frontend.ts";
import type { Spans, TraceContext } from "./spans.ts";

/**
 * What an enqueue is part of: what the caller says, unless the code that calls is part of the same trace, and so nearer.
 * Without a word of the caller's, whatever the code is part of.
 */
export function callerOf(spans: Spans, { traceparent, tracestate = "" }: Admission): TraceContext | undefined {
  const active = spans.active();
  if (traceparent === "") return active?.traceparent ? active : undefined;
  const isSame = active?.traceparent.slice(3, 35) === traceparent.slice(3, 35);
  return isSame ? active : { traceparent, tracestate };
}

/** A frontend whose enqueues are spans; the records carry their context. */
export function traceFrontend<E>(frontend: Frontend<E>, spans: Spans, useCase: string, clock: Clock): Frontend<E> {
  async function traced<T>(
    admission: Admission,
    count: number,
    enqueue: (admission: Admission) => Promise<T>,
  ): Promise<T> {
    const span = spans.start({
      name: `enqueue ${useCase}`,
      kind: "producer",
      startedAt: clock.now(),
      parent: callerOf(spans, admission),
      attributes: {
        "messaging.operation.type": "send",
        "messaging.destination.name": useCase,
        ...(count > 1 && { "messaging.batch.message_count": count }),
      },
    });
    const { context } = span;
    try {
      const stored = await enqueue(context.traceparent === "" ? admission : { ...admission, ...context });
      span.end(clock.now(), idOf(stored));
      return stored;
    } catch (error) {
      span.end(clock.now(), {}, describeThrown(error));
      throw error;
    }
  }

  return {
    enqueueAll: (events, admission) =>
      traced(admission, events.length, (within) => frontend.enqueueAll(events, within)),
    enqueue: (event, admission) => traced(admission, 1, (within) => frontend.enqueue(event, within)),
    enqueueJson: (value, admission) => traced(admission, 1, (within) => frontend.enqueueJson(value, within)),
  };
}

function idOf(stored: unknown): Record<string, string> {
  const receipt = Array.isArray(stored) && stored.length === 1 ? stored[0] : stored;
  const id = (receipt as { id?: unknown } | undefined)?.id;
  return typeof id === "string" ? { "messaging.message.id": id } : {};
}
