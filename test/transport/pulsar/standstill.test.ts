import { expect, test } from "vitest";
import { type SubscriptionStats, stateOfConsumer } from "../../../runtime/adapters/pulsar/consumer-state.ts";
import { createStandstill } from "../../../runtime/adapters/pulsar/standstill.ts";

const held = (...ids: string[]) => new Map(ids.map((id) => [id, id]));

/** Looks once: what is held before the broker answers, and what the broker says that it drains. */
function looking() {
  const standstill = createStandstill();
  return (here: ReadonlyMap<string, string>, ...draining: number[]) =>
    standstill.find({ draining, permits: 1, unsettled: 0 }, standstill.isSettled(here), here, false);
}

test("keys that drain while all that was held has been settled stand still", () => {
  const look = looking();
  expect(look(held("a", "b"), 7)).toBe(undefined);
  expect(look(held("b", "c"), 7)).toBe(undefined);
  expect(look(held("c"), 7)).toBe("reopen");
  // Another consumer begins: what it is waited for is told anew.
  expect(look(held(), 7)).toBe(undefined);
});

test("keys that drain for a task that runs long, or that others drain in turns, do not", () => {
  const long = looking();
  for (let times = 0; times < 10; times++) expect(long(held("long", `${times}`), 7)).toBe(undefined);
  const turns = looking();
  for (let times = 0; times < 10; times++) expect(turns(held(`${times}`), times)).toBe(undefined);
  const none = looking();
  for (let times = 0; times < 10; times++) expect(none(held())).toBe(undefined);
});

test("a consumer that waits for what the broker will not send it is found, and one that is busy is not", () => {
  for (const state of [undefined, { draining: [], permits: 0, unsettled: 0 }]) {
    const standstill = createStandstill();
    expect(standstill.find(state, true, held(), true)).toBe(undefined);
    expect(standstill.find(state, true, held(), false)).toBe(undefined);
    expect(standstill.find(state, true, held(), true)).toBe(undefined);
    expect(standstill.find(state, true, held(), true)).toBe("reopen");
  }
});

test("a consumer that holds nothing, though the broker believes that it does, is found", () => {
  const standstill = createStandstill();
  const state = { draining: [], permits: 5, unsettled: 2 };
  expect(standstill.find(state, true, held(), true)).toBe(undefined);
  // Something of it is here, or came meanwhile.
  expect(standstill.find(state, true, held("a"), true)).toBe(undefined);
  expect(standstill.find(state, true, held(), false)).toBe(undefined);
  expect(standstill.find(state, true, held(), true)).toBe(undefined);
  expect(standstill.find(state, true, held(), true)).toBe("reopen");
  // Another consumer begins anew.
  expect(standstill.find(state, true, held(), true)).toBe(undefined);
  expect(standstill.find({ ...state, unsettled: -42 }, true, held(), true)).toBe(undefined);
});

test("what is withheld is looked for by another consumer, and then has its topic unloaded", () => {
  const standstill = createStandstill();
  const look = (withheldAfter: number | undefined, isIdle = true) =>
    standstill.find({ draining: [], permits: 5, unsettled: 0, withheldAfter }, true, held(), isIdle);
  const once = [undefined, "reopen", undefined, "unload"];
  for (const remedy of once) expect(look(7)).toBe(remedy);
  // If that did not help, or was not allowed.
  for (const remedy of once.slice(1)) expect(look(7)).toBe(remedy);
});

test("nothing is withheld where somebody was given something meanwhile, or the consumer was busy", () => {
  const standstill = createStandstill();
  const look = (withheldAfter: number | undefined, isIdle = true) =>
    standstill.find({ draining: [], permits: 5, unsettled: 0, withheldAfter }, true, held(), isIdle);
  for (let given = 0; given < 10; given++) expect(look(given)).toBe(undefined);
  for (let times = 0; times < 10; times++) expect(look(9, false)).toBe(undefined);
  for (const withheldAfter of [undefined, 9, undefined, 9]) expect(look(withheldAfter)).toBe(undefined);
});

const taker = { consumerName: "own", availablePermits: 5, drainingHashes: [] };

test.each([
  ["waits for nobody", { msgBacklog: 3 }, true],
  ["is what consumers hold", { msgBacklog: 3, unackedMessages: 3 }, false],
  ["may be what consumers hold, in batches", { msgBacklog: 3, unackedMessages: 40 }, false],
  ["is not yet due", { msgBacklog: 3, msgDelayed: 3 }, false],
  ["is more than what is held, and the broker counts wrongly", { msgBacklog: 3, unackedMessages: -42 }, true],
  [
    "may be for another, which is busy",
    { msgBacklog: 3, type: "Key_Shared", others: [{ availablePermits: 0 }] },
    false,
  ],
  ["is for one of those who wait", { msgBacklog: 3, type: "Key_Shared", others: [{ availablePermits: 1 }] }, true],
  ["would go to this one, whoever else is busy", { msgBacklog: 3, others: [{ availablePermits: 0 }] }, true],
  [
    "may wait for keys that drain",
    {
      msgBacklog: 3,
      type: "Key_Shared",
      others: [{ availablePermits: 9, drainingHashes: [{ hash: 1, unackMsgs: 1 }] }],
    },
    false,
  ],
])(
  "what is in a subscription %s",
  (_, { others = [], ...stats }: SubscriptionStats & { others?: object[] }, expected) => {
    const state = stateOfConsumer(
      { type: "Shared", msgOutCounter: 12, ...stats, consumers: [taker, ...others] },
      "own",
    );
    expect(state).toEqual({ draining: [], permits: 5, unsettled: 0, withheldAfter: expected ? 12 : undefined });
  },
);

test("what the broker believes that a consumer holds is its own", () => {
  const own = { ...taker, unackedMessages: 3 };
  const consumers = [{ consumerName: "other", unackedMessages: 40 }, own];
  expect(stateOfConsumer({ unackedMessages: 43, consumers }, "own")).toMatchObject({ unsettled: 3 });
});

test("a consumer that the broker does not know has no state", () => {
  expect(stateOfConsumer({ msgBacklog: 3, consumers: [taker] }, "other")).toBe(undefined);
});
