import { createServer } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient } from "../../../runtime/client.ts";
import { type Connection, connectTo } from "../../../runtime/connection.ts";
import { type MetricsServer, startMetricsServer } from "../../../runtime/metrics/metrics-server.ts";
import { connectMemory } from "../../../runtime/testing/testing.ts";
import { startWorker, type Worker } from "../../../runtime/worker.ts";
import { type Note, noteContracts } from "../note-contract.ts";
import { readExposition } from "./read-exposition.ts";

const { client, executor } = noteContracts({ handlers: { default: () => {} } });

let transport: "answers" | "fails" | "hangs";
let connection: Connection;
let worker: Worker;
let server: MetricsServer;

beforeEach(async () => {
  transport = "answers";
  const { ports } = connectMemory();
  connection = connectTo({
    ...ports,
    transport: {
      ...ports.transport,
      backlog(topic, subscription) {
        if (transport === "hangs") return new Promise(() => {});
        if (transport === "fails") return Promise.reject(new Error("the broker is away"));
        return ports.transport.backlog(topic, subscription);
      },
    },
  });
  worker = await startWorker({ ports: connection.ports, executors: [executor] });
  server = await startMetricsServer({ worker, connection, port: 0, host: "127.0.0.1" });
});

afterEach(async () => {
  await server.close();
  await worker.drain(100);
  await connection.close();
});

function get(path: string, options: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}${path}`, options);
}

describe("/metrics", () => {
  test("holds layers, enqueues, backlogs and the process, in Prometheus' text format", async () => {
    await createClient<Note>(client).enqueue({ id: "a" });
    while (worker.counts().note!.default!.delivery.done === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const response = await get("/metrics?from=test");
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
    ]);
    const series = readExposition(await response.text());
    const of = 'use_case="note",subscriber="default"';
    expect(series.get('fivefold_frontend_accepted_events_total{use_case="note"}')).toBe(1);
    expect(series.get(`fivefold_delivery_done_tasks_total{${of}}`)).toBe(1);
    expect(series.get(`fivefold_task_latency_seconds_count{${of}}`)).toBe(1);
    expect(series.get(`fivefold_ready_backlog_tasks{${of}}`)).toBe(0);
    expect(series.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(Math.abs(series.get("process_start_time_seconds")! + process.uptime() - Date.now() / 1_000)).toBeLessThan(2);
  });

  test("many scrapes at once, while tasks run, answer alike", async () => {
    const notes = createClient<Note>(client);
    const scrapes = Array.from({ length: 20 }, async () => readExposition(await (await get("/metrics")).text()).size);
    await notes.enqueueAll(Array.from({ length: 500 }, (_, i) => ({ id: `${i}` })));
    expect(Math.min(...(await Promise.all(scrapes)))).toBeGreaterThan(20);
  });

  test("shows backlogs without a worker, for scaling up from zero", async () => {
    const exporter = await startMetricsServer({
      backlogs: { ports: connection.ports, useCases: worker.useCases },
      port: 0,
      host: "127.0.0.1",
    });
    const text = await (await fetch(`http://127.0.0.1:${exporter.port}/metrics`)).text();
    expect(text).toContain('fivefold_ready_backlog_tasks{use_case="note",subscriber="default"} 0');
    expect(text).not.toContain("fivefold_delivery");
    expect((await fetch(`http://127.0.0.1:${exporter.port}/readyz`)).status).toBe(200);
    await exporter.close();
  });
});

describe("/healthz and /readyz", () => {
  const state = async (path: string) => {
    const response = await get(path);
    return [response.status, await response.text()];
  };

  test("live and ready", async () => {
    expect(await state("/healthz")).toEqual([200, "live\n"]);
    expect(await state("/readyz")).toEqual([200, "ready\n"]);
  });

  test("not ready while the transport fails, and ready again", async () => {
    transport = "fails";
    expect(await state("/readyz")).toEqual([503, "not ready: the transport can't be used: the broker is away\n"]);
    expect(await state("/healthz")).toEqual([200, "live\n"]);
    transport = "answers";
    expect(await state("/readyz")).toEqual([200, "ready\n"]);
  });

  test("not ready, within a second, while the transport hangs", async () => {
    transport = "hangs";
    const askedAt = Date.now();
    const answers = await Promise.all([state("/readyz"), state("/readyz")]);
    expect(answers.map(([status]) => status)).toEqual([503, 503]);
    expect(answers[0]![1]).toContain("does not answer");
    expect(Date.now() - askedAt).toBeLessThan(1_500);
  });

  test("not ready as soon as the worker drains, but live", async () => {
    const drained = worker.drain(100);
    expect(await state("/readyz")).toEqual([503, "not ready: it is draining\n"]);
    expect(await state("/healthz")).toEqual([200, "live\n"]);
    await drained;
  });
});

test("other paths and methods are refused as HTTP has it; HEAD has no body", async () => {
  expect((await get("/")).status).toBe(404);
  expect(await (await get("/nothing")).text()).toContain("/metrics");
  const posted = await get("/metrics", { method: "POST", body: "x" });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  const head = await get("/metrics", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("a port that is taken is a clear error, and one that was closed is free again", async () => {
  const port = server.port;
  await expect(startMetricsServer({ port, host: "127.0.0.1" })).rejects.toMatchObject({
    code: "invalid-option",
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  await server.close();
  const other = createServer().listen(port, "127.0.0.1");
  await new Promise<void>((resolve, reject) => other.once("listening", resolve).once("error", reject));
  await new Promise((resolve) => other.close(resolve));
  server = await startMetricsServer({ port, host: "127.0.0.1" });
});
