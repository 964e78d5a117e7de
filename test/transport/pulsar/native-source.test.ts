import { expect, test } from "vitest";
import { openConsumer } from "../../../runtime/adapters/pulsar/consumer.ts";
import type { NativeMessage } from "../../../runtime/adapters/pulsar/native-client.ts";
import { createNativeSource } from "../../../runtime/adapters/pulsar/native-source.ts";
import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";

interface Id {
  toString(): string;
  serialize(): Buffer;
}

/** A consumer of libpulsar: what is received of it waits until a message comes, whatever its connection does. */
function nativeConsumer() {
  const waiting: ((message: NativeMessage<Id>) => void)[] = [];
  let isConnected = true;
  const messageId = (id: string) => ({ toString: () => id, serialize: () => Buffer.alloc(0) });
  return {
    connect(on: boolean) {
      isConnected = on;
    },
    /** A message comes, to who waits for one. Returns whether somebody does. */
    deliver(id: string): boolean {
      const give = waiting.shift();
      give?.({
        getProperties: () => ({}),
        getData: () => Buffer.from(id),
        getMessageId: () => messageId(id),
        getEventTimestamp: () => 0,
        getPartitionKey: () => "",
      });
      return give !== undefined;
    },
    receive: () => new Promise<NativeMessage<Id>>((resolve) => waiting.push(resolve)),
    batchReceive: () => Promise.resolve([]),
    acknowledgeId: () => Promise.resolve(),
    negativeAcknowledgeId: () => {},
    isConnected: () => isConnected,
    close: () => Promise.resolve(),
  };
}

test("what is received while the connection is gone for a moment comes with the next one", async () => {
  const clock = createSimulatedClock(1);
  const native = nativeConsumer();
  const consumer = await openConsumer({
    what: "Consuming",
    clock,
    open: async (events) =>
      createNativeSource(
        {
          ...{ what: "Consuming", consumer: native, batchSize: 64, clock },
          deserialize: () => ({ toString: () => "", serialize: () => Buffer.alloc(0) }),
          look: async () => ({ draining: [], permits: 1, unsettled: 0 }),
        },
        events,
      ),
    lookAfterMs: () => 5_000,
    unload: async () => {},
    onAcknowledged() {},
    onClose() {},
  });
  for (const id of ["(1,0,-1,-1)", "(1,1,-1,-1)"]) {
    native.connect(false);
    const received = consumer.receive(10);
    await clock.advance(100);
    native.connect(true);
    expect(native.deliver(id)).toBe(true);
    await clock.advance(100);
    expect((await received).map(({ id }) => id)).toEqual([id]);
  }
  const closing = consumer.close();
  await clock.advance(1_000);
  await closing;
});
