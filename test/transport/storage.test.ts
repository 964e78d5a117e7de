import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sleep, systemClock } from "../../runtime/clock.ts";
import type { Message } from "../../runtime/contract.ts";
import { openEmbeddedTransport } from "../../runtime/transport/embedded.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { record, records } from "./records.ts";

const isRoot = process.getuid?.() === 0;

let root = "";
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

/** A folder with records in topic `t`, closed. */
async function fill(count: number, payloadBytes = 1_000): Promise<void> {
  const transport = await open();
  await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
  const producer = await transport.producer("t");
  for (let first = 0; first < count; first += 10) {
    const batch = Array.from({ length: Math.min(10, count - first) }, (_, index) =>
      record(`${first + index}`, { payload: new Uint8Array(payloadBytes).fill(first + index) }),
    );
    await producer.publish(batch);
  }
  await closeAll();
}

const logFile = () => join(folder, "log", "data.mdb");

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fivefold-storage-"));
  folder = join(root, "data");
});

afterEach(async () => {
  await closeAll();
  await rm(root, { recursive: true });
});

describe("a folder that cannot be used", () => {
  test("below a file", async () => {
    writeFileSync(join(root, "file"), "");
    folder = join(root, "file", "data");
    await expect(open()).rejects.toMatchObject({
      code: "storage-unwritable",
      message: expect.stringContaining(folder),
    });
  });

  test.skipIf(isRoot)("without permission", async () => {
    await mkdir(folder);
    chmodSync(folder, 0o555);
    await expect(open()).rejects.toMatchObject({ code: "storage-unwritable" });
    chmodSync(folder, 0o755);
  });

  test("of a newer format: refused, and left as it is", async () => {
    await fill(10);
    writeFileSync(join(folder, "format.json"), '{"format":2}');
    const before = readFileSync(logFile());
    await expect(open()).rejects.toMatchObject({
      code: "newer-version",
      message: expect.stringMatching(/format 2.*formats up to 1/),
    });
    expect(readFileSync(logFile()).equals(before)).toBe(true);
  });

  test.each(["", "nonsense", "{}", '{"format":"1"}', "[1]"])("with the format file '%s'", async (text) => {
    await fill(10);
    writeFileSync(join(folder, "format.json"), text);
    await expect(open()).rejects.toMatchObject({
      code: "storage-corrupt",
      message: expect.stringContaining("format.json"),
    });
  });
});

describe("a damaged log", () => {
  test("that is no LMDB file is named, and left as it is", async () => {
    await fill(10);
    const damaged = Buffer.alloc(statSync(logFile()).size, "x");
    writeFileSync(logFile(), damaged);
    await expect(open()).rejects.toMatchObject({
      code: "storage-corrupt",
      message: expect.stringContaining(logFile()),
    });
    expect(readFileSync(logFile()).equals(damaged)).toBe(true);
  });

  test("that is missing or empty is not taken for a new one", async () => {
    await fill(10);
    truncateSync(logFile(), 0);
    await expect(open()).rejects.toMatchObject({ code: "storage-corrupt", message: expect.stringContaining("empty") });
    await rm(logFile());
    await expect(open()).rejects.toMatchObject({ code: "storage-corrupt" });
  });

  test("that was truncated anywhere gives an error or all records, never a crash, and stays as it is", async () => {
    await fill(300);
    const whole = join(root, "whole.mdb");
    copyFileSync(logFile(), whole);
    const { size } = statSync(whole);
    const lengths = [
      1,
      100,
      4_095,
      4_096,
      4_200,
      8_191,
      8_192,
      20_000,
      size >> 1,
      size - 40_000,
      size - 4_096,
      size - 1,
    ];
    const outcomes = [];
    for (const length of lengths) {
      copyFileSync(whole, logFile());
      truncateSync(logFile(), length);
      const outcome = await open().then(
        async (transport) => {
          const consumer = await transport.subscribe("t", "s", "shared");
          const received = await consumer.receive(1_000);
          await closeAll();
          return received.length;
        },
        (error: unknown) => error,
      );
      outcomes.push(outcome);
      if (outcome === 300) continue;
      expect(outcome, `truncated to ${length} of ${size}`).toMatchObject({ code: "storage-corrupt" });
      expect(statSync(logFile()).size).toBe(length);
    }
    expect(outcomes.filter((outcome) => outcome !== 300).length).toBeGreaterThan(lengths.length - 3);
    // Nothing was changed: the lost part put back, all is there.
    copyFileSync(whole, logFile());
    const consumer = await (await open()).subscribe("t", "s", "shared");
    expect(await consumer.receive(1_000)).toHaveLength(300);
  });

  test("with one bad entry: it is named once and set aside, all others are delivered", async () => {
    await fill(100);
    const bytes = readFileSync(logFile());
    // The payload of record 42, which nothing else holds.
    const at = bytes.indexOf(Buffer.alloc(1_000, 42));
    bytes[at + 500] = 43;
    writeFileSync(logFile(), bytes);

    const transport = await open();
    const consumer = await transport.subscribe("t", "s", "shared");
    const received: Message[] = [];
    const errors: unknown[] = [];
    while (received.length < 90) {
      await consumer.receive(25).then(
        (messages) => received.push(...messages),
        (error: unknown) => errors.push(error),
      );
    }
    expect(errors).toEqual([
      expect.objectContaining({
        code: "storage-corrupt",
        message: expect.stringContaining("records 40 to 49 of partition 0"),
      }),
    ]);
    const others = records(100).filter(({ id }) => !id.startsWith("4") || id === "4");
    expect(received.map(({ id }) => id)).toEqual(others.map(({ id }) => id));
    await consumer.acknowledge(received);
    expect(await transport.backlog("t", "s")).toBe(10);
    await closeAll();

    // Set aside for good: neither delivered nor reported again, and not forgotten.
    const reopened = await open();
    const again = (await reopened.subscribe("t", "s", "shared")).receive(10);
    expect(await Promise.race([again, sleep(systemClock, 60)])).toBe(undefined);
    expect(await reopened.backlog("t", "s")).toBe(10);
  });
});

describe("damaged cursors", () => {
  test("are named with what to do", async () => {
    await fill(10);
    const boot = readdirSync(folder).find((name) => name.startsWith("boot-"))!;
    const file = join(folder, boot, "cursors", "data.mdb");
    writeFileSync(file, Buffer.alloc(30_000, 1));
    const damage = open();
    await expect(damage).rejects.toMatchObject({ code: "storage-corrupt", message: expect.stringContaining(file) });
    await expect(damage).rejects.toThrow("delete this folder");
  });

  test("that are gone cost no record and no settled one, after a close", async () => {
    const transport = await open();
    await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
    await (await transport.producer("t")).publish(records(100));
    const consumer = await transport.subscribe("t", "s", "shared");
    const messages = await consumer.receive(60);
    await consumer.acknowledge(messages.slice(0, 50));
    await closeAll();
    // As after a reboot.
    const boot = readdirSync(folder).find((name) => name.startsWith("boot-"))!;
    await rm(join(folder, boot), { recursive: true });
    const reopened = await open();
    expect(await reopened.backlog("t", "s")).toBe(50);
    const left = await (await reopened.subscribe("t", "s", "shared")).receive(100);
    expect(left.map(({ id }) => id)).toEqual(
      records(100)
        .slice(50)
        .map(({ id }) => id),
    );
  });
});
