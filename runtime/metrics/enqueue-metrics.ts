import type { Connection } from "../connection.ts";
import type { Enqueued } from "../pipeline/pipeline.ts";
import type { MetricSource, Sample } from "./exposition.ts";
import { createHistogram, type Histogram } from "./histogram.ts";

interface Enqueues {
  accepted: number;
  duplicates: number;
  /** By the error's code. */
  readonly refused: Map<string, number>;
  readonly duration: Histogram;
}

/** What this process's clients enqueue. */
export function createEnqueueMetrics(connection: Connection): MetricSource {
  const byUseCase = new Map<string, Enqueues>();

  function observe(useCase: string, { accepted, duplicates, refused, code, tookMs }: Enqueued): void {
    let enqueues = byUseCase.get(useCase);
    if (!enqueues) {
      enqueues = { accepted: 0, duplicates: 0, refused: new Map(), duration: createHistogram() };
      byUseCase.set(useCase, enqueues);
    }
    enqueues.accepted += accepted;
    enqueues.duplicates += duplicates;
    if (refused > 0) enqueues.refused.set(code, (enqueues.refused.get(code) ?? 0) + refused);
    else enqueues.duration.observe(tookMs, accepted + duplicates);
  }

  function samples(of: (enqueues: Enqueues) => number): Sample[] {
    return Array.from(byUseCase, ([useCase, enqueues]) => ({ labels: { use_case: useCase }, value: of(enqueues) }));
  }

  const stopObserving = connection.observe(observe);
  return {
    metrics: () => [
      {
        name: "fivefold_frontend_accepted_events_total",
        type: "counter",
        help: "Events that were stored",
        samples: samples(({ accepted }) => accepted),
      },
      {
        name: "fivefold_frontend_duplicate_events_total",
        type: "counter",
        help: "Events that were accepted before and not stored again",
        samples: samples(({ duplicates }) => duplicates),
      },
      {
        name: "fivefold_frontend_refused_events_total",
        type: "counter",
        help: "Events whose enqueue rejected, by the error's code",
        samples: [...byUseCase].flatMap(([useCase, { refused }]) =>
          Array.from(refused, ([code, value]) => ({ labels: { use_case: useCase, code }, value })),
        ),
      },
      {
        name: "fivefold_frontend_enqueue_duration_seconds",
        type: "histogram",
        help: "From the call of enqueue to its receipt, for events that were stored or duplicates",
        samples: [...byUseCase].flatMap(([useCase, { duration }]) => duration.samples({ use_case: useCase })),
      },
    ],
    close: stopObserving,
  };
}
