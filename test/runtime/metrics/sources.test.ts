import { afterEach, expect, test } from "vitest";
import { RejectError, RetryError } from "../../../runtime/authoring/outcome.ts";
import { createBacklogMetrics } from "../../../runtime/metrics/backlog-metrics.ts";
import { createEnqueueMetrics } from "../../../runtime/metrics/enqueue-metrics.ts";
import { expose, type MetricSource } from "../../../runtime/metrics/exposition.ts";
import { createWorkerMetrics } from "../../../runtime/metrics/worker-metrics.ts";
import type { Ports } from "../../../runtime/ports/ports.ts";
import type { NoteOptions } from "../note-contract.ts";
import { openWorld, type World } from "../world.ts";
import { readExposition, type Series } from "./read-exposition.ts";

const OF = '{use_case="note",subscriber="default"}';

let world: World;

async function start(options: NoteOptions): Promise<World> {
  world = await openWorld(options);
  return world;
}

afterEach(() => world.close());

function read(source: MetricSource): Series {
  return readExposition(expose(source.metrics()));
}

test("every layer's counts, and each dead letter by its reason", async () => {
  const waits = new Promise<void>(() => {});
  const { worker, notes, clock, inTime } = await start({
    subscribers: { default: { maxRetries: 1, maxInFlight: 6 } },
    filters: { default: ({ id }) => id !== "unwanted" },
    handlers: {
      default: ({ id }, { attempt }) => {
        if (id === "bad") throw new RejectError("bad");
        if (id === "broken" || (id === "flaky" && attempt === 1)) throw new RetryError("later", { after: "1s" });
        return id === "endless" ? waits : undefined;
      },
    },
  });
  const metrics = createWorkerMetrics(worker);
  await inTime(notes.enqueueAll(["fine", "unwanted", "bad", "broken", "flaky", "endless"].map((id) => ({ id }))));
  await inTime(notes.enqueue({ id: "fine" }, { delay: "10s" }));
  await clock.advance(20_000);

  const series = read(metrics);
  const values = (names: string[]) =>
    Object.fromEntries(names.map((name) => [name, series.get(`fivefold_${name}${OF}`)]));
  expect(
    values([
      "scheduler_received_tasks_total",
      "scheduler_delayed_tasks_total",
      "scheduler_skipped_tasks_total",
      "flow_control_admitted_tasks_total",
      "flow_control_waiting_tasks",
      "flow_control_in_flight_tasks",
      "flow_control_permits",
      "flow_control_paused",
      "delivery_filtered_tasks_total",
      "delivery_sent_tasks_total",
      "delivery_done_tasks_total",
      "delivery_retried_tasks_total",
      "execution_running_tasks",
    ]),
  ).toEqual({
    // Six at once, one that came early and again when it was due, two that failed and came again.
    scheduler_received_tasks_total: 10,
    scheduler_delayed_tasks_total: 1,
    scheduler_skipped_tasks_total: 0,
    flow_control_admitted_tasks_total: 9,
    flow_control_waiting_tasks: 0,
    flow_control_in_flight_tasks: 1,
    flow_control_permits: 6,
    flow_control_paused: 0,
    delivery_filtered_tasks_total: 1,
    delivery_sent_tasks_total: 8,
    delivery_done_tasks_total: 4,
    delivery_retried_tasks_total: 2,
    execution_running_tasks: 1,
  });
  const deadLetters = (reason: string) =>
    series.get(`fivefold_delivery_dead_letters_total{use_case="note",subscriber="default",reason="${reason}"}`);
  expect(["rejected", "attempts", "deadline", "undecodable", "unknown-use-case"].map(deadLetters)).toEqual([
    1, 1, 0, 0, 0,
  ]);
  expect(series.get("fivefold_worker_draining")).toBe(0);
  const draining = worker.drain(100);
  expect(read(metrics).get("fivefold_worker_draining")).toBe(1);
  await inTime(draining);
});

test("how long handlers ran, how late tasks fired, and how long they took from due to done", async () => {
  const { worker, notes, clock, inTime } = await start({
    filters: { default: ({ id }) => id !== "unwanted" },
    handlers: {
      default: ({ id }, { attempt }) =>
        new Promise<void>((resolve, reject) => {
          clock.after(300, () =>
            id === "flaky" && attempt === 1 ? reject(new RetryError("no", { after: "7s" })) : resolve(),
          );
        }),
    },
  });
  const metrics = createWorkerMetrics(worker);
  await inTime(notes.enqueueAll([{ id: "fine" }, { id: "flaky" }, { id: "unwanted" }]));
  await inTime(notes.enqueue({ id: "delayed" }, { delay: "1h" }));
  await clock.advance(2 * 3_600_000);

  const series = read(metrics);
  const buckets = (name: string, labels: string, les: string[]) =>
    les.map((le) => series.get(`${name}_bucket{${labels},le="${le}"}`));
  const of = 'use_case="note",subscriber="default"';
  // Four runs of 300 ms; what the filter settled ran no handler.
  expect(buckets("fivefold_execution_handler_duration_seconds", of, ["0.25", "0.5", "+Inf"])).toEqual([0, 4, 4]);
  // The filtered one at once, two after 300 ms (the hour of its delay is no latency), the flaky one after 7.6 s.
  expect(buckets("fivefold_task_latency_seconds", of, ["0.1", "0.5", "5", "10", "+Inf"])).toEqual([1, 3, 3, 4, 4]);
  // The delayed one and the retry.
  expect(buckets("fivefold_scheduler_lateness_seconds", 'topic="note"', ["0.005", "+Inf"])).toEqual([2, 2]);
});

test("what producers enqueue: accepted, duplicates, refused by code, and how long it took", async () => {
  const { connection, notes, inTime } = await start({
    settings: { dedupeForMs: 60_000, maxPayloadBytes: 50 },
    handlers: { default: () => {} },
  });
  const metrics = createEnqueueMetrics(connection);
  await inTime(notes.enqueueAll([{ id: "a" }, { id: "b" }, { id: "a" }]));
  await inTime(notes.enqueue({ id: "a" }));
  const refused = [
    notes.enqueue({ id: 5 as unknown as string }),
    notes.enqueueAll([{ id: "c" }, { id: 5 as unknown as string }]),
    notes.enqueue({ id: "x".repeat(100) }),
    notes.enqueue({ id: "d" }, { delay: "365d" }),
  ];
  await inTime(Promise.allSettled(refused));

  const series = read(metrics);
  expect(series.get('fivefold_frontend_accepted_events_total{use_case="note"}')).toBe(2);
  expect(series.get('fivefold_frontend_duplicate_events_total{use_case="note"}')).toBe(2);
  const code = (name: string) => series.get(`fivefold_frontend_refused_events_total{use_case="note",code="${name}"}`);
  expect(["invalid-event", "payload-too-large", "delay-too-long"].map(code)).toEqual([3, 1, 1]);
  expect(series.get('fivefold_frontend_enqueue_duration_seconds_count{use_case="note"}')).toBe(4);

  metrics.close();
  await inTime(notes.enqueue({ id: "e" }));
  expect(read(metrics).get('fivefold_frontend_accepted_events_total{use_case="note"}')).toBe(2);
});

test("backlogs: what is ready, what is dead, what is overdue", async () => {
  const waits = new Promise<void>(() => {});
  const { worker, notes, clock, inTime } = await start({
    handlers: {
      default: ({ id }) => {
        if (id === "bad") throw new RejectError("bad");
        return waits;
      },
    },
  });
  await inTime(notes.enqueueAll([{ id: "a" }, { id: "b" }, { id: "bad" }]));
  await inTime(notes.enqueue({ id: "later" }, { delay: "1h" }));
  await clock.advance(1_000);
  const metrics = createBacklogMetrics({ ...worker, pollMs: 10_000 });
  await clock.advance(0);
  expect(read(metrics).get(`fivefold_ready_backlog_tasks${OF}`)).toBe(2);
  expect(read(metrics).get(`fivefold_dead_letter_backlog_tasks${OF}`)).toBe(1);
  expect(read(metrics).get("fivefold_delay_store_overdue_seconds")).toBe(0);
  metrics.close();
});

test("a backlog that can't be had is left out once it is old, and counted; one that hangs holds up no other", async () => {
  const { worker, connection, clock } = await start({
    subscribers: { default: {}, other: {} },
    handlers: { default: () => {}, other: () => {} },
  });
  let answers: "well" | "badly" | "never" = "well";
  const ports: Ports = {
    ...connection.ports,
    transport: {
      ...connection.ports.transport,
      backlog(topic, subscription) {
        if (answers === "well" || subscription === "other")
          return connection.ports.transport.backlog(topic, subscription);
        return answers === "badly" ? Promise.reject(new Error("away")) : new Promise(() => {});
      },
    },
  };
  const metrics = createBacklogMetrics({ ports, useCases: worker.useCases, pollMs: 10_000 });
  const ready = (subscriber: string) =>
    read(metrics).get(`fivefold_ready_backlog_tasks{use_case="note",subscriber="${subscriber}"}`);
  await clock.advance(0);
  expect([ready("default"), ready("other")]).toEqual([0, 0]);
  answers = "badly";
  await clock.advance(15_000);
  expect([ready("default"), ready("other")]).toEqual([0, 0]);
  await clock.advance(30_000);
  expect([ready("default"), ready("other")]).toEqual([undefined, 0]);
  expect(read(metrics).get("fivefold_backlog_poll_failures_total")).toBeGreaterThan(0);
  answers = "never";
  await clock.advance(60_000);
  expect([ready("default"), ready("other")]).toEqual([undefined, 0]);
  answers = "well";
  await clock.advance(30_000);
  expect([ready("default"), ready("other")]).toEqual([0, 0]);
  metrics.close();
});
