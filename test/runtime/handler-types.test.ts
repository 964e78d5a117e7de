import { expect, test } from "vitest";
import { type TaskContext, useCase } from "../../runtime/index.ts";

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

test("a task's copy has all that its type says", () => {
  const copy = (task: TaskContext) => ({ ...task });
  // @ts-expect-error: the signal is made when it is first read.
  const signal = (task: TaskContext) => copy(task).signal;
  const id = (task: TaskContext): string => copy(task).id + copy(task).dueAt.toISOString();
  expect([signal, id]).toHaveLength(2);
});
