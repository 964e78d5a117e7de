import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { expect, onTestFinished, test } from "vitest";
import { openEmbedded } from "../../../runtime/adapters/embedded/embedded-ports.ts";
import type { TaskContext } from "../../../runtime/contract/contract.ts";
import { openSpans } from "../../../runtime/tracing/spans.ts";
import type { NoteOptions } from "../note-contract.ts";
import { openTargetWorld, startService } from "../targets/target-world.ts";
import { openWorld } from "../world.ts";
import { collectSpans } from "./collected-spans.ts";

async function open(options: NoteOptions) {
  const world = await openWorld(options);
  onTestFinished(() => world.close());
  return world;
}

const CALLER = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

test("without an SDK there are no spans, and a record keeps the caller's context", async () => {
  expect(openSpans()).toBeUndefined();
  const seen: TaskContext[] = [];
  const world = await open({ handlers: { default: (_, task) => void seen.push(task) } });
  await world.inTime(world.notes.enqueue({ id: "a" }, { traceparent: TRACEPARENT, tracestate: "a=1, b=2" }));
  await world.clock.advance(1_000);
  expect(seen).toMatchObject([{ traceparent: TRACEPARENT, tracestate: "a=1,b=2" }]);
});

test("one trace has enqueue, delay, wait, permit and each try, with what a handler does below its try", async () => {
  const spans = collectSpans();
  const tracer = trace.getTracer("test");
  const seen: (string | undefined)[] = [];
  const world = await open({
    handlers: {
      async default(_, { attempt, traceparent }) {
        seen.push(traceparent);
        await Promise.resolve();
        tracer.startSpan(`query ${attempt}`).end();
        trace.getActiveSpan()?.setAttribute("mine", attempt);
        if (attempt === 1) throw new Error("not yet");
      },
    },
  });
  await world.inTime(
    context.with(trace.setSpan(context.active(), tracer.startSpan("caller")), () =>
      world.notes.enqueue({ id: "a" }, { delay: "5s" }),
    ),
  );
  await world.clock.advance(120_000);
  expect(spans.tree()).toEqual([
    "delay note < enqueue note",
    "delay note < try note",
    "enqueue note < unknown",
    "permit note < enqueue note",
    "permit note < try note",
    "query 1 < try note",
    "query 2 < try note",
    "try note < enqueue note",
    "try note < try note",
    "wait note < enqueue note",
    "wait note < try note",
  ]);
  expect(new Set(spans.finished().map((span) => span.spanContext().traceId)).size).toBe(1);
  const [first, second] = spans.byName("try note");
  expect(first).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: "not yet" },
    attributes: { "fivefold.result": "retried", "fivefold.try": 1, mine: 1 },
  });
  expect(second).toMatchObject({ attributes: { "fivefold.result": "done", "fivefold.try": 2, mine: 2 } });
  expect(seen).toEqual(
    [first, second].map((span) => `00-${span!.spanContext().traceId}-${span!.spanContext().spanId}-01`),
  );
  const [delay] = spans.byName("delay note");
  expect(delay!.duration).toEqual([5, 0]);
  // None ends before it starts, and none begins before its parent's event did.
  for (const { startTime, endTime } of spans.finished()) {
    expect(startTime[0] * 1e9 + startTime[1]).toBeLessThanOrEqual(endTime[0] * 1e9 + endTime[1]);
  }
});

test("a task whose enqueue traced nothing begins a trace with its first try; in order, a retry keeps to it", async () => {
  const enqueued = await open({ settings: { ordered: true }, handlers: { default: () => {} } });
  const spans = collectSpans();
  await enqueued.inTime(enqueued.notes.enqueue({ id: "a" }));
  await enqueued.clock.advance(1_000);
  // That worker was started without an SDK, that client's first enqueue was with one.
  expect(spans.tree()).toEqual(["enqueue note"]);
});

test("a batch is a span of its own, linked to its tries, and each event has its try's outcome", async () => {
  const spans = collectSpans();
  const tracer = trace.getTracer("test");
  const world = await open({
    subscribers: { default: { batch: { max: 2, withinMs: 10 }, maxRetries: 0 } },
    batchHandlers: {
      default: async (events) => {
        tracer.startSpan("query").end();
        return events.map(({ id }) => (id === "b" ? new Error("no") : undefined));
      },
    },
  });
  await world.inTime(Promise.all([world.notes.enqueue({ id: "a" }), world.notes.enqueue({ id: "b" })]));
  await world.clock.advance(1_000);
  const tries = spans.byName("try note");
  expect(tries.map(({ attributes }) => attributes["fivefold.result"]).sort()).toEqual(["dead-lettered", "done"]);
  const [batch] = spans.byName("batch note");
  expect(batch!.links.map((link) => link.context.spanId).sort()).toEqual(
    tries.map((tried) => tried.spanContext().spanId).sort(),
  );
  expect(spans.tree()).toContain("query < batch note");
});

test("a target is a span below its try, and its context is what the request carries", async () => {
  const spans = collectSpans();
  let calls = 0;
  const service = await startService((_, response) => response.writeHead(calls++ === 0 ? 500 : 204).end());
  const world = await openTargetWorld({ environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url } });
  await world.notes.enqueue({ id: "a" }, { traceparent: TRACEPARENT, tracestate: "vendor=a b%20c" });
  await world.ended(1);
  await world.close();
  const targets = spans.byName("target thumbnails");
  expect(service.requests.map(({ head }) => head.headers.traceparent)).toEqual(
    targets.map((span) => `00-${CALLER.traceId}-${span.spanContext().spanId}-01`),
  );
  expect(service.requests.map(({ head }) => head.headers.tracestate)).toEqual(["vendor=a b%20c", "vendor=a b%20c"]);
  expect(spans.tree().filter((line) => line.startsWith("target") || line.startsWith("try"))).toEqual([
    "target thumbnails < try note",
    "target thumbnails < try note",
    "try note < enqueue note",
    "try note < try note",
  ]);
  expect(targets[0]!.status.code).toBe(SpanStatusCode.ERROR);
});

test("whatever an SDK throws, tasks are done", async () => {
  const fail = () => {
    throw new Error("a broken SDK");
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: fail, startActiveSpan: fail }) });
  context.setGlobalContextManager({
    ...{ active: fail, bind: fail, with: fail, enable: fail, disable: fail },
  } as never);
  onTestFinished(() => {
    trace.disable();
    (globalThis as never as Record<symbol, { context?: unknown }>)[Symbol.for("opentelemetry.js.api.1")]!.context =
      undefined;
  });
  let runs = 0;
  const world = await open({ handlers: { default: () => void runs++ } });
  const receipt = world.notes.enqueue({ id: "a" }, { traceparent: TRACEPARENT });
  await world.inTime(receipt);
  await world.clock.advance(1_000);
  expect(runs).toBe(1);
  expect(await world.connection.ports.transport.backlog("note", "default")).toBe(0);
});

test("a trace state survives the embedded store, in entries that older readers leave alone", async () => {
  const folder = (await import("node:fs/promises")).mkdtemp("/tmp/fivefold-tracestate-");
  const ports = await openEmbedded(await folder);
  onTestFinished(async () => {
    await ports.transport.close();
    await Promise.all([ports.delayStore.close(), ports.dedupeStore.close()]);
    await (await import("node:fs/promises")).rm(await folder, { recursive: true });
  });
  await ports.transport.declare([{ name: "note", ordered: false, subscriptions: ["default"] }]);
  const producer = await ports.transport.producer("note");
  const record = {
    ...{ id: "a", useCase: "note", version: 1, enqueuedAt: 1, dueAt: 0, key: "", attempt: 1, tenant: "", dedupeId: "" },
    ...{ priority: "normal" as const, traceparent: TRACEPARENT, subscription: "", payload: Buffer.of(1) },
  };
  await producer.publish([record, { ...record, id: "b", tracestate: "a=1" }, { ...record, id: "c" }]);
  const consumer = await ports.transport.subscribe("note", "default", "shared");
  const messages = await consumer.receive(10);
  expect(messages.map(({ id, tracestate }) => [id, tracestate])).toEqual([
    ["a", undefined],
    ["b", "a=1"],
    ["c", undefined],
  ]);
  await consumer.close();
});
