import type { Clock } from "../contract/clock.ts";
import type { MetricSource } from "./exposition.ts";

/** The process, under the names that Prometheus' own client libraries use. */
export function createProcessMetrics(clock: Clock): MetricSource {
  const startedAt = clock.now() / 1_000 - process.uptime();
  return {
    metrics() {
      const { user, system } = process.cpuUsage();
      return [
        {
          name: "process_cpu_seconds_total",
          type: "counter",
          help: "Time on a CPU, user and system",
          samples: [{ labels: {}, value: (user + system) / 1e6 }],
        },
        {
          name: "process_resident_memory_bytes",
          type: "gauge",
          help: "Resident memory",
          samples: [{ labels: {}, value: process.memoryUsage.rss() }],
        },
        {
          name: "process_start_time_seconds",
          type: "gauge",
          help: "When the process started, in seconds since the Unix epoch",
          samples: [{ labels: {}, value: startedAt }],
        },
      ];
    },
    close() {},
  };
}
