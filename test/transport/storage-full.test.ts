import { execFileSync } from "node:child_process";
import { statfsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../runtime/contract/clock.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { record, records } from "./records.ts";

const isRoot = process.getuid?.() === 0;

let folder = "";
let transports: Transport[] = [];

async function open(options: { maxBytes?: number } = {}): Promise<Transport> {
  const transport = await openEmbeddedTransport({ folder, clock: systemClock, ...options });
  transports.push(transport);
  return transport;
}

async function closeAll(): Promise<void> {
  for (const transport of transports) await transport.close();
  transports = [];
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-full-"));
});

afterEach(async () => {
  await closeAll();
  await rm(folder, { recursive: true });
});

/** Publishes until it is refused, and returns the ids of all that were stored, and the error. */
async function publishUntilRefused(transport: Transport): Promise<{ stored: string[]; error: unknown }> {
  const producer = await transport.producer("t");
  const stored: string[] = [];
  for (let call = 0; ; call++) {
    const batch = records(20, `${call}-`, { payload: new Uint8Array(5_000) });
    try {
      await producer.publish(batch);
    } catch (error) {
      return { stored, error };
    }
    stored.push(...batch.map(({ id }) => id));
  }
}

/** Receives and acknowledges everything. */
async function consumeAll(transport: Transport, count: number): Promise<string[]> {
  const consumer = await transport.subscribe("t", "s", "shared");
  const handled: string[] = [];
  while (handled.length < count) {
    const messages = await consumer.receive(100);
    await consumer.acknowledge(messages);
    handled.push(...messages.map(({ id }) => id));
  }
  await consumer.close();
  return handled;
}

/** Publishing is refused until what was settled has been deleted, which takes a moment. */
async function publishWhenThereIsRoom(transport: Transport): Promise<void> {
  const producer = await transport.producer("t");
  const until = systemClock.monotonic() + 5_000;
  for (;;) {
    try {
      return await producer.publish(records(20, "after-", { payload: new Uint8Array(5_000) }));
    } catch (error) {
      if (systemClock.monotonic() > until) throw error;
      await sleep(systemClock, 50);
    }
  }
}

async function checkFull(transport: Transport): Promise<void> {
  await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
  for (let round = 0; round < 3; round++) {
    const { stored, error } = await publishUntilRefused(transport);
    expect(error).toMatchObject({ code: "storage-full", message: expect.stringContaining(folder) });
    expect(stored.length).toBeGreaterThan(100);
    expect(await transport.backlog("t", "s")).toBe(stored.length + (round > 0 ? 20 : 0));
    const handled = new Set(await consumeAll(transport, stored.length + (round > 0 ? 20 : 0)));
    expect(stored.filter((id) => !handled.has(id))).toEqual([]);
    expect(await transport.backlog("t", "s")).toBe(0);
    await publishWhenThereIsRoom(transport);
  }
}

describe("a full folder refuses publishing, loses nothing, and works again once records are settled", () => {
  test("by its quota", async () => {
    await checkFull(await open({ maxBytes: 3_000_000 }));
  });

  test.skipIf(!isRoot || process.platform !== "linux")("by its file system", async ({ skip }) => {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], { stdio: "ignore" });
    } catch {
      skip("no mounting here");
    }
    try {
      const transport = await open();
      await checkFull(transport);
      // Filled to the last byte by somebody else: what is there can be consumed, and publishing is refused.
      await publishWhenThereIsRoom(transport);
      const backlog = await transport.backlog("t", "s");
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(join(folder, "filler"), Buffer.alloc(bavail * bsize));
      expect(statfsSync(folder).bavail).toBe(0);
      const producer = await transport.producer("t");
      await expect(producer.publish([record("late")])).rejects.toMatchObject({ code: "storage-full" });
      await consumeAll(transport, backlog);
      // Longer than housekeeping waits, which must not fall over either.
      await sleep(systemClock, 700);
      await rm(join(folder, "filler"));
      await publishWhenThereIsRoom(transport);
      expect(await transport.backlog("t", "s")).toBe(20);
      await closeAll();
    } finally {
      execFileSync("umount", ["-l", folder]);
    }
  });
});
