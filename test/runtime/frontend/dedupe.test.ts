import { describe, expect, test } from "vitest";
import { createMemoryDedupeStore } from "../../../runtime/adapters/memory/memory-dedupe-store.ts";
import { createClient } from "../../../runtime/client.ts";
import type { TaskRecord } from "../../../runtime/contract/contract.ts";
import { FivefoldError } from "../../../runtime/contract/errors.ts";
import { publishOnce } from "../../../runtime/frontend/dedupe.ts";
import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";
import { connectMemory } from "../../../runtime/testing/testing.ts";
import { noteContracts } from "../note-contract.ts";
import { delayed } from "../scheduler/delay-store-suite.ts";

const FOR_MS = 86_400_000;
const record = (id: string, dedupeId: string, text = "", version = 1) =>
  delayed(id, 0, { dedupeId, version, payload: Buffer.from(text) }).record;

type Publish = (records: readonly TaskRecord[]) => Promise<void>;

/** A store that several producers enqueue to, in virtual time. */
function openWorld() {
  const clock = createSimulatedClock(1);
  const dedupeStore = createMemoryDedupeStore();
  const stored: string[] = [];
  return {
    clock,
    dedupeStore,
    stored,
    wait: (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve)),
    publish: async (records: readonly TaskRecord[]) => {
      stored.push(...records.map(({ id }) => id));
    },
    /** Answers, or the error, and when it was known. */
    async enqueue(records: readonly TaskRecord[], publish: Publish) {
      const startedAt = clock.monotonic();
      const answers = await publishOnce(records, FOR_MS, { publish, dedupeStore, clock }).catch(
        (error: unknown) => error,
      );
      return { answers, tookMs: clock.monotonic() - startedAt };
    },
  };
}

const refused = () => Promise.reject(new FivefoldError("storage-full", "no room"));
const unknown = () => Promise.reject(new FivefoldError("not-connected", "no answer", { mayBeStored: true }));

describe("an event that is enqueued once by its id", () => {
  test("refused for sure, it is free at once, as a task of its own", async () => {
    const { enqueue, publish, clock, stored } = openWorld();
    expect((await enqueue([record("1", "x")], refused)).answers).toMatchObject({ code: "storage-full" });
    const { answers, tookMs } = await enqueue([record("2", "x")], publish);
    expect(answers).toEqual([{ id: "2", duplicate: false }]);
    expect(tookMs).toBe(0);
    expect(stored).toEqual(["2"]);
    await clock.advance(0);
  });

  test.each<[string, Publish]>([
    ["an error that says so", unknown],
    ["an error of another kind", () => Promise.reject(new Error("odd"))],
  ])(
    "left without an answer by %s, it is free at once under the same task id, also where that is then refused",
    async (_, fails) => {
      const { enqueue, publish } = openWorld();
      await enqueue([record("1", "x")], fails);
      await enqueue([record("2", "x")], refused);
      expect((await enqueue([record("3", "x")], publish)).answers).toEqual([{ id: "1", duplicate: false }]);
      expect((await enqueue([record("4", "x")], publish)).answers).toEqual([{ id: "1", duplicate: true }]);
    },
  );

  test("while it is being published, however long that takes, another enqueue waits, and learns the task", async () => {
    const { enqueue, publish, clock, wait, stored } = openWorld();
    const first = enqueue([record("1", "x")], async (records) => {
      await wait(29_000);
      await publish(records);
    });
    await clock.advance(1_000);
    const second = enqueue([record("2", "x")], publish);
    await clock.advance(40_000);
    expect((await first).answers).toEqual([{ id: "1", duplicate: false }]);
    expect((await second).answers).toEqual([{ id: "1", duplicate: true }]);
    expect(stored).toEqual(["1"]);
  });

  test("it waits no longer than a publish may take, and says what to do", async () => {
    const { enqueue, publish, clock, stored } = openWorld();
    void enqueue([record("1", "x")], () => new Promise(() => {}));
    const second = enqueue([record("2", "x")], publish);
    await clock.advance(60_000);
    const { answers, tookMs } = await second;
    expect(answers).toMatchObject({
      code: "throttled",
      mayBeStored: true,
      message: expect.stringContaining("Enqueue it again"),
    });
    expect(tookMs).toBeGreaterThanOrEqual(30_000);
    expect(tookMs).toBeLessThan(31_000);
    expect(stored).toEqual([]);
  });

  test("its producer gone, others take it over once the lease has ended, under the same task id", async () => {
    const { dedupeStore, enqueue, publish, clock } = openWorld();
    const { useCase } = record("1", "x");
    await dedupeStore.reserve([{ useCase, dedupeId: "x", id: "1" }], clock.now(), 15_000, FOR_MS);
    const second = enqueue([record("2", "x")], publish);
    await clock.advance(14_900);
    const third = enqueue([record("3", "x")], publish);
    await clock.advance(2_000);
    const answers = [(await second).answers, (await third).answers].flat();
    expect(answers).toEqual(
      expect.arrayContaining([
        { id: "1", duplicate: false },
        { id: "1", duplicate: true },
      ]),
    );
  });

  test("stored, but the dedupe store is away: it is accepted, and its id stays held until the store has heard of it", async () => {
    const { dedupeStore, enqueue, publish, clock } = openWorld();
    const { confirm } = dedupeStore;
    dedupeStore.confirm = () => Promise.reject(new FivefoldError("not-connected", "away"));
    expect((await enqueue([record("1", "x")], publish)).answers).toEqual([{ id: "1", duplicate: false }]);
    await clock.advance(60_000);
    const { useCase } = record("1", "x");
    const [held] = await dedupeStore.reserve([{ useCase, dedupeId: "x", id: "2" }], clock.now(), 1);
    expect(held).toEqual({ kind: "pending" });
    dedupeStore.confirm = confirm;
    await clock.advance(1_000);
    expect((await enqueue([record("3", "x")], publish)).answers).toEqual([{ id: "1", duplicate: true }]);
  });

  test("of several with one id in a call, the first one is the task", async () => {
    const { enqueue, publish, stored } = openWorld();
    const { answers } = await enqueue([record("1", "x"), record("2", "y"), record("3", "x")], publish);
    expect(answers).toEqual([
      { id: "1", duplicate: false },
      { id: "2", duplicate: false },
      { id: "1", duplicate: true },
    ]);
    expect(stored).toEqual(["1", "2"]);
  });

  test("one that has to wait keeps nobody waiting that was enqueued in the same moment", async () => {
    const clock = createSimulatedClock(1);
    const connection = connectMemory(clock);
    const { client } = noteContracts({ settings: { dedupeForMs: FOR_MS }, handlers: { default: () => {} } });
    const notes = createClient(client);
    const { dedupeStore } = connection.ports;
    await dedupeStore.reserve([{ useCase: "note", dedupeId: "slow", id: "elsewhere" }], clock.now(), 3_600_000);
    const known: string[] = [];
    const observed: unknown[] = [];
    connection.observe((_, { accepted, duplicates, refused }) => observed.push([accepted, duplicates, refused]));
    const tell = (id: string) =>
      notes.enqueue({ id }).then(
        () => known.push(id),
        ({ code }) => known.push(`${id}: ${code}`),
      );
    void tell("a");
    void tell("slow");
    void tell("b");
    await clock.advance(100);
    expect(known).toEqual(["a", "b"]);
    await clock.advance(40_000);
    expect(known).toEqual(["a", "b", "slow: throttled"]);
    expect(observed).toEqual([
      [2, 0, 0],
      [0, 0, 1],
    ]);
    await connection.close();
  });
});

describe("an id that stands for another event", () => {
  const told = ({ answers }: { answers: unknown }) => answers;

  test("is refused as a conflict, and stores nothing; the same event stays a duplicate of the same task", async () => {
    const { enqueue, publish, stored } = openWorld();
    await enqueue([record("1", "x", "tea")], publish);
    expect(told(await enqueue([record("2", "x", "coffee")], publish))).toMatchObject({
      code: "conflict",
      mayBeStored: false,
      message:
        "The event for 'note' has the dedupe id 'x', which stands for another event: the task 1, which was enqueued before, " +
        "or may have been. Within `dedupeFor` an id stands for one event. Nothing was stored. Give an event that differs an " +
        "id of its own, or enqueue again what was enqueued before. [conflict]",
    });
    expect(told(await enqueue([record("3", "x", "tea")], publish))).toEqual([{ id: "1", duplicate: true }]);
    expect(stored).toEqual(["1"]);
  });

  test("that another version of the event has written is not compared: each writes the same in its own way", async () => {
    const { enqueue, publish } = openWorld();
    await enqueue([record("1", "x", "tea", 1)], publish);
    expect(told(await enqueue([record("2", "x", "tea, with a default", 2)], publish))).toEqual([
      { id: "1", duplicate: true },
    ]);
    expect(told(await enqueue([record("3", "x", "coffee", 1)], publish))).toMatchObject({ code: "conflict" });
  });

  test("which a release before remembered is not known to", async () => {
    const { enqueue, publish, dedupeStore, clock } = openWorld();
    await dedupeStore.confirm([{ useCase: "note", dedupeId: "x", id: "1" }], clock.now() + FOR_MS);
    expect(told(await enqueue([record("2", "x", "tea")], publish))).toEqual([{ id: "1", duplicate: true }]);
  });

  test("in a call of several has the whole call refused, and frees the ids of the others", async () => {
    const { enqueue, publish, stored } = openWorld();
    await enqueue([record("1", "x", "tea")], publish);
    const call = [record("2", "y", "cake"), record("3", "x", "coffee"), record("4", "z", "tart")];
    expect(told(await enqueue(call, publish))).toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/^Event \[1\] for 'note' .* Nothing was stored\./),
    });
    expect(stored).toEqual(["1"]);
    const again = call.filter(({ dedupeId }) => dedupeId !== "x");
    expect(told(await enqueue(again, publish))).toEqual([
      { id: "2", duplicate: false },
      { id: "4", duplicate: false },
    ]);
  });

  test("within one call is refused before anything is asked for", async () => {
    const { enqueue, publish, stored } = openWorld();
    const call = [record("1", "x", "tea"), record("2", "y"), record("3", "x", "tea"), record("4", "x", "coffee")];
    expect(told(await enqueue(call, publish))).toMatchObject({
      code: "conflict",
      message: expect.stringContaining(
        "Event [3] for 'note' has the dedupe id 'x', which stands for another event: event [0] of the same call",
      ),
    });
    expect(stored).toEqual([]);
    expect(told(await enqueue([record("5", "x", "coffee")], publish))).toEqual([{ id: "5", duplicate: false }]);
  });

  test("while that is under way waits for its end, and is refused only if it was stored", async () => {
    for (const [ends, expected] of [
      [async (stores: Publish) => stores([record("1", "x", "tea")]), { code: "conflict" }],
      [refused, [{ id: "2", duplicate: false }]],
    ] as const) {
      const { enqueue, publish, clock, wait } = openWorld();
      void enqueue([record("1", "x", "tea")], async () => {
        await wait(2_000);
        await ends(publish);
      });
      const second = enqueue([record("2", "x", "coffee")], publish);
      await clock.advance(5_000);
      expect(told(await second)).toMatchObject(expected);
    }
  });

  test("that may be stored is refused, and can still be enqueued as what it was", async () => {
    const { enqueue, publish, stored } = openWorld();
    await enqueue([record("1", "x", "tea")], unknown);
    expect(told(await enqueue([record("2", "x", "coffee")], publish))).toMatchObject({ code: "conflict" });
    expect(told(await enqueue([record("3", "x", "tea")], publish))).toEqual([{ id: "1", duplicate: false }]);
    expect(stored).toEqual(["1"]);
  });

  test("refuses only its own among events that were enqueued in the same moment", async () => {
    const clock = createSimulatedClock(1);
    const connection = connectMemory(clock);
    const { client } = noteContracts({ settings: { dedupeForMs: FOR_MS }, handlers: { default: () => {} } });
    // One whose id is not the whole event.
    const notes = createClient({ ...client, dedupeBy: ({ id }: { id: string }) => id.slice(0, 1) });
    const observed: unknown[] = [];
    connection.observe((_, { accepted, duplicates, refused, code }) =>
      observed.push([accepted, duplicates, refused, code]),
    );
    const fates = ["a1", "b1", "a2", "a1", "c1"].map((id) =>
      notes.enqueue({ id }).then(
        ({ duplicate }) => (duplicate ? "duplicate" : "accepted"),
        ({ code }) => code,
      ),
    );
    await clock.advance(100);
    expect(await Promise.all(fates)).toEqual(["accepted", "accepted", "conflict", "duplicate", "accepted"]);
    expect(observed).toEqual([
      [3, 1, 0, ""],
      [0, 0, 1, "conflict"],
    ]);
    const late = ["a2", "a1", "d1"].map((id) =>
      notes.enqueue({ id }).then(
        ({ duplicate }) => duplicate,
        ({ code }) => code,
      ),
    );
    await clock.advance(100);
    expect(await Promise.all(late)).toEqual(["conflict", true, false]);
    await connection.close();
  });
});
