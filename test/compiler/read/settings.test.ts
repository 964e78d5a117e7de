import { expect, test } from "vitest";
import { readUseCase, useCaseText } from "./scratch-project.ts";

const EVENT = "interface Event { id: string; tenant: string; at: Date }";

function readSettings(name: string, settings: string) {
  return readUseCase(name, useCaseText(EVENT, "Event", settings));
}

test("all defaults", () => {
  expect(readSettings("defaults", 'owner: "team-a", handler: () => {}')).toMatchObject({
    name: "subject",
    file: "usecases/subject.ts",
    owner: "team-a",
    frontend: { dedupeBy: null, dedupeForMs: 86_400_000, maxPayloadBytes: 1_048_576 },
    scheduler: { orderBy: null, maxDelayMs: 30 * 86_400_000 },
    flowControl: { priority: "normal", maxInFlight: 64, rate: null, fairBy: null },
    execution: { minProcesses: null, maxProcesses: null, latencyObjectiveMs: 0 },
    severalSubscribers: false,
    subscribers: [
      {
        name: "default",
        maxRetries: 8,
        backoff: { minMs: 1_000, maxMs: 900_000 },
        deadlineMs: 0,
        timeoutMs: 30_000,
        hasFilter: false,
      },
    ],
  });
});

test("everything set", () => {
  const settings = readSettings(
    "everything",
    `owner: "team-a",
    frontend: { dedupeBy: "id", dedupeFor: "2h" },
    scheduler: { orderBy: "id", maxDelay: "365d" },
    execution: { minProcesses: 0, maxProcesses: 3, latencyObjectiveMs: 300_000 },
    flowControl: { priority: "high", maxInFlight: 8, rate: perMinute(90), fairBy: "tenant" },
    delivery: { filter: (event) => event.id !== "", retry: { max: 0 }, deadline: "1h" },
    execution: { timeout: "1.5s", scale: { min: 0, max: 3 }, latencyObjective: "5m" },
    async handler(event) { console.log(event); }`,
  );
  expect(settings).toMatchObject({
    frontend: { dedupeBy: "id", dedupeForMs: 7_200_000, maxPayloadBytes: 1_048_576 },
    scheduler: { orderBy: "id", maxDelayMs: 365 * 86_400_000 },
    flowControl: { priority: "high", maxInFlight: 8, rate: { count: 90, periodMs: 60_000 }, fairBy: "tenant" },
    subscribers: [{ maxRetries: 0, deadlineMs: 3_600_000, timeoutMs: 1_500, hasFilter: true }],
  });
});

test("a subscriber's own settings, then the use case's, then the defaults", () => {
  const { subscribers, severalSubscribers } = readSettings(
    "subscribers",
    `owner: "team-a",
    delivery: { filter: () => true, retry: { max: 3 }, deadline: "1h" },
    execution: { timeout: "10s" },
    subscribers: {
      plain: { handler: () => {} },
      own: { handler: () => {}, filter: (event) => event.id !== "", retry: { backoff: constant("5s") }, deadline: "2h", timeout: "1s" },
    }`,
  );
  expect(severalSubscribers).toBe(true);
  expect(subscribers).toMatchObject([
    {
      name: "plain",
      maxRetries: 3,
      backoff: { minMs: 1_000 },
      deadlineMs: 3_600_000,
      timeoutMs: 10_000,
      hasFilter: true,
    },
    { name: "own", maxRetries: 3, backoff: { minMs: 5_000 }, deadlineMs: 7_200_000, timeoutMs: 1_000, hasFilter: true },
  ]);
});

test("what is undefined is not set", () => {
  const { scheduler, flowControl, subscribers } = readSettings(
    "undefined",
    `owner: "team-a", scheduler: undefined, flowControl: { rate: undefined, maxInFlight: 2 },
    delivery: { filter: undefined }, subscribers: undefined, handler: () => {}`,
  );
  expect(scheduler.orderBy).toBe(null);
  expect(flowControl).toMatchObject({ rate: null, maxInFlight: 2 });
  expect(subscribers).toMatchObject([{ name: "default", hasFilter: false }]);
});

test("a handler may come from anywhere, as long as it is a function", () => {
  const text = `import { handle } from "../handle.ts";
  const wrap = <T>(run: (event: T) => void) => (event: T) => run(event);
  ${useCaseText(EVENT, "Event", 'owner: "a", subscribers: { a: { handler: handle }, b: { handler: wrap(() => {}) }, c: { handler: { run() {} }.run } }')}`;
  const { subscribers } = readUseCase("functions", text, { "handle.ts": "export function handle() {}" });
  expect(subscribers.map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test("each setting knows where it stands", () => {
  const { spans } = readSettings("spans", 'owner: "a",\n  delivery: { retry: { max: 3 } },\n  handler: () => {}');
  expect(spans["delivery.retry.max"]).toEqual({
    file: "usecases/subject.ts",
    line: 4,
    column: 29,
    endLine: 4,
    endColumn: 30,
  });
  expect(Object.keys(spans).sort()).toEqual(["delivery", "delivery.retry", "delivery.retry.max", "handler", "owner"]);
});

test.each([
  [
    "renamed",
    'import { useCase as declare } from "fivefold"; export default declare<Event>({ owner: "a", handler() {} });',
  ],
  ["namespace", 'import * as five from "fivefold"; export default five.useCase<Event>({ owner: "a", handler() {} });'],
  ["re-exported", 'import { useCase } from "../five.ts"; export default useCase<Event>({ owner: "a", handler() {} });'],
  [
    "constant",
    'import { useCase } from "fivefold"; const it = useCase<Event>({ owner: "a", handler() {} }); export default it;',
  ],
  [
    "specifier",
    'import { useCase } from "fivefold"; const it = useCase<Event>({ owner: "a", handler() {} }); export { it as default };',
  ],
  [
    "satisfies",
    'import { useCase, type UseCaseModule } from "fivefold"; export default (useCase<Event>({ owner: "a", handler() {} })) satisfies UseCaseModule<Event>;',
  ],
  [
    "definition",
    'import { useCase } from "fivefold"; const it = { owner: "a", handler() {} }; export default useCase<Event>(it);',
  ],
])("the call is found: %s", (name, text) => {
  const five = 'export { useCase } from "fivefold";';
  expect(readUseCase(`call-${name}`, `${text}\n${EVENT}`, { "five.ts": five }).owner).toBe("a");
});
