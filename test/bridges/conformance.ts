import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ForeignMessage, ForeignQueue } from "../../runtime/bridges/foreign-queue.ts";

export interface Subject {
  readonly system: string;
  /** Starts the real server. */
  start(): Promise<{
    /** Another consumer of that queue, which is made where it is not there yet. */
    open(queue: string): Promise<ForeignQueue>;
    /** Sends as the system's own producer does, with bodies that need not be JSON. */
    produce(queue: string, messages: readonly { readonly body: string; readonly key?: string }[]): Promise<void>;
    /** After how long what a killed process held comes again, in ms. */
    readonly heldForMs: number;
    stop(): Promise<void>;
  }>;
}

const body = (n: number) => JSON.stringify({ n });
const numbers = (messages: readonly ForeignMessage[]) => messages.map((one) => JSON.parse(one.body).n as number);

/** What every adapter promises, on the real server. */
export function describeForeignQueue({ system, start }: Subject): void {
  describe(`a queue of ${system}`, () => {
    let server: Awaited<ReturnType<typeof start>>;
    let made = 0;
    const opened: ForeignQueue[] = [];
    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => {
      await Promise.all(opened.map((queue) => queue.close().catch(() => {})));
      await server?.stop();
    });

    const named = () => `queue-${++made}`;
    async function open(name: string): Promise<ForeignQueue> {
      const queue = await server.open(name);
      opened.push(queue);
      return queue;
    }
    /** All that comes within a second of silence, left to be settled. */
    async function receiveAll(queue: ForeignQueue, atLeast: number): Promise<ForeignMessage[]> {
      const messages: ForeignMessage[] = [];
      for (let silent = 0; silent < 2; ) {
        const more = await queue.receive(100, messages.length < atLeast ? 5_000 : 300);
        messages.push(...more);
        silent = more.length === 0 ? silent + 1 : 0;
      }
      return messages;
    }

    test("hands out what producers sent, once, to one of two consumers, and is empty once that is acknowledged", async () => {
      const name = named();
      const [a, b] = [await open(name), await open(name)];
      await server.produce(
        name,
        Array.from({ length: 50 }, (_, n) => ({ body: body(n) })),
      );
      const [ours, theirs] = await Promise.all([receiveAll(a, 1), receiveAll(b, 0)]);
      const all = [...ours, ...theirs];
      expect(numbers(all).sort((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, n) => n));
      expect(new Set(all.map(({ id }) => id)).size).toBe(50);
      expect(all.every(({ attempt, sentAt }) => attempt === 1 && Math.abs(sentAt - Date.now()) < 60_000)).toBe(true);
      expect((await a.counts()).held).toBe(50);
      await Promise.all([a.acknowledge(ours), b.acknowledge(theirs)]);
      expect(await a.counts()).toEqual({ waiting: 0, held: 0, delayed: 0, setAside: 0 });
    });

    test("what is given back comes again, under the same id, as a further attempt", async () => {
      const name = named();
      const queue = await open(name);
      await server.produce(name, [{ body: body(1) }]);
      const [first] = await receiveAll(queue, 1);
      await queue.giveBack([first!]);
      const [again] = await receiveAll(queue, 1);
      expect(again).toMatchObject({ id: first!.id, body: first!.body });
      expect(again!.attempt).toBeGreaterThan(1);
      await queue.acknowledge([again!]);
      expect((await queue.counts()).waiting).toBe(0);
    });

    test("what a closed consumer held comes again", async () => {
      const name = named();
      const [leaves, stays] = [await open(name), await open(name)];
      await server.produce(name, [{ body: body(1) }, { body: body(2) }]);
      expect(await receiveAll(leaves, 2)).toHaveLength(2);
      await leaves.close();
      const again = await receiveAll(stays, 2);
      expect(numbers(again).sort()).toEqual([1, 2]);
      await stays.acknowledge(again);
    });

    test("what is held is not handed out again, however long that takes", async () => {
      const name = named();
      const [slow, other] = [await open(name), await open(name)];
      await server.produce(name, [{ body: body(1) }]);
      const messages = await receiveAll(slow, 1);
      const until = Date.now() + 2.5 * server.heldForMs;
      while (Date.now() < until) expect(await other.receive(10, 500)).toEqual([]);
      await slow.acknowledge(messages);
      expect(await other.counts()).toMatchObject({ waiting: 0, held: 0 });
    });

    test("a message that can't be read is received as it is, set aside under its reason, and gone from the queue", async () => {
      const name = named();
      const queue = await open(name);
      await server.produce(name, [{ body: "{no json" }, { body: body(2) }]);
      const messages = await receiveAll(queue, 2);
      expect(messages.map((one) => one.body).sort()).toEqual([body(2), "{no json"].sort());
      await queue.setAside(messages.find((one) => one.body === "{no json")!, "no JSON");
      await queue.acknowledge(messages.filter((one) => one.body !== "{no json"));
      expect(await queue.counts()).toEqual({ waiting: 0, held: 0, delayed: 0, setAside: 1 });
    });

    test("what is sent is received by others, with what it came with; a second one of its id where ids are known is none", async () => {
      const [from, to] = [await open(named()), await open(named())];
      await server.produce(from.name, [{ body: body(1), key: "k" }]);
      const [message] = await receiveAll(from, 1);
      const copy = { id: "task:1", body: message!.body, key: message!.key, headers: message!.headers };
      await to.send([copy]);
      await to.send([copy]);
      const received = await receiveAll(to, 1);
      if (to.capabilities.knowsIds) expect(received).toHaveLength(1);
      for (const one of received) {
        expect(one).toMatchObject({ body: body(1), headers: message!.headers });
        expect(one.key).toBe(message!.key);
      }
      await Promise.all([from.acknowledge([message!]), to.acknowledge(received)]);
    });

    test("keeps the order of a key, where it says so", async () => {
      const name = named();
      const queue = await open(name);
      if (!queue.capabilities.keepsOrderByKey) return expect(queue.capabilities.keepsOrderByKey).toBe(false);
      await server.produce(
        name,
        Array.from({ length: 60 }, (_, n) => ({ body: body(n), key: `key-${n % 3}` })),
      );
      const messages = await receiveAll(queue, 60);
      for (const key of ["key-0", "key-1", "key-2"]) {
        const found = numbers(messages.filter((one) => one.key === key));
        expect(found).toEqual(found.toSorted((a, b) => a - b));
        expect(found).toHaveLength(20);
      }
      await queue.acknowledge(messages);
    });
  });
}
