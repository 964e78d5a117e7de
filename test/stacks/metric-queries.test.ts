import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, test } from "vitest";
import { alertsOf, sharedAlerts } from "../../stacks/kubernetes/alerts.ts";
import { scaledObject } from "../../stacks/kubernetes/autoscaling.ts";
import { dashboardOf } from "../../stacks/kubernetes/dashboard.ts";
import { USE_CASE_DEFAULTS } from "../../stacks/use-case-config.ts";
import { GREET } from "./greet.ts";

/** What docs/metrics.md says of each metric: its type, and the labels that it has. */
const METRICS = documentedMetrics(readFileSync(resolve(import.meta.dirname, "../../docs/metrics.md"), "utf8"));
/** Labels that Prometheus adds when it collects from a pod. */
const COLLECTED = ["namespace", "pod"];

interface Metric {
  readonly type: string;
  readonly labels: readonly string[];
}

/** Sections whose metrics have the same labels say so above their table, others in a column. */
function documentedMetrics(page: string): ReadonlyMap<string, Metric> {
  const metrics = new Map<string, Metric>();
  for (const section of page.split(/^## /m)) {
    const common = Array.from(/^Labels (.*)\./m.exec(section)?.[1]?.matchAll(/`(\w+)`/g) ?? [], ([, label]) => label!);
    const rows = section.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    const header = rows.find((cells) => cells.includes("metric")) ?? [];
    for (const cells of rows) {
      const name = /^`(fivefold_\w+)`$/.exec(cells[header.indexOf("metric")] ?? "")?.[1];
      if (!name) continue;
      // A label may also be named where its values are told.
      const text = `${cells[header.indexOf("labels")] ?? ""} ${cells[header.indexOf("meaning")]}`;
      const own = Array.from(text.matchAll(/`(\w+)`/g), ([, label]) => label!);
      metrics.set(name, { type: cells[header.indexOf("type")]!, labels: [...common, ...own] });
    }
  }
  return metrics;
}

/** What is wrong with a query: no PromQL, or metrics and labels that nobody serves. */
function faultsOf(query: string): string[] {
  const faults: string[] = [];
  const names: string[] = [];
  const labels: string[] = [];
  parser.parse(query).iterate({
    enter({ type, from, to, node }) {
      const text = query.slice(from, to);
      if (type.isError) faults.push(`no PromQL at ${from}: ${query}`);
      if (type.name === "Identifier" && node.parent?.type.name === "VectorSelector") names.push(text);
      if (type.name === "LabelName") labels.push(text);
    },
  });
  if (names.length === 0) faults.push(`no metric in ${query}`);
  for (const name of names) {
    const bucket = name.endsWith("_bucket");
    const metric = METRICS.get(bucket ? name.slice(0, -"_bucket".length) : name);
    if (!metric) faults.push(`unknown metric ${name}`);
    else if ((metric.type === "histogram") !== bucket) faults.push(`${name} is a ${metric.type}`);
    const known = [...(metric?.labels ?? []), ...COLLECTED, ...(bucket ? ["le"] : [])];
    for (const label of labels) if (!known.includes(label)) faults.push(`${name} has no label ${label}`);
  }
  return faults;
}

/** All queries of a dashboard, its variables' included, with Grafana's own words replaced. */
function dashboardQueries(): string[] {
  const { panels = [], templating } = dashboardOf("production", "shop");
  const targets = panels.flatMap((panel) => ("targets" in panel ? (panel.targets ?? []) : [])) as { expr?: string }[];
  const variables = (templating?.list ?? []).map(({ query }) => /^label_values\((.*), \w+\)$/.exec(String(query))?.[1]);
  return [...targets.map(({ expr }) => expr), ...variables]
    .filter((query) => query !== undefined)
    .map((query) => query.replaceAll("$__rate_interval", "5m"));
}

const ALERTS = [...alertsOf(GREET, "shop", 10), ...sharedAlerts("shop")];
const SCALING = scaledObject({
  useCase: GREET,
  config: USE_CASE_DEFAULTS,
  deployment: "greet",
  kubernetesNamespace: "shop",
  prometheusUrl: "http://prometheus:9090",
});

describe("queries name only what docs/metrics.md has", () => {
  test.each(ALERTS.map(({ alert, expr }) => [alert, expr]))("alert %s", (_, expr) =>
    expect(faultsOf(expr)).toEqual([]),
  );

  test("autoscaling, by the runtime's own backlog", () => {
    for (const { metadata } of SCALING.triggers) {
      expect(metadata.query).toMatch(/^max\(fivefold_ready_backlog_tasks\{/);
      expect(faultsOf(metadata.query)).toEqual([]);
    }
  });

  test("the dashboard, which has a row for each layer", () => {
    const queries = dashboardQueries();
    expect(queries.length).toBeGreaterThan(15);
    expect(queries.flatMap(faultsOf)).toEqual([]);
    const rows = dashboardOf("production", "shop").panels?.filter(({ type }) => type === "row");
    expect(rows?.map(({ title }) => title)).toEqual([
      "Backlog",
      "Frontend",
      "Scheduler",
      "Flow control",
      "Delivery",
      "Execution",
    ]);
  });

  test("backlogs are never summed: every process shows the same", () => {
    const all = [...ALERTS.map(({ expr }) => expr), ...dashboardQueries()];
    const backlogs = all.filter((query) => /_backlog_tasks/.test(query));
    expect(backlogs.length).toBeGreaterThan(3);
    for (const query of backlogs) expect(query).not.toMatch(/sum[^(]*\((rate\()?fivefold_\w+_backlog_tasks/);
  });

  test.each([
    ["max(fivefold_ready_backlog_task)", "unknown metric fivefold_ready_backlog_task"],
    ["sum(rate(fivefold_task_latency_seconds[5m]))", "fivefold_task_latency_seconds is a histogram"],
    ["max(fivefold_ready_backlog_tasks_bucket)", "fivefold_ready_backlog_tasks_bucket is a gauge"],
    ["sum by (reason) (fivefold_delivery_sent_tasks_total)", "fivefold_delivery_sent_tasks_total has no label reason"],
    ['max(fivefold_ready_backlog_tasks{usecase="a"})', "fivefold_ready_backlog_tasks has no label usecase"],
    ["max(fivefold_ready_backlog_tasks", "no PromQL at 32: max(fivefold_ready_backlog_tasks"],
    ["1 > 0", "no metric in 1 > 0"],
  ])("a fault is found in %s", (query, fault) => expect(faultsOf(query)).toContain(fault));
});

test("alerts tell of what they are about, and how to go on", () => {
  expect(ALERTS.map(({ alert }) => alert)).toEqual([
    "FivefoldDeadLetters",
    "FivefoldStalled",
    "FivefoldFailing",
    "FivefoldFallsBehind",
    "FivefoldPaused",
    "FivefoldBacklogUnknown",
    "FivefoldObjectiveMissed",
    "FivefoldObjectiveMissed",
    "FivefoldTasksNearDeadline",
    "FivefoldDelaysOverdue",
    "FivefoldCaptureStalled",
  ]);
  for (const { annotations, labels } of ALERTS) {
    expect(annotations.summary).not.toContain("undefined");
    expect(annotations.description).toMatch(/\?|[Rr]aise|read why|kubectl logs|`fivefold resume`/);
    expect(labels.severity).toMatch(/^(critical|warning)$/);
  }
});
