import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../runtime/contract/clock.ts";
import type { Message, ReportProblem } from "../../runtime/contract/contract.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { record, records } from "./records.ts";

const isRoot = process.getuid?.() === 0;

let root = "";
let folder = "";
let transports: Transport[] = [];

async function open(options: { maxBytes?: number; reportProblem?: ReportProblem } = {}): Promise<Transport> {
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
    writeFileSync(join(folder, "format.json"), '{"format":3}');
    const before = readFileSync(logFile());
    await expect(open()).rejects.toMatchObject({
      code: "newer-version",
      message: expect.stringMatching(/format 3.*formats up to 2/),
    });
    expect(readFileSync(logFile()).equals(before)).toBe(true);
  });

  test.each(["", "nonsense", "{}", '{"format":"1"}', "[1]", "null", '{"format":3,"check":"7d1fa2c5"}'])(
    "with the format file '%s': it is written anew, and named",
    async (text) => {
      await fill(10);
      writeFileSync(join(folder, "format.json"), text);
      const problems: string[] = [];
      const transport = await open({ reportProblem: (problem) => problems.push(problem.message) });
      expect(problems).toEqual([expect.stringContaining("format.json was damaged")]);
      expect(await transport.backlog("t", "s")).toBe(10);
      await closeAll();
      await open({ reportProblem: (problem) => problems.push(problem.message) });
      expect(problems).toHaveLength(1);
    },
  );
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

  test("that was truncated anywhere gives what is left, and says what is lost; a log of which nothing is left stays as it is", async () => {
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
    for (const length of lengths) {
      copyFileSync(whole, logFile());
      truncateSync(logFile(), length);
      const problems: string[] = [];
      const outcome = await open({ reportProblem: (problem) => problems.push(problem.message) }).then(
        async (transport) => {
          await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
          const consumer = await transport.subscribe("t", "s", "shared");
          const received: Message[] = [];
          // Lost records are told of in their turn, too.
          for (;;) {
            const next = consumer.receive(1_000).catch(() => []);
            const messages = await Promise.race([next, sleep(systemClock, 60)]);
            if (!messages) break;
            received.push(...messages);
          }
          await closeAll();
          return received.map(({ id }) => Number(id));
        },
        (error: unknown) => error,
      );
      const told = `truncated to ${length} of ${size}`;
      if (Array.isArray(outcome)) {
        expect(outcome.length === 300 || problems.length > 0, told).toBe(true);
        // What is left comes in order, each once.
        expect(outcome, told).toEqual([...new Set(outcome)].sort((a, b) => a - b));
        if (length > 20_000) expect(outcome.length, told).toBeGreaterThan((300 * (length - 20_000)) / size / 2);
      } else {
        expect(outcome, told).toMatchObject({ code: "storage-corrupt" });
        expect(statSync(logFile()).size, told).toBe(length);
      }
    }
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
  test("are made anew from the log, and named", async () => {
    await fill(10);
    const boot = readdirSync(folder).find((name) => name.startsWith("boot-"))!;
    const file = join(folder, boot, "cursors", "data.mdb");
    writeFileSync(file, Buffer.alloc(30_000, 1));
    const problems: string[] = [];
    const transport = await open({ reportProblem: (problem) => problems.push(problem.message) });
    expect(problems).toEqual([expect.stringMatching(/cursors\/data.mdb was damaged: .* It was made anew/)]);
    expect(await (await transport.subscribe("t", "s", "shared")).receive(100)).toHaveLength(10);
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
