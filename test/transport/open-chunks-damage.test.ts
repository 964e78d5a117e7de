import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { CHUNK_OFFSETS } from "../../runtime/transport/offset-set.ts";
import { record } from "./records.ts";

const RECORDS = 2 * CHUNK_OFFSETS;

/** Bits of every other offset, a whole chunk of them. */
const ODD = Buffer.alloc(CHUNK_OFFSETS / 8, 0xaa);

test.each([
  ["a bit of a chunk", (file: Buffer, at: number) => file.writeUInt8(file[at + 5]! ^ 4, at + 5)],
  ["a chunk, zeroed", (file: Buffer, at: number) => file.fill(0, at, at + ODD.length)],
  ["a chunk's checksum", (file: Buffer, at: number) => file.writeUInt8(file[at - 2]! ^ 1, at - 2)],
])("damage to what is open below the cursor loses nothing, and is told: %s", async (_, damage) => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-chunks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const problems: string[] = [];
  const open = () =>
    openEmbeddedTransport({ folder, clock: systemClock, reportProblem: ({ message }) => problems.push(message) });
  const transport = await open();
  await transport.declare([{ name: "notes", ordered: false, subscriptions: ["s"] }]);
  const producer = await transport.producer("notes");
  await producer.publish(Array.from({ length: RECORDS }, (_, i) => record(`n-${i}`)));
  const consumer = await transport.subscribe("notes", "s", "shared");
  const messages = await consumer.receive(RECORDS);
  await consumer.acknowledge(messages.filter((_, i) => i % 2 === 0));
  consumer.negativeAcknowledge(messages.filter((_, i) => i % 2 === 1));
  await transport.close();

  const boot = readdirSync(folder).find((name) => name.startsWith("boot-"))!;
  const file = join(folder, boot, "cursors", "data.mdb");
  const bytes = readFileSync(file);
  let found = 0;
  for (let at = bytes.indexOf(ODD); at >= 0; at = bytes.indexOf(ODD, at + ODD.length)) {
    damage(bytes, at);
    found++;
  }
  expect(found).toBeGreaterThan(0);
  writeFileSync(file, bytes);

  const again = await open();
  onTestFinished(() => again.close());
  const next = await again.subscribe("notes", "s", "shared");
  const ids: string[] = [];
  while ((await again.backlog("notes", "s")) > 0) {
    const got = await next.receive(RECORDS);
    ids.push(...got.map(({ id }) => id));
    await next.acknowledge(got);
  }
  const expected = messages.filter((_, i) => i % 2 === 1).map(({ id }) => id);
  expect(expected.filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(problems.join()).toContain("what is open can't be read. It was made anew");
});
