import { expect, test } from "vitest";
import { createNativeBatches } from "../../../runtime/adapters/pulsar/native-batches.ts";
import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";

/** An id as libpulsar's: it prints its place, and its protobuf holds ledger, entry, batch index and batch size. */
function idOf(entry: number, index: number, size: number) {
  const text = `(1,${entry},-1,${index})`;
  return { text, toString: () => text, serialize: () => Buffer.from([8, 1, 16, entry, 32, index, 48, size]) };
}

/** Acknowledges what came, of batches of `size`, and returns what the broker was told. */
async function acknowledged(size: number, came: readonly (readonly [entry: number, index: number])[]) {
  const clock = createSimulatedClock(1);
  const told: string[] = [];
  const batches = createNativeBatches<ReturnType<typeof idOf> | { text: string; serialize: () => Buffer }>({
    acknowledgeId: async ({ text }) => told.push(text),
    deserialize: (bytes) => ({ text: `whole ${bytes[3]}`, toString: () => "", serialize: () => bytes }),
    clock,
  });
  const handles = came.map(([entry, index]) => batches.take(idOf(entry, index, size)));
  for (const handle of handles) {
    const done = batches.acknowledge([handle]);
    await clock.advance(1_000);
    await done;
  }
  return told;
}

test("a batch of which the end came alone is acknowledged as a whole", async () => {
  expect(
    await acknowledged(4, [
      [1, 2],
      [1, 3],
    ]),
  ).toEqual(["(1,1,-1,2)", "whole 1"]);
});

test.each([
  [
    "nothing comes behind it",
    [
      [1, 0],
      [1, 1],
    ],
  ],
  [
    "another batch comes",
    [
      [1, 0],
      [1, 1],
      [2, 0],
    ],
  ],
  [
    "it comes anew",
    [
      [1, 1],
      [1, 2],
      [1, 0],
    ],
  ],
] as const)(
  "what a batch lacks at its end is not acknowledged: it may have been lost with a connection (%s)",
  async (_, came) => {
    expect(await acknowledged(4, came)).toEqual(came.map(([entry, index]) => `(1,${entry},-1,${index})`));
  },
);
