import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "../../../runtime/contract/contract.ts";
import { createFairQueue, createFifoQueue } from "../../../runtime/flow-control/queue.ts";

const message = (id: string, tenant = ""): Message => ({ id, tenant }) as unknown as Message;

test("a queue gives what it took in, in order, under any sequence of pushes and takes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2_000), fc.nat(2_000)), { maxLength: 20 }), (steps) => {
      const queue = createFifoQueue();
      let next = 0;
      const taken: string[] = [];
      for (const [pushes, takes] of steps) {
        queue.push(Array.from({ length: pushes }, () => message(String(next++))));
        taken.push(...queue.take(takes).map(({ id }) => id));
        expect(queue.length).toBe(next - taken.length);
      }
      taken.push(...queue.take(next).map(({ id }) => id));
      expect(taken).toEqual(Array.from({ length: next }, (_, i) => String(i)));
    }),
  );
});

test("among tenants that wait, no two turns of one lie more than a round apart, and each keeps its order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 7 }),
      (tenants, step) => {
        const queue = createFairQueue();
        queue.push(tenants.map((tenant, i) => message(`${i}`, tenant)));
        const taken: Message[] = [];
        while (queue.length > 0) taken.push(...queue.take(step));
        expect(taken).toHaveLength(tenants.length);
        const left = Map.groupBy(taken, ({ tenant }) => tenant);
        for (const ofTenant of left.values()) {
          const numbers = ofTenant.map(({ id }) => Number(id));
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        }
        // While all tenants still wait, every run of as many turns as there are tenants serves each of them.
        const shortest = Math.min(...[...left.values()].map(({ length }) => length));
        const size = left.size;
        for (let at = 0; at + size <= shortest * size; at += size) {
          expect(new Set(taken.slice(at, at + size).map(({ tenant }) => tenant)).size).toBe(size);
        }
      },
    ),
  );
});

test("a fair queue gives as many as are asked for, and keeps the rest, also of tenants that come again", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(fc.constantFrom("a", "b", "c")), fc.nat(8)), { maxLength: 20 }), (steps) => {
      const queue = createFairQueue();
      const waiting = new Set<string>();
      let next = 0;
      for (const [tenants, takes] of steps) {
        const pushed = tenants.map((tenant) => message(`${next++}`, tenant));
        for (const { id } of pushed) waiting.add(id);
        queue.push(pushed);
        const taken = queue.take(takes);
        expect(taken).toHaveLength(Math.min(takes, waiting.size));
        for (const { id } of taken) expect(waiting.delete(id)).toBe(true);
        expect(queue.length).toBe(waiting.size);
      }
    }),
  );
});
