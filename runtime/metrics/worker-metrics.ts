import type { Delayed, Pipeline, PipelineCounts, Settled } from "../pipeline/pipeline.ts";
import type { Worker } from "../worker.ts";
import type { Labels, Metric, MetricSource, Sample } from "./exposition.ts";
import { createHistogram, type Histogram } from "./histogram.ts";

interface Durations {
  readonly handler: Histogram;
  readonly latency: Histogram;
}

/** A metric whose value a layer of the pipeline already keeps. */
interface Reading {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly read: (counts: PipelineCounts) => number;
}

function counter(name: string, help: string, read: Reading["read"]): Reading {
  return { name: `fivefold_${name}_total`, type: "counter", help, read };
}

function gauge(name: string, help: string, read: Reading["read"]): Reading {
  return { name: `fivefold_${name}`, type: "gauge", help, read };
}

/** Layer by layer, in the order of the data flow. */
const READINGS: readonly Reading[] = [
  counter("scheduler_received_tasks", "Tasks received from the transport", (c) => c.scheduler.received),
  counter("scheduler_delayed_tasks", "Tasks put off until they are due", (c) => c.scheduler.delayed),
  counter("scheduler_skipped_tasks", "Tasks that are another subscriber's retries", (c) => c.scheduler.skipped),
  counter("flow_control_admitted_tasks", "Tasks that got a permit", (c) => c.flowControl.admitted),
  gauge("flow_control_waiting_tasks", "Tasks that wait for a permit", (c) => c.flowControl.waiting),
  gauge("flow_control_in_flight_tasks", "Tasks that hold a permit", (c) => c.flowControl.inFlight),
  gauge(
    "flow_control_permits",
    "Most tasks that may hold a permit, as the limit stands now",
    (c) => c.flowControl.limit,
  ),
  gauge("flow_control_paused", "1 while an operator has paused the subscriber, else 0", (c) => +c.flowControl.paused),
  counter(
    "flow_control_retries_held_back",
    "Retries that were put off since as many fail as their budget allows, each time that one was",
    (c) => c.flowControl.retriesHeldBack,
  ),
  counter("delivery_filtered_tasks", "Tasks that the filter settled without a handler", (c) => c.delivery.filtered),
  counter("delivery_sent_tasks", "Tries sent to the handler", (c) => c.delivery.sent),
  counter("delivery_done_tasks", "Tasks that are done, filtered ones included", (c) => c.delivery.done),
  counter("delivery_retried_tasks", "Tries that failed and are followed by another", (c) => c.delivery.retried),
  gauge("execution_running_tasks", "Handlers that run now", (c) => c.execution.running),
];

/** What a worker's layers count and how long its tasks take. */
export function createWorkerMetrics(worker: Worker): MetricSource {
  const { clock } = worker.ports;
  const durations = new Map<Pipeline, Durations>();
  const lateness = new Map<string, Histogram>();

  function observeSettled(pipeline: Pipeline, settled: readonly Settled[]): void {
    let ofPipeline = durations.get(pipeline);
    if (!ofPipeline) {
      ofPipeline = { handler: createHistogram(), latency: createHistogram() };
      durations.set(pipeline, ofPipeline);
    }
    const { handler, latency } = ofPipeline;
    const now = clock.now();
    for (const { message, result, startedAt, endedAt } of settled) {
      if (startedAt !== 0) handler.observe(endedAt - startedAt);
      if (result === "done") latency.observe(now - Math.max(message.dueAt, message.enqueuedAt));
    }
  }

  function observeFired(topic: string, fired: readonly Delayed[]): void {
    let ofTopic = lateness.get(topic);
    if (!ofTopic) {
      ofTopic = createHistogram();
      lateness.set(topic, ofTopic);
    }
    const now = clock.now();
    for (const { dueAt } of fired) ofTopic.observe(now - dueAt);
  }

  function histograms(): Metric[] {
    const handler: Sample[] = [];
    const latency: Sample[] = [];
    for (const [{ useCase, subscriber }, ofPipeline] of durations) {
      handler.push(...ofPipeline.handler.samples({ use_case: useCase, subscriber }));
      latency.push(...ofPipeline.latency.samples({ use_case: useCase, subscriber }));
    }
    return [
      {
        name: "fivefold_execution_handler_duration_seconds",
        type: "histogram",
        help: "How long a try's handler ran",
        samples: handler,
      },
      {
        name: "fivefold_task_latency_seconds",
        type: "histogram",
        help: "From when a task was enqueued, or due, to when it was done, all its tries included",
        samples: latency,
      },
      {
        name: "fivefold_scheduler_lateness_seconds",
        type: "histogram",
        help: "From when a delayed task or a retry was due to when it was back in its topic",
        samples: [...lateness].flatMap(([topic, ofTopic]) => ofTopic.samples({ topic })),
      },
    ];
  }

  function* pipelineCounts(): Generator<readonly [Labels, PipelineCounts]> {
    for (const [useCase, subscribers] of Object.entries(worker.counts())) {
      for (const [subscriber, counts] of Object.entries(subscribers)) yield [{ use_case: useCase, subscriber }, counts];
    }
  }

  const stopObserving = worker.observe({ settled: observeSettled, fired: observeFired });
  return {
    metrics() {
      const pipelines = [...pipelineCounts()];
      const deadLetters = pipelines.flatMap(([labels, { delivery }]) =>
        Object.entries(delivery.deadLetters).map(([reason, value]) => ({ labels: { ...labels, reason }, value })),
      );
      return [
        ...READINGS.map(({ name, type, help, read }) => ({
          name,
          type,
          help,
          samples: pipelines.map(([labels, counts]) => ({ labels, value: read(counts) })),
        })),
        {
          name: "fivefold_delivery_dead_letters_total",
          type: "counter",
          help: "Tasks that were given up",
          samples: deadLetters,
        },
        {
          name: "fivefold_worker_draining",
          type: "gauge",
          help: "1 once the worker starts nothing more because it is to end",
          samples: [{ labels: {}, value: worker.draining ? 1 : 0 }],
        },
        ...histograms(),
      ];
    },
    close: stopObserving,
  };
}
