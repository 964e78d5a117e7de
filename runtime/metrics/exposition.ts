/*
 * Prometheus' text format, version 0.0.4. Written here rather than taken from prom-client: all counters are read from
 * the layers at scrape time, for which it has no way (its Counter can only be incremented), its last release is of
 * 2024, and what is left to do is this page.
 */

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** What follows the metric's name, for a histogram's parts. Default: nothing. */
  readonly suffix?: string | undefined;
}

/** One metric with all its samples. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** One sentence without its full stop. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** What answers metrics when it is scraped. */
export interface MetricSource {
  metrics(): readonly Metric[];
  close(): void;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function writeValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

function writeSample(name: string, { labels, value, suffix = "" }: Sample): string {
  const written = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  const braces = written.length === 0 ? "" : `{${written.join(",")}}`;
  return `${name}${suffix}${braces} ${writeValue(value)}\n`;
}

/** Metrics as Prometheus reads them. One without samples is left out. */
export function expose(metrics: readonly Metric[]): string {
  let text = "";
  for (const { name, type, help, samples } of metrics) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`;
    for (const sample of samples) text += writeSample(name, sample);
  }
  return text;
}
