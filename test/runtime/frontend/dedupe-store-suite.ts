import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { DedupeRequest, DedupeStore } from "../../../runtime/frontend/dedupe-store.ts";

export const request = (dedupeId: string, id: string): DedupeRequest => ({ useCase: "note", dedupeId, id });

/** What every dedupe store must do. `open` opens an empty one. */
export function describeDedupeStore(name: string, open: () => Promise<DedupeStore>): void {
  describe(`dedupe store: ${name}`, () => {
    test("reserved, then pending for others, then a duplicate of the first until its time is over", async () => {
      const store = await open();
      expect(await store.reserve([request("x", "1")], 0, 5_000)).toEqual([{ kind: "reserved" }]);
      expect(await store.reserve([request("x", "2"), request("y", "3")], 10, 5_000)).toEqual([
        { kind: "pending" },
        { kind: "reserved" },
      ]);
      await store.confirm([request("x", "1")], 60_000);
      expect(await store.reserve([request("x", "4")], 59_999, 5_000)).toEqual([{ kind: "duplicate", id: "1" }]);
      expect(await store.reserve([request("x", "5")], 60_000, 5_000)).toEqual([{ kind: "reserved" }]);
      await store.close();
    });

    test("finds the task that an id stands for, once that is accepted and until it is forgotten", async () => {
      const store = await open();
      const id = { useCase: "note", dedupeId: "x\u0000" };
      expect(await store.find(id, 0)).toBeUndefined();
      await store.reserve([request("x\u0000", "1")], 0, 5_000);
      expect(await store.find(id, 0)).toBeUndefined();
      await store.confirm([request("x\u0000", "1")], 60_000);
      expect(await store.find(id, 59_999)).toBe("1");
      expect(await store.find(id, 60_000)).toBeUndefined();
      expect(await store.find({ ...id, useCase: "other" }, 0)).toBeUndefined();
      await store.close();
    });

    test("a reservation lapses with its lease, and one that is released is free at once", async () => {
      const store = await open();
      await store.reserve([request("x", "1"), request("y", "1")], 0, 5_000);
      expect(await store.reserve([request("x", "2")], 5_000, 5_000)).toEqual([{ kind: "reserved" }]);
      await store.release([request("y", "1")]);
      expect(await store.reserve([request("y", "2")], 1, 5_000)).toEqual([{ kind: "reserved" }]);
      // Of an id that somebody else holds by now, a late release takes nothing, and a late renewal gives nothing.
      await store.release([request("x", "1")]);
      await store.renew([request("x", "1")], 0);
      expect(await store.reserve([request("x", "3")], 6_000, 5_000)).toEqual([{ kind: "pending" }]);
      await store.close();
    });

    test("who takes an id over that nobody confirmed gets the task id of its first holder, as long as it is kept", async () => {
      const store = await open();
      await store.reserve([request("x", "1")], 0, 5_000, 100_000);
      expect(await store.reserve([request("x", "2")], 4_999, 5_000, 100_000)).toEqual([{ kind: "pending" }]);
      expect(await store.reserve([request("x", "2")], 5_000, 5_000, 100_000)).toEqual([{ kind: "reserved", id: "1" }]);
      // One that knows it did not publish can't say so of the first: the task id stays, and is free at once.
      await store.release([{ ...request("x", "2"), task: "1" }]);
      expect(await store.sweep(99_999)).toBe(0);
      expect(await store.reserve([request("x", "3")], 5_001, 5_000, 100_000)).toEqual([{ kind: "reserved", id: "1" }]);
      await store.renew([{ ...request("x", "3"), task: "1" }], 0);
      expect(await store.reserve([request("x", "4")], 100_000, 5_000, 100_000)).toEqual([{ kind: "reserved" }]);
      await store.close();
    });

    test("what is leased anew stays its holder's; of two that publish one task, the holder is the first", async () => {
      const store = await open();
      await store.reserve([request("x", "1")], 0, 5_000, 100_000);
      await store.renew([request("x", "1")], 20_000);
      expect(await store.reserve([request("x", "2")], 19_999, 5_000, 100_000)).toEqual([{ kind: "pending" }]);
      await store.reserve([request("x", "2")], 20_000, 5_000, 100_000);
      // The one that stood still is late, and the other one is under way.
      expect(await store.confirm([request("x", "1")], 90_000)).toEqual([false]);
      expect(await store.reserve([request("x", "3")], 20_001, 5_000)).toEqual([{ kind: "duplicate", id: "1" }]);
      expect(await store.confirm([{ ...request("x", "2"), task: "1" }], 90_000)).toEqual([true]);
      expect(await store.reserve([request("x", "3")], 89_999, 5_000)).toEqual([{ kind: "duplicate", id: "1" }]);
      expect(await store.reserve([request("x", "3")], 90_000, 5_000)).toEqual([{ kind: "reserved" }]);
      await store.close();
    });

    test("answers what an event was with the task's id, and keeps that as long", async () => {
      const store = await open();
      const asked = (id: string, content: string) => ({ ...request("x", id), content });
      await store.reserve([asked("1", "1.a")], 0, 5_000, 100_000);
      // Whoever takes it over learns what its first holder may have published.
      expect(await store.reserve([asked("2", "1.b")], 5_000, 5_000, 100_000)).toEqual([
        { kind: "reserved", id: "1", content: "1.a" },
      ]);
      await store.release([{ ...asked("2", "1.b"), task: "1" }]);
      expect(await store.reserve([asked("3", "1.a")], 5_001, 5_000, 100_000)).toEqual([
        { kind: "reserved", id: "1", content: "1.a" },
      ]);
      await store.confirm([{ ...asked("3", "1.a"), task: "1" }], 60_000);
      expect(await store.reserve([asked("4", "1.b")], 59_999, 5_000)).toEqual([
        { kind: "duplicate", id: "1", content: "1.a" },
      ]);
      expect(await store.reserve([asked("5", "1.c")], 60_000, 5_000)).toEqual([{ kind: "reserved" }]);
      await store.confirm([asked("5", "1.c")], 90_000);
      expect(await store.reserve([asked("6", "1.a"), request("y", "6")], 60_001, 5_000)).toEqual([
        { kind: "duplicate", id: "5", content: "1.c" },
        { kind: "reserved" },
      ]);
      await store.close();
    });

    test("what is confirmed can neither be released nor leased anew", async () => {
      const store = await open();
      await store.reserve([request("x", "1")], 0, 5_000, 100_000);
      await store.confirm([request("x", "1")], 90_000);
      await store.release([request("x", "1")]);
      await store.renew([request("x", "1")], 0);
      expect(await store.reserve([request("x", "2")], 1, 5_000)).toEqual([{ kind: "duplicate", id: "1" }]);
      await store.close();
    });

    test("an id that is spelled as another one's hash is another id", async () => {
      const store = await open();
      const long = "x".repeat(300);
      const hashes = (["utf8", "utf16le"] as const).map(
        (encoding) => `sha256:${createHash("sha256").update(long, encoding).digest("base64url")}`,
      );
      const ids = [
        long,
        ...hashes,
        "\ud800",
        "\ud801",
        "\udc00\ud800",
        `${"y".repeat(300)}\ud800`,
        `${"y".repeat(300)}\ud801`,
      ];
      for (const [i, id] of ids.entries()) {
        expect(await store.reserve([request(id, `${i}`)], 0, 5_000), JSON.stringify(id)).toEqual([
          { kind: "reserved" },
        ]);
        await store.confirm([request(id, `${i}`)], 90_000);
      }
      for (const [i, id] of ids.entries()) {
        expect(await store.reserve([request(id, "late")], 0, 5_000)).toEqual([{ kind: "duplicate", id: `${i}` }]);
      }
      await store.close();
    });

    test("use cases don't share ids; long ids, odd ids and empty ones work", async () => {
      const store = await open();
      const long = "ü".repeat(5_000);
      const ids = [long, `${long}!`, "", "a\0b", "\n"];
      expect(
        await store.reserve(
          ids.map((id) => request(id, id.slice(0, 3))),
          0,
          5_000,
        ),
      ).toEqual(ids.map(() => ({ kind: "reserved" })));
      expect(await store.reserve([{ ...request(long, "2"), useCase: "other" }], 0, 5_000)).toEqual([
        { kind: "reserved" },
      ]);
      await store.close();
    });

    test("a sweep removes what has lapsed, and only that", async () => {
      const store = await open();
      await store.reserve([request("x", "1"), request("y", "2"), request("z", "3")], 0, 5_000);
      await store.confirm([request("x", "1")], 1_000);
      await store.confirm([request("y", "2")], 9_000);
      expect(await store.sweep(5_000)).toBe(2);
      expect(await store.reserve([request("y", "4")], 5_000, 1_000)).toEqual([{ kind: "duplicate", id: "2" }]);
      await store.close();
    });
  });
}
