import type { ManifestUseCase } from "../manifest.ts";

/** One alert of Prometheus. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

const OVERDUE_SECONDS = 60;

/** Alerts for one use case's executor. */
export function alertsOf(
  { name, owner, file, execution, settings }: ManifestUseCase,
  kubernetesNamespace: string,
  maxReplicas: number,
): Alert[] {
  const of = `namespace="${kubernetesNamespace}", use_case="${name}"`;
  const alert = (title: string, severity: "critical" | "warning", expr: string, wait: string, description: string) => ({
    alert: title,
    expr,
    for: wait,
    labels: { severity, use_case: name, owner: verbatim(owner) },
    annotations: {
      summary: `${name}: ${SUMMARIES[title]}`,
      description: `${description} Use case: ${verbatim(file)}.`,
    },
  });
  const { latencyObjectiveMs } = execution;
  const slow = settings.subscribers
    .filter(() => latencyObjectiveMs > 0)
    .map(({ name: subscriber }) =>
      alert(
        "FivefoldObjectiveMissed",
        "warning",
        `histogram_quantile(0.99, sum by (le) (rate(fivefold_task_latency_seconds_bucket{${of}, subscriber="${subscriber}"}[10m]))) > ${latencyObjectiveMs / 1_000}`,
        "10m",
        `One task in a hundred of subscriber '${subscriber}' takes longer than the objective of ${latencyObjectiveMs / 1_000} s. ` +
          "Raise its scale, or see what its handler waits for.",
      ),
    );
  const late = settings.subscribers
    .filter(({ deadlineMs }) => deadlineMs > 0)
    .map(({ name: subscriber, deadlineMs }) =>
      alert(
        "FivefoldTasksNearDeadline",
        "warning",
        `histogram_quantile(0.99, sum by (le) (rate(fivefold_task_latency_seconds_bucket{${of}, subscriber="${subscriber}"}[10m]))) > ${deadlineMs / 2_000}`,
        "10m",
        `One task in a hundred of subscriber '${subscriber}' takes more than half of its deadline of ${deadlineMs / 1_000} s; ` +
          "what is not started by then becomes a dead letter. Raise maxReplicas, or see what its handler waits for.",
      ),
    );
  const unlessPaused = `unless max by (use_case, subscriber) (fivefold_flow_control_paused{${of}}) > 0`;
  return [
    alert(
      "FivefoldDeadLetters",
      "warning",
      `max by (use_case, subscriber) (fivefold_dead_letter_backlog_tasks{${of}}) > 0`,
      "5m",
      "Tasks were given up and wait for somebody to read why, in the topic of dead letters of {{ $labels.subscriber }}.",
    ),
    alert(
      "FivefoldStalled",
      "critical",
      // Who shows the backlog may start anew meanwhile: that is no end of the wait.
      `max by (use_case, subscriber) (last_over_time(fivefold_ready_backlog_tasks{${of}}[5m])) > 0 ` +
        `unless sum by (use_case, subscriber) (rate(fivefold_delivery_sent_tasks_total{${of}}[10m])) > 0 ` +
        // Tries that take longer than that are none that stall.
        `unless sum by (use_case, subscriber) (fivefold_flow_control_in_flight_tasks{${of}}) > 0 ${unlessPaused}`,
      "10m",
      "Tasks of subscriber {{ $labels.subscriber }} are ready, and none was tried for ten minutes: do its executor's pods run?",
    ),
    alert(
      "FivefoldFailing",
      "critical",
      `sum by (use_case, subscriber) (rate(fivefold_delivery_retried_tasks_total{${of}}[10m])) ` +
        `> 0.5 * sum by (use_case, subscriber) (rate(fivefold_delivery_sent_tasks_total{${of}}[10m]))`,
      "10m",
      "More than half of the tries of subscriber {{ $labels.subscriber }} fail. What they fail with stands in the pods' logs, a " +
        `line of JSON each: kubectl logs -n ${kubernetesNamespace} -l app.kubernetes.io/name=${name} | grep task-failed.`,
    ),
    alert(
      "FivefoldFallsBehind",
      "warning",
      `max by (use_case, subscriber) (fivefold_ready_backlog_tasks{${of}}) ` +
        `> max by (use_case, subscriber) (max_over_time(fivefold_ready_backlog_tasks{${of}}[15m] offset 15m)) ` +
        `and on (use_case) count by (use_case) (count by (use_case, pod) (fivefold_flow_control_permits{${of}})) >= ${maxReplicas} ${unlessPaused}`,
      "15m",
      `The backlog of subscriber {{ $labels.subscriber }} grows although all ${maxReplicas} replicas run, the most that may: ` +
        "raise maxReplicas, or see what its handler waits for.",
    ),
    alert(
      "FivefoldPaused",
      "warning",
      `max by (use_case, subscriber) (fivefold_flow_control_paused{${of}}) > 0`,
      "1h",
      "Subscriber {{ $labels.subscriber }} has been paused for an hour, so its tasks wait: `fivefold status` says by whom and why, " +
        "and `fivefold resume` lets it go on.",
    ),
    alert(
      "FivefoldBacklogUnknown",
      "warning",
      `absent(fivefold_ready_backlog_tasks{${of}})`,
      "15m",
      "Nobody reports the backlog, so that autoscaling is blind: are the pods' metrics collected, and is Pulsar reachable?",
    ),
    ...slow,
    ...late,
  ];
}

const SUMMARIES: Readonly<Record<string, string>> = {
  FivefoldDeadLetters: "dead letters",
  FivefoldStalled: "tasks are ready, and nothing happens",
  FivefoldFailing: "most tries fail",
  FivefoldPaused: "paused by an operator",
  FivefoldFallsBehind: "the backlog grows at the most replicas",
  FivefoldBacklogUnknown: "the backlog is unknown",
  FivefoldObjectiveMissed: "tasks take longer than their objective",
  FivefoldTasksNearDeadline: "tasks come near their deadline",
};

/** A text in which Prometheus finds no template of its own. */
function verbatim(text: string): string {
  return text.replaceAll("{{", '{{ "{{" }}');
}

/** Alerts for what all executors of a namespace share. */
export function sharedAlerts(kubernetesNamespace: string): Alert[] {
  return [
    {
      alert: "FivefoldDelaysOverdue",
      expr: `max(fivefold_delay_store_overdue_seconds{namespace="${kubernetesNamespace}"}) > ${OVERDUE_SECONDS}`,
      for: "5m",
      labels: { severity: "critical" },
      annotations: {
        summary: "delayed tasks are not fired",
        description:
          `Delayed tasks and retries were due more than ${OVERDUE_SECONDS} s ago, and no worker fires them: do pods run, ` +
          "and do they reach PostgreSQL?",
      },
    },
    {
      alert: "FivefoldCaptureStalled",
      // Of several pods one captures, and the others wait for it.
      expr: `min by (part) (fivefold_capture_stalled{namespace="${kubernetesNamespace}"}) > 0`,
      for: "10m",
      labels: { severity: "critical" },
      annotations: {
        summary: "changes of a database become no events",
        description:
          "The {{ $labels.part }} have stood still for ten minutes, and the database keeps its log until they go on. Why " +
          `stands in the pod's log: kubectl logs -n ${kubernetesNamespace} -l app.kubernetes.io/name=fivefold--capture.`,
      },
    },
  ];
}
