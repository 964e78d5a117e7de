import { describe, test } from "vitest";
import { connectTo } from "../../runtime/connection.ts";
import { DEAD_LETTER_SUBSCRIPTION, type FailureReason, type TaskRecord } from "../../runtime/contract/contract.ts";
import {
  discardDeadLetters,
  findDeadLetters,
  groupDeadLetters,
  redriveDeadLetters,
} from "../../runtime/dead-letters/dead-letters.ts";
import type { DeadLetter } from "../../runtime/dead-letters/letter.ts";
import type { Ports } from "../../runtime/ports/ports.ts";
import { topicsOf } from "../../runtime/ports/topics.ts";
import { startWorker } from "../../runtime/worker.ts";
import { publish } from "../transport/conformance/subject.ts";
import { record } from "../transport/records.ts";
import { noteContracts } from "./note-contract.ts";

const FAILURES: readonly { readonly reason: FailureReason; readonly message: (i: number) => string }[] = [
  { reason: "attempts", message: (i) => `connect ECONNREFUSED 10.0.0.${i % 250}:${5_000 + i}` },
  { reason: "rejected", message: (i) => `customer 'c-${i}' is closed\nsince ${i}` },
  { reason: "crashed", message: () => "ended its process (exit code 7), in which nothing else ran" },
];

const DLQ = "note-default-DLQ";

/** What every transport must do with dead letters. */
export function describeDeadLetters(name: string, openPorts: () => Promise<Ports>): void {
  describe.concurrent(`dead letters: ${name}`, () => {
    /** A use case with so many of them, a third each of three causes, of two event versions in turns. */
    async function openPlace(count: number, handler: (id: string, attempt: number) => void = () => {}) {
      const connection = connectTo(await openPorts());
      const { ports } = connection;
      const { executor, client } = noteContracts({
        settings: { version: 2 },
        subscribers: { default: { deadlineMs: 60_000, maxRetries: 0 } },
        handlers: { default: ({ id }, { attempt }) => handler(id, attempt) },
      });
      await ports.transport.declare(topicsOf(client.settings));
      const letters = Array.from({ length: count }, (_, i): TaskRecord => {
        const { reason, message } = FAILURES[i % FAILURES.length]!;
        const failure = { reason, message: message(i), subscription: "default", failedAt: 1_700_000_000_000 + i };
        const payload = client.encode({ id: `n${i}` });
        const envelope = {
          useCase: "note",
          key: `k${i % 10}`,
          version: 1 + (i % 2),
          attempt: 9,
          enqueuedAt: 1,
          dueAt: 0,
        };
        return record(`task-${i}`, { ...envelope, payload, failure });
      });
      for (let from = 0; from < count; from += 500)
        await publish(ports.transport, DLQ, letters.slice(from, from + 500));
      return {
        ports,
        place: { useCase: client.settings, subscriber: "default" },
        left: () => ports.transport.backlog(DLQ, DEAD_LETTER_SUBSCRIPTION),
        work: () => startWorker({ ports, executors: [executor], reportProblem: () => {} }),
        close: () => connection.close(),
      };
    }

    const countOf = (found: readonly { readonly count: number }[]) => found.reduce((sum, { count }) => sum + count, 0);

    test("are grouped by their cause, and stay where they are", async ({ expect }) => {
      const { ports, place, close } = await openPlace(300);
      const first = await groupDeadLetters(ports, place);
      expect(first.unreachable).toBe(0);
      expect(first.found.map(({ reason, count, versions }) => ({ reason, count, versions }))).toEqual(
        expect.arrayContaining(FAILURES.map(({ reason }) => ({ reason, count: 100, versions: [1, 2] }))),
      );
      expect(first.found).toHaveLength(3);
      const texts = first.found.map(({ signature }) => signature.text);
      expect(texts).toContain("connect ECONNREFUSED <n>.<n>.<n>.<n>:<n>");
      expect(texts).toContain("customer <text> is closed");
      expect((await groupDeadLetters(ports, place)).found).toEqual(first.found);
      const { found } = await findDeadLetters(
        ports,
        place,
        { key: "k3", version: 2, failedFrom: 1_700_000_000_100 },
        5,
      );
      expect(found.map(({ record }) => record.id)).toHaveLength(5);
      expect(found.every(({ record }) => record.key === "k3" && Number(record.id.slice(5)) >= 100)).toBe(true);
      await close();
    });

    test("that are redriven arrive once each, with all tries and time, and what is not meant stays", async ({
      expect,
    }) => {
      const runs: string[] = [];
      const { ports, place, left, work, close } = await openPlace(1_000, (id, attempt) => {
        runs.push(attempt === 1 ? id : `${id}, try ${attempt}`);
      });
      const audited: DeadLetter[] = [];
      const audit = (letters: readonly DeadLetter[]) => {
        audited.push(...letters);
      };
      const worker = await work();
      const startedAt = performance.now();
      const some = await redriveDeadLetters(ports, place, { filter: { reason: "attempts" }, perSecond: 500, audit });
      expect(some).toEqual({ count: 334, unreachable: 0 });
      // At 500 a second, 334 can't be through in less.
      expect(performance.now() - startedAt).toBeGreaterThan(500);
      expect(countOf((await groupDeadLetters(ports, place)).found)).toBe(666);
      const few = await redriveDeadLetters(ports, place, { filter: { version: 1 }, limit: 10, audit });
      expect(few).toEqual({ count: 10, unreachable: 0 });
      const rest = await redriveDeadLetters(ports, place, { audit });
      expect(rest).toEqual({ count: 656, unreachable: 0 });
      await expect.poll(() => runs.length, { timeout: 20_000 }).toBe(1_000);
      expect(new Set(runs).size).toBe(1_000);
      expect(await left()).toBe(0);
      expect(new Set(audited.map(({ record: { id } }) => id)).size).toBe(1_000);
      expect(audited).toHaveLength(1_000);
      await worker.drain(1_000);
      await close();
    }, 60_000);

    test("that fail again are not redriven again by the same command", async ({ expect }) => {
      let runs = 0;
      const { ports, place, work, close } = await openPlace(200, () => {
        runs++;
        throw new Error("still down");
      });
      const worker = await work();
      const outcome = await redriveDeadLetters(ports, place, { perSecond: 400 });
      expect(outcome.count).toBe(200);
      await expect.poll(() => runs, { timeout: 20_000 }).toBe(200);
      await worker.drain(5_000);
      const { found } = await groupDeadLetters(ports, place);
      expect(found.map(({ signature, count }) => [signature.text, count])).toEqual([["still down", 200]]);
      expect(runs).toBe(200);
      await close();
    }, 60_000);

    test("of a worker whose clock is ahead are there like all others", async ({ expect }) => {
      const { ports, place, left, close } = await openPlace(0);
      const ahead = Date.now() + 3_600_000;
      const failure = { reason: "attempts", message: "down", subscription: "default", failedAt: ahead } as const;
      await publish(
        ports.transport,
        DLQ,
        Array.from({ length: 20 }, (_, i) => record(`ahead-${i}`, { useCase: "note", failure })),
      );
      expect(countOf((await groupDeadLetters(ports, place)).found)).toBe(20);
      expect(await discardDeadLetters(ports, place)).toEqual({ count: 20, unreachable: 0 });
      expect(await left()).toBe(0);
      await close();
    });

    test("whose audit can't be written stay", async ({ expect }) => {
      const { ports, place, close } = await openPlace(20);
      const audit = () => {
        throw new Error("the disk is full");
      };
      await expect(discardDeadLetters(ports, place, { audit })).rejects.toThrow("the disk is full");
      expect(countOf((await groupDeadLetters(ports, place)).found)).toBe(20);
      await close();
    });

    test("there are none before a worker has run", async ({ expect }) => {
      const ports = await openPorts();
      const { client } = noteContracts({ handlers: { default: () => {} } });
      const place = { useCase: client.settings, subscriber: "default" };
      expect(await groupDeadLetters(ports, place)).toEqual({ found: [], unreachable: 0 });
      await ports.transport.close();
    });

    test("that are discarded are gone, and the others are not", async ({ expect }) => {
      const { ports, place, close } = await openPlace(90);
      const { found } = await groupDeadLetters(ports, place);
      const { signature } = found.find(({ reason }) => reason === "rejected")!;
      expect(await discardDeadLetters(ports, place, { filter: { signature: signature.id } })).toEqual({
        count: 30,
        unreachable: 0,
      });
      expect((await groupDeadLetters(ports, place)).found.map(({ reason }) => reason).sort()).toEqual([
        "attempts",
        "crashed",
      ]);
      await close();
    });

    test("that were stored twice arrive once", async ({ expect }) => {
      const runs: string[] = [];
      const { ports, place, left, work, close } = await openPlace(10, (id) => runs.push(id));
      const { found } = await findDeadLetters(ports, place, {}, 10);
      await publish(
        ports.transport,
        DLQ,
        found.map(({ record }) => record),
      );
      const worker = await work();
      expect((await redriveDeadLetters(ports, place)).count).toBe(10);
      await expect.poll(() => runs.length, { timeout: 10_000 }).toBe(10);
      expect(await left()).toBe(0);
      await worker.drain(1_000);
      expect(runs).toHaveLength(10);
      await close();
    });

    test("that somebody else holds are counted, and left alone", async ({ expect }) => {
      const { ports, place, close } = await openPlace(40);
      const other = await ports.transport.subscribe(DLQ, DEAD_LETTER_SUBSCRIPTION, "shared");
      expect((await other.receive(15)).length).toBeGreaterThan(0);
      const { count, unreachable } = await discardDeadLetters(ports, place);
      expect(unreachable).toBeGreaterThan(0);
      await other.close();
      expect((await discardDeadLetters(ports, place)).count).toBe(40 - count);
      await close();
    }, 60_000);
  });
}
