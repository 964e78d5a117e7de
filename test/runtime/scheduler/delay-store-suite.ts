import { describe, expect, test } from "vitest";
import type { TaskRecord } from "../../../runtime/contract/contract.ts";
import type { Delayed, DelayStore } from "../../../runtime/scheduler/delay-store.ts";

/** A record whose every field differs from its default. */
export function delayed(id: string, dueAt: number, differs: Partial<TaskRecord> = {}): Delayed {
  const record: TaskRecord = {
    id,
    useCase: "note",
    version: 3,
    enqueuedAt: 1_700_000_000_123,
    dueAt: 0,
    key: "schlüssel",
    attempt: 2,
    priority: "low",
    tenant: "t",
    dedupeId: "d",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    subscription: "default",
    payload: Buffer.from(`payload of ${id}`),
    ...differs,
  };
  return { topic: "note.low", dueAt, record };
}

/** What every delay store must do. `open` opens an empty one. */
export function describeDelayStore(name: string, open: () => Promise<DelayStore>): void {
  describe(`delay store: ${name}`, () => {
    test("gives back what is due, soonest first, whole, and nothing before its time", async () => {
      const store = await open();
      await store.add([delayed("c", 3_000), delayed("a", 1_000), delayed("b", 2_000)]);
      expect(await store.nextDueAt()).toBe(1_000);
      expect(await store.claimDue(999, 10, 5_000)).toEqual([]);
      const claims = await store.claimDue(2_000, 10, 5_000);
      expect(claims.map(({ record, topic, dueAt }) => [record.id, topic, dueAt])).toEqual([
        ["a", "note.low", 1_000],
        ["b", "note.low", 2_000],
      ]);
      const { payload, ...envelope } = claims[0]!.record;
      const { payload: expected, ...expectedEnvelope } = delayed("a", 0).record;
      expect(envelope).toEqual(expectedEnvelope);
      expect(Buffer.from(payload)).toEqual(Buffer.from(expected));
      await store.remove(claims);
      expect(await store.size()).toBe(1);
      await store.close();
    });

    test("what was claimed can't be claimed again until its lease ends, and then can", async () => {
      const store = await open();
      await store.add([delayed("a", 1_000)]);
      expect(await store.claimDue(1_000, 10, 5_000)).toHaveLength(1);
      expect(await store.claimDue(5_999, 10, 5_000)).toEqual([]);
      expect(await store.nextDueAt()).toBe(6_000);
      expect(await store.claimDue(6_000, 10, 5_000)).toHaveLength(1);
      await store.close();
    });

    test("records of one due time, several subscriptions of one task included, are kept apart", async () => {
      const store = await open();
      await store.add([delayed("a", 5), delayed("b", 5), delayed("a", 5, { subscription: "other" })]);
      await store.add([delayed("a", 5)]);
      const claims = await store.claimDue(5, 10, 1_000);
      expect(claims.map(({ record }) => `${record.id} ${record.subscription}`).sort()).toEqual([
        "a default",
        "a other",
        "b default",
      ]);
      await store.close();
    });

    test("tells what waits by topic and subscription, and hands it out to be moved, due or not", async () => {
      const store = await open();
      const odd = "a\ud800b";
      await store.add([
        delayed("a", 5_000, { subscription: "" }),
        delayed("b", 4_000, { subscription: "" }),
        delayed("c", 3_000, { subscription: odd }),
        { ...delayed("d", 2_000, { subscription: "" }), topic: "other" },
      ]);
      const groups = [...(await store.groups())].sort((x, y) => x.firstDueAt - y.firstDueAt);
      expect(groups).toEqual([
        { topic: "other", subscription: "", count: 1, firstDueAt: 2_000 },
        { topic: "note.low", subscription: odd, count: 1, firstDueAt: 3_000 },
        { topic: "note.low", subscription: "", count: 2, firstDueAt: 4_000 },
      ]);
      const group = { topic: "note.low", subscription: "" };
      const claims = await store.claimOf(group, 1_000, 10, 2_000);
      expect(claims.map(({ record }) => record.id)).toEqual(["b", "a"]);
      // Whoever was to move it and did not makes nothing early.
      await store.renew(claims, 0);
      expect((await store.claimDue(3_999, 10, 1)).map(({ record }) => record.id).sort()).toEqual(["c", "d"]);
      expect((await store.claimDue(5_000, 10, 1)).map(({ record }) => record.id).sort()).toEqual(["a", "b", "c", "d"]);
      expect(await store.claimOf({ topic: "note.low", subscription: odd }, 6_000, 10, 1)).toHaveLength(1);
      await store.close();
    });

    test("finds what waits of a task, due or not, claimed or not", async () => {
      const store = await open();
      await store.add([
        delayed("found", 5_000),
        delayed("found", 6_000, { subscription: "other" }),
        delayed("not", 5_000),
      ]);
      const found = async () =>
        (await store.find("found")).map(({ topic, dueAt, record }) => [
          topic,
          dueAt,
          record.subscription,
          record.attempt,
        ]);
      const both = [
        ["note.low", 5_000, "default", 2],
        ["note.low", 6_000, "other", 2],
      ];
      expect((await found()).sort()).toEqual(both);
      await store.claimDue(5_500, 10, 1_000);
      expect((await found()).sort()).toEqual(both);
      expect(await store.find("nobody")).toEqual([]);
      await store.close();
    });

    describe("cancels", () => {
      const inAnHour = () => Date.now() + 3_600_000;
      const first = { attempt: 1 };
      const subscriptions = ["default", "other"];

      test("what waits for all of its subscriptions, and never hands it out, though it is added again", async () => {
        const store = await open();
        const dueAt = inAnHour();
        const both = [delayed("a", dueAt, first), delayed("a", dueAt, { ...first, subscription: "other" })];
        await store.add([...both, delayed("b", dueAt, first)]);
        expect(await store.cancel({ id: "a", dueAt, subscriptions }, Date.now())).toBe("cancelled");
        expect(await store.size()).toBe(1);
        expect(await store.outdated(["a", "b"].map((id) => ({ id, dueAt })))).toEqual(new Set(["a"]));
        await store.add(both);
        expect(await store.cancel({ id: "a", dueAt, subscriptions }, Date.now())).toBe("cancelled");
        const ids = (await store.claimDue(dueAt, 10, 5_000)).map(({ record }) => record.id);
        expect(ids).toEqual(["b"]);
        expect(await store.claimDue(dueAt, 10, 5_000)).toEqual([]);
        expect(await store.size()).toBe(1);
        await store.close();
      });

      test("neither what waits for some of them alone, nor a retry, nor what is due, nor what is none", async () => {
        const store = await open();
        const dueAt = inAnHour();
        const past = Date.now() - 1_000;
        await store.add([delayed("a", dueAt, first), delayed("b", dueAt, { attempt: 2 }), delayed("c", past, first)]);
        const one = { dueAt, subscriptions: ["default"] };
        expect(await store.cancel({ id: "a", dueAt, subscriptions }, Date.now())).toBe("unknown");
        expect(await store.cancel({ ...one, id: "b" }, Date.now())).toBe("unknown");
        expect(await store.cancel({ ...one, id: "d\u0000" }, Date.now())).toBe("unknown");
        expect(await store.cancel({ ...one, id: "c", dueAt: past }, Date.now())).toBe("started");
        expect(await store.cancel({ ...one, id: "a" }, dueAt)).toBe("started");
        expect((await store.claimDue(dueAt, 10, 5_000)).map(({ record }) => record.id).sort()).toEqual(["a", "b", "c"]);
        await store.close();
      });

      test("nothing that was claimed, whatever the time is", async () => {
        const store = await open();
        const dueAt = inAnHour();
        await store.add([delayed("a", dueAt, first)]);
        const claims = await store.claimDue(dueAt, 10, 3_600_000);
        const answer = await store.cancel({ id: "a", dueAt, subscriptions: ["default"] }, Date.now());
        expect(["started", "unknown"]).toContain(answer);
        await store.remove(claims);
        expect(await store.outdated([{ id: "a", dueAt }])).toEqual(new Set());
        await store.close();
      });
    });

    describe("reschedules", () => {
      const subscriptions = ["default", "other"];
      const waiting = (id: string, dueAt: number) =>
        subscriptions.map((subscription) => delayed(id, dueAt, { attempt: 1, dueAt, subscription }));

      test("what waits for all of its subscriptions: whole, for its new time alone, and again", async () => {
        const store = await open();
        const from = Date.now() + 3_600_000;
        const task = { id: "a", dueAt: from, subscriptions };
        await store.add(waiting("a", from));
        const there = [from + 60_000, from - 60_000, from, from - 30_000];
        for (const to of there) {
          expect(await store.reschedule(task, to, Date.now())).toBe("rescheduled");
          // What a worker had taken in before it died comes again.
          await store.add(waiting("a", from));
          expect(await store.outdated([{ id: "a", dueAt: to }])).toEqual(new Set());
        }
        const to = there.at(-1)!;
        expect(await store.outdated([{ id: "a", dueAt: from }])).toEqual(new Set(["a"]));
        expect(await store.claimDue(to - 1, 10, 1)).toEqual([]);
        const claims = await store.claimDue(from + 120_000, 10, 5_000);
        expect(claims.map(({ dueAt, record }) => [dueAt, record.dueAt, record.subscription]).sort()).toEqual([
          [to, to, "default"],
          [to, to, "other"],
        ]);
        expect(Buffer.from(claims[0]!.record.payload).toString()).toBe("payload of a");
        await store.remove(claims);
        expect(await store.size()).toBe(0);
        await store.close();
      });

      test("what was rescheduled can be cancelled until then; what was cancelled, or is due, is not rescheduled", async () => {
        const store = await open();
        const from = Date.now() + 1_000;
        const later = Date.now() + 3_600_000;
        const task = { id: "a", dueAt: from, subscriptions };
        await store.add(waiting("a", from));
        expect(await store.reschedule(task, later, Date.now())).toBe("rescheduled");
        expect(await store.reschedule(task, from, later)).toBe("started");
        expect(await store.cancel(task, from + 1)).toBe("cancelled");
        expect(await store.reschedule(task, from, Date.now())).toBe("unknown");
        const none = { ...task, id: "b\u0000", dueAt: later };
        expect(await store.reschedule(none, later, Date.now())).toBe("unknown");
        await store.add(waiting("c", later).slice(1));
        expect(await store.reschedule({ ...none, id: "c" }, later, Date.now())).toBe("unknown");
        expect((await store.claimDue(later, 10, 5_000)).map(({ record }) => record.id)).toEqual(["c"]);
        await store.close();
      });

      test("for one of many that ask at once the last time of them, once", async () => {
        const store = await open();
        const from = Date.now() + 3_600_000;
        await store.add(waiting("a", from));
        const task = { id: "a", dueAt: from, subscriptions };
        const times = Array.from({ length: 12 }, (_, i) => from + 1_000 * i - 5_000);
        const answers = await Promise.all(times.map((to) => store.reschedule(task, to, Date.now())));
        expect(new Set(answers)).toEqual(new Set(["rescheduled"]));
        const claims = await store.claimDue(from + 60_000, 50, 5_000);
        expect(claims.map(({ record }) => record.subscription).sort()).toEqual(subscriptions);
        expect(times).toContain(claims[0]!.record.dueAt);
        expect(claims[1]!.record.dueAt).toBe(claims[0]!.record.dueAt);
        await store.close();
      });
    });

    test("claims no more than asked for; payloads stay whole while others are read", async () => {
      const store = await open();
      await store.add(Array.from({ length: 500 }, (_, i) => delayed(`n${i}`, i)));
      const first = await store.claimDue(1_000, 200, 60_000);
      const second = await store.claimDue(1_000, 1_000, 60_000);
      expect([first.length, second.length]).toEqual([200, 300]);
      for (const { record } of [...first, ...second]) {
        expect(Buffer.from(record.payload).toString()).toBe(`payload of ${record.id}`);
      }
      await store.close();
    });
  });
}
