import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBacklogMetrics } from "../../../runtime/metrics/backlog-metrics.ts";
import { createCaptureMetrics } from "../../../runtime/metrics/capture-metrics.ts";
import { createEnqueueMetrics } from "../../../runtime/metrics/enqueue-metrics.ts";
import { createProcessMetrics } from "../../../runtime/metrics/process-metrics.ts";
import { createWorkerMetrics } from "../../../runtime/metrics/worker-metrics.ts";
import { openWorld } from "../world.ts";

test("docs/metrics.md lists every metric, with its type, and no other", async () => {
  const world = await openWorld({ handlers: { default: () => {} } });
  const sources = [
    createWorkerMetrics(world.worker),
    createEnqueueMetrics(world.connection),
    createBacklogMetrics({ ...world.worker, pollMs: 10_000 }),
    createProcessMetrics(world.clock),
    createCaptureMetrics({ parts: [] }),
  ];
  const metrics = sources.flatMap((source) => source.metrics());
  for (const source of sources) source.close();
  await world.close();

  const text = readFileSync(join(import.meta.dirname, "../../../docs/metrics.md"), "utf8");
  const rows = Array.from(text.matchAll(/^\| `(fivefold_\w+)` +\| (\w+) +\|/gm), ([, name, type]) => `${name} ${type}`);
  const ours = metrics.filter(({ name }) => name.startsWith("fivefold_"));
  expect(rows.sort()).toEqual(ours.map(({ name, type }) => `${name} ${type}`).sort());
  for (const { name } of metrics) expect(text).toContain(`\`${name}\``);
  const queried = new Set(text.match(/\bfivefold_\w+/g)!.map((name) => name.replace(/_bucket$/, "")));
  expect([...queried].filter((name) => !ours.some((metric) => metric.name === name))).toEqual([]);
});
