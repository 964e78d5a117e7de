import type { MetricSource } from "./exposition.ts";

/** What a capture does, part by part. */
export interface CapturedParts {
  readonly parts: readonly {
    readonly name: string;
    readonly count: number;
    /** Empty: it goes on. */
    readonly problem: string;
  }[];
}

export function createCaptureMetrics({ parts }: CapturedParts): MetricSource {
  return {
    metrics: () => [
      {
        name: "fivefold_capture_changes_total",
        type: "counter",
        help: "Changes and rows that were handled, by what is captured",
        samples: parts.map(({ name, count }) => ({ labels: { part: name }, value: count })),
      },
      {
        name: "fivefold_capture_stalled",
        type: "gauge",
        help: "1 while a part does not go on, or another process has it",
        samples: parts.map(({ name, problem }) => ({ labels: { part: name }, value: problem === "" ? 0 : 1 })),
      },
    ],
    close() {},
  };
}
