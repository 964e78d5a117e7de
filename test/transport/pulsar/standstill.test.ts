import { expect, test } from "vitest";
import { createStandstill } from "../../../runtime/transport/pulsar/standstill.ts";

const held = (...ids: string[]) => new Map(ids.map((id) => [id, id]));

/** Looks once: what is held before the broker answers, and what the broker says that it drains. */
function looking() {
  const standstill = createStandstill();
  return (here: ReadonlyMap<string, string>, ...draining: number[]) =>
    standstill.find({ draining, permits: 1 }, standstill.isSettled(here), here, false);
}

test("keys that drain while all that was held has been settled stand still", () => {
  const look = looking();
  expect(look(held("a", "b"), 7)).toBe(false);
  expect(look(held("b", "c"), 7)).toBe(false);
  expect(look(held("c"), 7)).toBe(true);
  // Another consumer begins: what it is waited for is told anew.
  expect(look(held(), 7)).toBe(false);
});

test("keys that drain for a task that runs long, or that others drain in turns, do not", () => {
  const long = looking();
  for (let times = 0; times < 10; times++) expect(long(held("long", `${times}`), 7)).toBe(false);
  const turns = looking();
  for (let times = 0; times < 10; times++) expect(turns(held(`${times}`), times)).toBe(false);
  const none = looking();
  for (let times = 0; times < 10; times++) expect(none(held())).toBe(false);
});

test("a consumer that waits for what the broker will not send it is found, and one that is busy is not", () => {
  for (const state of [undefined, { draining: [], permits: 0 }]) {
    const standstill = createStandstill();
    expect(standstill.find(state, true, held(), true)).toBe(false);
    expect(standstill.find(state, true, held(), false)).toBe(false);
    expect(standstill.find(state, true, held(), true)).toBe(false);
    expect(standstill.find(state, true, held(), true)).toBe(true);
  }
});
