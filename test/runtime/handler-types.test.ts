import { expect, test } from "vitest";
import { RejectError, service, type TaskContext, useCase } from "../../runtime/authoring/index.ts";

interface Event {
  id: string;
}

const owner = "team-tests";
const work = async (_: string): Promise<void> => {};

test("handlers return nothing, or what has ended, or a promise of it", () => {
  const handlers = [
    () => {},
    async () => {},
    async () => ({ next: "page 2", rows: [{ id: 1 }] }),
    () => 5,
    () => new Map([["a", 1]]),
    () => Promise.all(["a", "b"].map(work)),
    () => Promise.allSettled(["a"].map(work)),
    () => fetch("http://127.0.0.1:1"),
    () => JSON.parse("5"),
    (): never => {
      throw new Error("never");
    },
  ] as const;
  for (const handler of handlers) useCase<Event>({ owner, handler });
  expect(handlers.length).toBe(10);
});

test("work that nobody would await is a type error", () => {
  // @ts-expect-error: a generator's body runs only when somebody iterates.
  useCase<Event>({ owner, async *handler() {} });
  // @ts-expect-error
  useCase<Event>({ owner, *handler() {} });
  // @ts-expect-error: promises in an array.
  useCase<Event>({ owner, handler: () => ["a", "b"].map(work) });
  // @ts-expect-error
  useCase<Event>({ owner, handler: async () => ["a", "b"].map(work) });
  // @ts-expect-error
  useCase<Event>({ owner, subscribers: { one: { handler: async () => [work("a"), 5] } } });
});

const batch = { max: 10, within: "1s" } as const;

test("a batch handler answers for all events, or for each one", () => {
  const handlers = [
    () => {},
    async () => {},
    async (events: readonly Event[]) => {
      await work(events.map(({ id }) => id).join());
    },
    (events: readonly Event[]) => events.map(({ id }) => (id === "" ? new RejectError("no id") : undefined)),
    (events: readonly Event[]) => events.map(({ id }) => work(id)),
    async (events: readonly Event[]) => events.map(({ id }) => work(id)),
    (events: readonly Event[]) => Promise.all(events.map(({ id }) => work(id))),
    (events: readonly Event[]) => Promise.allSettled(events.map(async ({ id }) => id.length)),
  ] as const;
  for (const batchHandler of handlers) useCase<Event>({ owner, execution: { batch }, batchHandler });
  expect(handlers.length).toBe(8);
  useCase<Event>({
    owner,
    execution: { batch },
    batchHandler: (events, tasks) => events.map(({ id }, i) => work(id + tasks[i]!.id)),
  });
  useCase<Event>({ owner, subscribers: { one: { batch, batchHandler: (events) => work(events[0]!.id) } } });
});

test("settings and handlers that disagree on how many events there are, are type errors", () => {
  // @ts-expect-error: a handler takes one event.
  useCase<Event>({ owner, execution: { batch }, handler: () => {} });
  // @ts-expect-error: nothing says how many.
  useCase<Event>({ owner, batchHandler: () => {} });
  // @ts-expect-error
  useCase<Event>({ owner, subscribers: { one: { batchHandler: () => {} } } });
  // @ts-expect-error
  useCase<Event>({ owner, subscribers: { one: { batch, handler: () => {} } } });
  // @ts-expect-error: its tasks are sent one by one.
  useCase<Event>({ owner, subscribers: { one: { batch, target: service("elsewhere") } } });
  const lengths = (events: readonly Event[]) => Promise.all(events.map(async ({ id }) => id.length));
  // @ts-expect-error: whether an event is done, its length does not tell.
  useCase<Event>({ owner, execution: { batch }, batchHandler: lengths });
  // @ts-expect-error
  useCase<Event>({ owner, execution: { batch }, batchHandler: (events) => events.map(() => true) });
  // @ts-expect-error
  useCase<Event>({ owner, execution: { batch }, batchHandler: () => ({ batchItemFailures: [] }) });
});

test("a task's copy has all that its type says", () => {
  const copy = (task: TaskContext) => ({ ...task });
  // @ts-expect-error: the signal is made when it is first read.
  const signal = (task: TaskContext) => copy(task).signal;
  const id = (task: TaskContext): string => copy(task).id + copy(task).dueAt.toISOString();
  expect([signal, id]).toHaveLength(2);
});
