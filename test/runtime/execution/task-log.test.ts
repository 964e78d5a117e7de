import { expect, test } from "vitest";
import type { TaskLogLine } from "../../../runtime/contract/task-log.ts";
import { describeFields, HIDDEN } from "../../../runtime/execution/described-fields.ts";
import { createTaskLogs } from "../../../runtime/execution/task-logs.ts";
import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";

const TASK = { id: "t1", attempt: 2, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };

function logs(write: (line: TaskLogLine) => void) {
  const clock = createSimulatedClock(1);
  return { clock, logOf: createTaskLogs({ useCase: "note", subscriber: "default", write, clock }) };
}

test("a line says of which task it is, and of which trace", () => {
  const lines: TaskLogLine[] = [];
  const { logOf } = logs((line) => lines.push(line));
  logOf(TASK).warn("slow", { ms: 5 });
  logOf({ ...TASK, traceparent: "" }).info("plain");
  expect(lines).toEqual([
    {
      ...{ event: "task-log", level: "warn", time: expect.any(String), useCase: "note", subscriber: "default" },
      ...{ task: "t1", try: 2, traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" },
      ...{ message: "slow", fields: { ms: 5 } },
    },
    {
      ...{ event: "task-log", level: "info", time: expect.any(String), useCase: "note", subscriber: "default" },
      ...{ task: "t1", try: 2, message: "plain" },
    },
  ]);
});

test("of a second's lines a hundred are written, and the rest are counted", async () => {
  const lines: TaskLogLine[] = [];
  const { clock, logOf } = logs((line) => lines.push(line));
  for (let i = 0; i < 1_000; i++) logOf(TASK).info(`${i}`);
  expect(lines.length).toBe(100);
  await clock.advance(1_000);
  expect(lines.at(-1)).toMatchObject({ event: "task-logs-left-out", count: 900 });
  logOf(TASK).info("again");
  expect(lines.at(-1)).toMatchObject({ message: "again" });
});

test("whatever is logged, and whatever the writer does, nothing is thrown, and lines are short JSON", () => {
  const lines: string[] = [];
  const { logOf } = logs((line) => {
    lines.push(JSON.stringify(line));
    throw new Error("a full disk");
  });
  const cycle: Record<string, unknown> = { a: 1 };
  cycle.self = cycle;
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const hostile: unknown[] = [
    cycle,
    revoked.proxy,
    {
      get a() {
        throw new Error("no");
      },
    },
    { toJSON: () => "x".repeat(1e6) },
    { big: 5n, date: new Date(Number.NaN), set: new Set([1]), map: new Map([["k", 1]]), bytes: Buffer.alloc(1e6) },
    "x".repeat(1e7),
    Array.from({ length: 1e5 }, (_, i) => i),
    Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`k${i}`, "v".repeat(1_000)])),
    JSON.parse('{"__proto__":{"polluted":true}}'),
    "\ud800",
    Symbol("s"),
    () => {},
  ];
  for (const value of hostile) logOf(TASK).error(value as string, value as Record<string, unknown>);
  expect(lines.length).toBe(hostile.length);
  for (const line of lines) {
    expect(line.length).toBeLessThan(20_000);
    expect(JSON.parse(line).task).toBe("t1");
  }
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("fields named as secret are masked, however deep", () => {
  const secrets = new Set(["password"]);
  expect(describeFields({ user: { password: "hunter2", name: "a" }, password: ["x"] }, secrets)).toEqual({
    user: { password: HIDDEN, name: "a" },
    password: HIDDEN,
  });
});
