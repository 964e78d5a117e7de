import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { createProject, MAIN, startCommand } from "../cli/project.ts";
import { startOtelCollector } from "../parts/otel-collector.ts";

interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

/** What the collector has sent on. */
async function startSink() {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { scopeSpans: { spans: CollectedSpan[] }[] }[];
      };
      for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  return { spans, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const SDK = pathToFileURL(join(import.meta.dirname, "tracing/sdk.ts")).href;

const MAIL = `import { constant, service, useCase } from "fivefold";
export interface Mail { to: string }
export default useCase<Mail>({
  owner: "team",
  delivery: { retry: { backoff: constant("50ms") } },
  subscribers: {
    sent: {
      handler: (event, task) => {
        task.log.info("sends", { try: task.attempt });
        if (task.attempt === 1) throw new Error("not yet");
      },
    },
    told: { target: service("told") },
  },
});
`;

const CALLER = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

test("a collector gets one trace of an event with a delay and a retry: every span with its parent", async () => {
  const sink = await startSink();
  const collector = await startOtelCollector(sink.url);
  onTestFinished(() => collector.stop());
  const sent: (string | undefined)[] = [];
  const told = createServer((request, response) => {
    sent.push(request.headers.traceparent as string);
    response.writeHead(204).end();
  });
  await new Promise<void>((listening) => told.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void told.close());
  const project = await createProject({ "package.json": '{ "type": "module" }', "usecases/mail.ts": MAIL });
  expect(await project.fivefold("build")).toMatchObject({ code: 0, stderr: "" });
  const dev = startCommand(
    process.execPath,
    [MAIN, "dev", "--json", "--gateway-port", "0", "--callback-port", "0"],
    project.root,
    {
      ...process.env,
      NODE_OPTIONS: `--import ${SDK}`,
      COLLECTOR_URL: collector.grpcUrl,
      FIVEFOLD_SERVICE_TOLD: `http://127.0.0.1:${(told.address() as AddressInfo).port}`,
      FIVEFOLD_SERVICE_NETWORKS: "127.0.0.0/8",
      FIVEFOLD_SIGNING_SECRET_TOLD: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
    },
  );
  await dev.prints('"event":"ready"');
  const ready = dev.printed.stdout.split("\n").find((line) => line.includes('"event":"ready"'))!;
  const { gateway } = JSON.parse(ready) as { gateway: { address: string } };
  const response = await fetch(`${gateway.address}/v1/mail?delay=1s`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01`,
      tracestate: "vendor=1",
    },
    body: JSON.stringify({ to: "ada" }),
  });
  expect(response.status).toBe(202);
  await vi.waitFor(() => expect(sink.spans.length).toBeGreaterThanOrEqual(14), { timeout: 30_000, interval: 100 });

  const { spans } = sink;
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  names.set(CALLER.spanId, "the caller");
  const tree = spans.map(({ name, parentSpanId = "" }) => `${name} < ${names.get(parentSpanId) ?? "nobody"}`).sort();
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([CALLER.traceId]));
  expect(tree).toEqual([
    "delay mail < enqueue mail",
    "delay mail < enqueue mail",
    "delay mail < try mail",
    "enqueue mail < the caller",
    "permit mail < enqueue mail",
    "permit mail < enqueue mail",
    "permit mail < try mail",
    "target told < try mail",
    "try mail < enqueue mail",
    "try mail < enqueue mail",
    "try mail < try mail",
    "wait mail < enqueue mail",
    "wait mail < enqueue mail",
    "wait mail < try mail",
  ]);
  const target = spans.find(({ name }) => name === "target told")!;
  expect(sent).toEqual([`00-${CALLER.traceId}-${target.spanId}-01`]);
  // The logs of its two tries name the same trace, and the spans of those tries.
  const logs = dev.printed.stdout.split("\n").filter((line) => line.includes('"event":"task-log"'));
  const tried = new Set(spans.filter(({ name }) => name === "try mail").map(({ spanId }) => spanId));
  expect(logs.map((line) => JSON.parse(line))).toMatchObject([
    { message: "sends", traceId: CALLER.traceId, try: 1, fields: { try: 1 } },
    { message: "sends", traceId: CALLER.traceId, try: 2, fields: { try: 2 } },
  ]);
  for (const line of logs) expect(tried).toContain((JSON.parse(line) as { spanId: string }).spanId);
  dev.process.kill("SIGTERM");
  await dev.ended();
});
