import { LegendDisplayMode, LegendPlacement, VizLegendOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import {
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** A panel: its queries by the legend of their lines. */
interface Panel {
  readonly title: string;
  readonly description: string;
  /** As Grafana names units. */
  readonly unit: string;
  readonly queries: Readonly<Record<string, string>>;
}

const SUBSCRIBER = "{{use_case}}/{{subscriber}}";

/** One row a layer of the runtime, as its metrics are. `{OF}` stands for the selection of the dashboard's variables. */
const ROWS: Readonly<Record<string, readonly Panel[]>> = {
  Backlog: [
    {
      title: "Ready tasks",
      description: "In the topic and not settled, those in flight included. Autoscaling follows it.",
      unit: "short",
      queries: { [SUBSCRIBER]: "max by (use_case, subscriber) (fivefold_ready_backlog_tasks{OF})" },
    },
    {
      title: "Dead letters",
      description: "Given up, and read by nobody yet.",
      unit: "short",
      queries: { [SUBSCRIBER]: "max by (use_case, subscriber) (fivefold_dead_letter_backlog_tasks{OF})" },
    },
  ],
  Frontend: [
    {
      title: "Events accepted",
      description: "Stored durably, by processes whose metrics are collected.",
      unit: "ops",
      queries: {
        "{{use_case}}": "sum by (use_case) (rate(fivefold_frontend_accepted_events_total{OF}[$__rate_interval]))",
      },
    },
    {
      title: "Events refused",
      description: "Enqueues that were rejected, by the error's code.",
      unit: "ops",
      queries: {
        "{{use_case}} {{code}}":
          "sum by (use_case, code) (rate(fivefold_frontend_refused_events_total{OF}[$__rate_interval]))",
      },
    },
  ],
  Scheduler: [
    {
      title: "Lateness",
      description:
        "99 % of delayed tasks and retries of all topics are back in their topic within this time after they were due.",
      unit: "s",
      queries: {
        "{{topic}}":
          'histogram_quantile(0.99, sum by (topic, le) (rate(fivefold_scheduler_lateness_seconds_bucket{namespace="$namespace"}[$__rate_interval])))',
      },
    },
    {
      title: "Tasks delayed",
      description: "Came before they were due, and were put into the delay store.",
      unit: "ops",
      queries: {
        [SUBSCRIBER]:
          "sum by (use_case, subscriber) (rate(fivefold_scheduler_delayed_tasks_total{OF}[$__rate_interval]))",
      },
    },
  ],
  "Flow control": [
    {
      title: "In flight, of the permits",
      description: "Near 1 with a growing backlog, more replicas help.",
      unit: "percentunit",
      queries: {
        [SUBSCRIBER]:
          "sum by (use_case, subscriber) (fivefold_flow_control_in_flight_tasks{OF})" +
          " / sum by (use_case, subscriber) (fivefold_flow_control_permits{OF})",
      },
    },
    {
      title: "Waiting for a permit",
      description: "Received, and not started.",
      unit: "short",
      queries: { [SUBSCRIBER]: "sum by (use_case, subscriber) (fivefold_flow_control_waiting_tasks{OF})" },
    },
  ],
  Delivery: [
    {
      title: "Tasks done",
      description: "Handled or filtered.",
      unit: "ops",
      queries: {
        [SUBSCRIBER]: "sum by (use_case, subscriber) (rate(fivefold_delivery_done_tasks_total{OF}[$__rate_interval]))",
      },
    },
    {
      title: "Tries that fail",
      description: "Share of tries that are followed by another.",
      unit: "percentunit",
      queries: {
        [SUBSCRIBER]:
          "sum by (use_case, subscriber) (rate(fivefold_delivery_retried_tasks_total{OF}[$__rate_interval]))" +
          " / sum by (use_case, subscriber) (rate(fivefold_delivery_sent_tasks_total{OF}[$__rate_interval]))",
      },
    },
    {
      title: "Tasks given up",
      description: "Became dead letters, by reason.",
      unit: "ops",
      queries: {
        [`${SUBSCRIBER} {{reason}}`]:
          "sum by (use_case, subscriber, reason) (rate(fivefold_delivery_dead_letters_total{OF}[$__rate_interval]))",
      },
    },
    {
      title: "Latency",
      description: "99 % and half of the tasks are done within this time after their enqueue or their delay's end.",
      unit: "s",
      queries: {
        [`99 % ${SUBSCRIBER}`]: latency(0.99),
        [`50 % ${SUBSCRIBER}`]: latency(0.5),
      },
    },
  ],
  Execution: [
    {
      title: "Handlers' duration",
      description: "99 % of tries end within this time.",
      unit: "s",
      queries: {
        [SUBSCRIBER]:
          "histogram_quantile(0.99, sum by (use_case, subscriber, le) " +
          "(rate(fivefold_execution_handler_duration_seconds_bucket{OF}[$__rate_interval])))",
      },
    },
    {
      title: "Replicas",
      description: "Executors whose metrics are collected.",
      unit: "short",
      queries: { "{{use_case}}": "count by (use_case) (count by (use_case, pod) (fivefold_flow_control_permits{OF}))" },
    },
  ],
};

function latency(share: number): string {
  return (
    `histogram_quantile(${share}, sum by (use_case, subscriber, le) ` +
    "(rate(fivefold_task_latency_seconds_bucket{OF}[$__rate_interval])))"
  );
}

const SELECTION = 'namespace="$namespace", use_case=~"$use_case"';
const DATASOURCE = { type: "prometheus", uid: "$datasource" };
const PANEL_WIDTH = 12;
const PANEL_HEIGHT = 8;

/** The dashboard of all use cases of a stack, for Grafana's own import or its sidecar. */
export function dashboardOf(stack: string, kubernetesNamespace: string): Dashboard {
  const builder = new DashboardBuilder(`Fivefold ${stack}`)
    // Links to it outlive its changes.
    .uid(`fivefold-${stack}`.slice(0, 40))
    .tags(["fivefold"])
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .timezone("browser")
    .withVariable(new DatasourceVariableBuilder("datasource").label("data source").type("prometheus"))
    .withVariable(
      new QueryVariableBuilder("namespace")
        .datasource(DATASOURCE)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .query(`label_values(fivefold_ready_backlog_tasks, namespace)`)
        .current({ selected: true, text: kubernetesNamespace, value: kubernetesNamespace }),
    )
    .withVariable(
      new QueryVariableBuilder("use_case")
        .label("use case")
        .datasource(DATASOURCE)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .query('label_values(fivefold_ready_backlog_tasks{namespace="$namespace"}, use_case)')
        .includeAll(true)
        .multi(true),
    );
  for (const [title, panels] of Object.entries(ROWS)) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panelOf(panel));
  }
  return builder.build();
}

function panelOf({ title, description, unit, queries }: Panel): PanelBuilder {
  const legend = new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom);
  const panel = new PanelBuilder().title(title).description(description).unit(unit).min(0).datasource(DATASOURCE);
  panel.legend(legend).height(PANEL_HEIGHT).span(PANEL_WIDTH);
  for (const [index, [name, query]] of Object.entries(queries).entries()) {
    const expr = query.replaceAll("{OF}", `{${SELECTION}}`);
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + index))
        .expr(expr)
        .legendFormat(name),
    );
  }
  return panel;
}
