import type { Metric, MetricSource } from "../metrics/exposition.ts";
import type { Room } from "./room.ts";

/** What a gateway counts. */
export interface GatewayMetrics extends MetricSource {
  /** A request of a use case, or of none where its address leads nowhere, was answered with that status. */
  answered(useCase: string, status: number): void;
  /** An event's fate, by the code of its problem; empty: it was accepted. */
  event(useCase: string, code: string): void;
}

export function createGatewayMetrics(room: Room): GatewayMetrics {
  const answers = new Map<string, { useCase: string; status: number; count: number }>();
  const lines = new Map<string, { useCase: string; code: string; count: number }>();
  return {
    answered(useCase, status) {
      const key = `${useCase} ${status}`;
      const found = answers.get(key);
      if (found) found.count++;
      else answers.set(key, { useCase, status, count: 1 });
    },
    event(useCase, code) {
      const key = `${useCase} ${code}`;
      const found = lines.get(key);
      if (found) found.count++;
      else lines.set(key, { useCase, code, count: 1 });
    },
    metrics(): readonly Metric[] {
      return [
        {
          name: "fivefold_gateway_requests_total",
          type: "counter",
          help: "Requests that were answered, by status",
          samples: Array.from(answers.values(), ({ useCase, status, count }) => ({
            labels: { use_case: useCase, status: String(status) },
            value: count,
          })),
        },
        {
          name: "fivefold_gateway_stream_lines_total",
          type: "counter",
          help: "Lines of streams that were answered, by the code of what refused them",
          samples: Array.from(lines.values(), ({ useCase, code, count }) => ({
            labels: { use_case: useCase, code: code || "accepted" },
            value: count,
          })),
        },
        {
          name: "fivefold_gateway_open_requests",
          type: "gauge",
          help: "Requests that are served now",
          samples: [{ labels: {}, value: room.requests }],
        },
        {
          name: "fivefold_gateway_held_bytes",
          type: "gauge",
          help: "Bytes of bodies that are held now",
          samples: [{ labels: {}, value: room.bytes }],
        },
      ];
    },
    close() {},
  };
}
