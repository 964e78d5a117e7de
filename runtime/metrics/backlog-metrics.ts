import { type Cancel, type Clock, settledWithin } from "../contract/clock.ts";
import { DEAD_LETTER_SUBSCRIPTION, deadLetterTopicOf, topicOf, type UseCaseSettings } from "../contract/contract.ts";
import type { Ports } from "../ports/ports.ts";
import type { Labels, MetricSource, Sample } from "./exposition.ts";

export interface BacklogOptions {
  readonly ports: Ports;
  readonly useCases: readonly UseCaseSettings[];
  /** From the end of one round of questions to the next. */
  readonly pollMs: number;
}

/** A number that a port is asked for, and the last answer. */
interface Gauge {
  readonly labels: Labels;
  readonly ask: () => Promise<number>;
  value: number;
  /** On the monotonic clock. */
  askedAt: number;
}

/** One question's longest wait: a broker that hangs must not stop the questions that another port would answer. */
const ANSWER_MS = 5_000;

function createGauge(labels: Labels, ask: () => Promise<number>): Gauge {
  return { labels, ask, value: 0, askedAt: Number.NEGATIVE_INFINITY };
}

/** Asks the gauge's port; false where it didn't answer. */
async function refresh(gauge: Gauge, clock: Clock): Promise<boolean> {
  const askedAt = clock.monotonic();
  let answered = false;
  const answer = gauge.ask().then((value) => {
    gauge.value = value;
    gauge.askedAt = askedAt;
    answered = true;
  });
  try {
    await settledWithin(clock, ANSWER_MS, answer);
  } catch {
    // Told by the count of failures; the port's own calls tell their callers why.
  }
  return answered;
}

/**
 * What waits in the ports, asked for from time to time. Every process on the same ports answers the same numbers. One
 * that couldn't be had lately is left out: an autoscaler does better without a number than with an old one.
 */
export function createBacklogMetrics({ ports, useCases, pollMs }: BacklogOptions): MetricSource {
  const { transport, delayStore, clock } = ports;
  const ready: Gauge[] = [];
  const dead: Gauge[] = [];
  for (const { name, priority, subscribers } of useCases) {
    const topic = topicOf(name, priority);
    for (const { name: subscriber } of subscribers) {
      const labels = { use_case: name, subscriber };
      const deadLetterTopic = deadLetterTopicOf(topic, subscriber);
      ready.push(createGauge(labels, () => transport.backlog(topic, subscriber)));
      dead.push(createGauge(labels, () => transport.backlog(deadLetterTopic, DEAD_LETTER_SUBSCRIPTION)));
    }
  }
  const overdue = createGauge({}, async () => Math.max(0, clock.now() - (await delayStore.nextDueAt())) / 1_000);

  let failures = 0;
  let closed = false;
  let cancel: Cancel = () => {};
  async function poll(): Promise<void> {
    for (const gauge of [overdue, ...ready, ...dead]) {
      if (closed) return;
      if (!(await refresh(gauge, clock))) failures++;
    }
    if (!closed) cancel = clock.after(pollMs, poll, { background: true });
  }

  function samples(gauges: readonly Gauge[]): Sample[] {
    const oldest = clock.monotonic() - 3 * pollMs - ANSWER_MS;
    return gauges.filter(({ askedAt }) => askedAt > oldest).map(({ labels, value }) => ({ labels, value }));
  }

  void poll();
  return {
    metrics: () => [
      {
        name: "fivefold_ready_backlog_tasks",
        type: "gauge",
        help: "Tasks in the subscriber's topic that are not settled, those in flight included, delayed ones not",
        samples: samples(ready),
      },
      {
        name: "fivefold_dead_letter_backlog_tasks",
        type: "gauge",
        help: "Dead letters that nobody has settled",
        samples: samples(dead),
      },
      {
        name: "fivefold_delay_store_overdue_seconds",
        type: "gauge",
        help: "How long the first delayed task has been due without a worker claiming it",
        samples: samples([overdue]),
      },
      {
        name: "fivefold_backlog_poll_failures_total",
        type: "counter",
        help: "Questions for a backlog that were not answered",
        samples: [{ labels: {}, value: failures }],
      },
    ],
    close() {
      closed = true;
      cancel();
    },
  };
}
