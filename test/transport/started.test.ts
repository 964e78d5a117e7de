import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { createStarts } from "../../runtime/adapters/embedded/topic/starts.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { Consumer, SubscriptionType } from "../../runtime/transport/transport.ts";
import { record } from "./records.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-started-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Consumes in a process that is killed once it has said that it is there: `body` has `consumer` and `messages`. */
async function killAConsumer(folder: string, type: SubscriptionType, body: string): Promise<void> {
  const code = `
    import { systemClock } from "./runtime/contract/clock.ts";
    import { openEmbeddedTransport } from "./runtime/adapters/embedded/embedded.ts";
    const transport = await openEmbeddedTransport({ folder: ${JSON.stringify(folder)}, clock: systemClock });
    const consumer = await transport.subscribe("notes", "s", "${type}");
    const messages = [];
    while (messages.length < 200) messages.push(...(await consumer.receive(200 - messages.length)));
    ${body}
    console.log("there");
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await Promise.race([new Promise((resolve) => child.stdout.once("data", resolve)), ended]);
  child.kill("SIGKILL");
  await ended;
}

/** Ids of suspects with their crashes, and how many came besides. */
async function receiveAll(consumer: Consumer): Promise<{ suspects: string[]; others: number }> {
  const suspects: string[] = [];
  let others = 0;
  for (let left = 200; left > 0; ) {
    const messages = await consumer.receive(left);
    left -= messages.length;
    for (const { id, crashes } of messages)
      if (crashes === undefined) others++;
      else suspects.push(`${id} ${crashes}`);
  }
  return { suspects: suspects.sort(), others };
}

test.each(["shared", "key-shared"] as const)(
  "%s: of what a killed process held, what it had started is suspect, and stays so",
  async (type) => {
    const folder = temporaryFolder();
    const transport = await openEmbeddedTransport({ folder, clock: systemClock });
    onTestFinished(() => transport.close());
    await transport.declare([{ name: "notes", ordered: type === "key-shared", subscriptions: ["s"] }]);
    const producer = await transport.producer("notes");
    await producer.publish(Array.from({ length: 200 }, (_, i) => record(`n-${i}`, { key: `k${i % 50}` })));

    const started = `const of = (...ids) => messages.filter(({ id }) => ids.includes(id));
    consumer.starting(of("n-3", "n-4"));
    consumer.starting(of("n-7", "n-60"));
    await consumer.acknowledge(of("n-4"));`;
    await killAConsumer(folder, type, started);
    await producer.publish([record("more")]);
    // Who comes next ends with a suspect among what it holds, and starts none.
    const again = await transport.subscribe("notes", "s", type);
    const { suspects, others } = await receiveAll(again);
    expect({ suspects, others }).toEqual({ suspects: ["n-3 0", "n-60 0", "n-7 0"], others: 197 });
    await again.close();
    await killAConsumer(folder, type, "");
    const last = await transport.subscribe("notes", "s", type);
    expect(await receiveAll(last)).toEqual({ suspects, others });
  },
);

test("starts that do not fit any more are told by what is still held, or not at all", () => {
  const folder = temporaryFolder();
  const starts = createStarts(folder);
  const elsewhere = createStarts(folder);
  starts.begin(1);
  const start = (write: (messages: never) => void, offset: number) =>
    write([{ position: { partition: 0, offset: 2 * offset } }] as never);
  const held = new Set([6, 2_000]);
  const fewHeld = starts.of(1, ({ first }) => held.has(first));
  for (let i = 0; i < 5_000; i++) start(fewHeld, i);
  const found = elsewhere.read(1)!;
  expect(found.length).toBeLessThan(2_049);
  expect(found.filter(({ first }) => held.has(first)).map(({ first, end }) => [first, end])).toEqual([
    [6, 7],
    [2_000, 2_001],
  ]);
  expect(found.at(-1)).toEqual({ consumer: 1, partition: 0, first: 9_998, end: 9_999 });

  const allHeld = starts.of(2, () => true);
  for (let i = 0; i < 5_000; i++) start(allHeld, i);
  expect(elsewhere.read(1)).toBeUndefined();
});
