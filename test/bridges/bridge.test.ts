import { expect, onTestFinished, test } from "vitest";
import { postLedgerEntry } from "../../generated/post-ledger-entry/client.ts";
import { executor } from "../../generated/post-ledger-entry/executor.ts";
import type { ForeignMessage, ForeignQueue, OutgoingMessage } from "../../runtime/bridges/foreign-queue.ts";
import { startBridge } from "../../runtime/bridges.ts";
import { placeOfKey } from "../../runtime/control/key-share.ts";
import { testUseCase } from "../../runtime/testing/testing.ts";

/** A queue as a list, for what is the bridge's own; adapters are tested on their servers. */
function listQueue(messages: readonly ForeignMessage[]) {
  const waiting = [...messages];
  const sent: OutgoingMessage[] = [];
  const acknowledged: string[] = [];
  const aside = new Map<string, string>();
  const queue: ForeignQueue = {
    system: "list",
    name: "entries",
    capabilities: { keepsOrderByKey: true, knowsIds: true },
    receive: async (most) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return waiting.splice(0, most);
    },
    acknowledge: async (held) => void acknowledged.push(...held.map(({ id }) => id)),
    giveBack: async (held) => void waiting.push(...held),
    setAside: async ({ id }, reason) => void aside.set(id, reason),
    send: async (more) => void sent.push(...more),
    counts: async () => ({ waiting: waiting.length, held: 0, delayed: 0, setAside: aside.size }),
    close: async () => {},
  };
  return { queue, sent, acknowledged, aside };
}

function entry(n: number, account = `DE${String(n).padStart(6, "0")}`): ForeignMessage {
  const event = { account, sequence: n + 1, amountCents: 1, postedAt: "2026-01-31T10:00:00Z", labels: {} };
  return { id: `m${n}`, body: JSON.stringify(event), key: account, headers: {}, attempt: 1, sentAt: 0 };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a share goes here and the rest there, by key, and a message is on one side alone", async () => {
  const kit = await testUseCase({ ...executor, subscribers: { default: { handler: () => {} } } });
  onTestFinished(() => kit.close());
  const from = listQueue(Array.from({ length: 300 }, (_, n) => entry(n, `DE${String(n % 30).padStart(6, "0")}`)));
  const rest = listQueue([]);
  const problems: string[] = [];
  const bridge = startBridge({
    from: from.queue,
    rest: rest.queue,
    client: postLedgerEntry,
    share: () => 0.5,
    keyOf: ({ id, key }) => {
      if (id === "m7") throw new Error("no key");
      return key!;
    },
    reportProblem: ({ message }) => problems.push(message),
  });
  await until(() => from.acknowledged.length + from.aside.size === 300);
  await bridge.stop();
  await kit.pass("1s");
  const here = new Set(kit.handled.map(({ event }) => (event as { account: string }).account));
  const there = new Set(rest.sent.map(({ key }) => key!));
  expect(kit.handled.length + rest.sent.length).toBe(299);
  expect([...here].filter((account) => there.has(account))).toEqual([]);
  expect([...here].every((account) => placeOfKey("entries", account) < 0.5)).toBe(true);
  expect(here.size).toBeGreaterThan(5);
  expect(there.size).toBeGreaterThan(5);
  expect([...from.aside]).toEqual([["m7", expect.stringContaining("its key can't be told: no key")]]);
  expect(problems).toEqual([expect.stringContaining("Message 'm7' of list queue 'entries' is set aside")]);
});

test("a share without a queue for the rest is refused: the use case would take all", () => {
  const from = listQueue([]).queue;
  expect(() => startBridge({ from, client: postLedgerEntry, share: () => 0.1 })).toThrow(/has a 'share' and no 'rest'/);
});

test("hostile messages are set aside by their reasons, and hold up no others", async () => {
  const kit = await testUseCase({ ...executor, subscribers: { default: { handler: () => {} } } });
  onTestFinished(() => kit.close());
  const bodies = ["", "{", "null", "[]", "5", '{"account":"DE000001"}', '{"__proto__":{}}', `"${"x".repeat(1e6)}"`];
  const from = listQueue([...bodies.map((body, n) => ({ ...entry(n), id: `bad${n}`, body })), entry(99)]);
  const bridge = startBridge({ from: from.queue, client: postLedgerEntry, reportProblem: () => {} });
  await until(() => from.acknowledged.length + from.aside.size === bodies.length + 1);
  await bridge.stop();
  expect(from.acknowledged).toEqual(["m99"]);
  expect([...from.aside.keys()].sort()).toEqual(bodies.map((_, n) => `bad${n}`));
});

test("a share that grows keeps the keys that it had, and takes about that part", () => {
  const keys = Array.from({ length: 10_000 }, (_, n) => `customer ${n}`);
  const shares = [0, 0.01, 0.1, 0.5, 0.9, 1].map(
    (share) => new Set(keys.filter((key) => placeOfKey("a queue", key) < share)),
  );
  for (const [i, share] of shares.entries()) {
    if (i > 0) expect([...shares[i - 1]!].filter((key) => !share.has(key))).toEqual([]);
  }
  expect(shares.map(({ size }) => Math.round(size / 1_000))).toEqual([0, 0, 1, 5, 9, 10]);
  expect(shares[0]!.size + shares[5]!.size).toBe(10_000);
});
