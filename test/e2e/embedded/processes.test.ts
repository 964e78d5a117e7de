import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { type Clock, sleep, systemClock } from "../../../runtime/contract/clock.ts";
import type { Transport } from "../../../runtime/transport/transport.ts";
import { record, records } from "../../transport/records.ts";

const WORKER = fileURLToPath(new URL("process-worker.ts", import.meta.url));

let folder = "";
let transports: Transport[] = [];
let workers: ChildProcess[] = [];

async function open(clock: Clock = systemClock): Promise<Transport> {
  const transport = await openEmbeddedTransport({ folder, clock });
  transports.push(transport);
  return transport;
}

/** Starts another process, and resolves with it and its first line of output. */
async function start(what: string): Promise<{ worker: ChildProcess; line: string; nextLine: () => Promise<string> }> {
  const worker = spawn(process.execPath, [WORKER, what, folder], { stdio: ["ignore", "pipe", "inherit"] });
  workers.push(worker);
  const lines = createInterface({ input: worker.stdout! })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  return { worker, line: await nextLine(), nextLine };
}

async function declared(): Promise<Transport> {
  const transport = await open();
  await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
  return transport;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-processes-"));
});

afterEach(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  for (const transport of transports) await transport.close();
  workers = [];
  transports = [];
  await rm(folder, { recursive: true });
});

describe("several processes", () => {
  test("a killed consumer's records are delivered to another one soon", async () => {
    const transport = await declared();
    await (await transport.producer("t")).publish(records(5));
    const { worker, line } = await start("hold");
    expect(line).toBe("0 1 2 3 4");
    const consumer = await transport.subscribe("t", "s", "shared");
    const received = consumer.receive(10);
    expect(await Promise.race([received, sleep(systemClock, 400)])).toBe(undefined);
    const killedAt = systemClock.monotonic();
    worker.kill("SIGKILL");
    expect((await received).map(({ id }) => id)).toEqual(["0", "1", "2", "3", "4"]);
    expect(systemClock.monotonic() - killedAt).toBeLessThan(3_000);
  });

  test.each([3_600_000, -3_600_000, 86_400_000, -86_400_000])(
    "a wall clock that jumps by %i ms takes nothing from a live consumer",
    async (jumpMs) => {
      const transport = await declared();
      await (await transport.producer("t")).publish(records(2));
      const { line } = await start("hold");
      expect(line).toBe("0 1");
      let offsetMs = 0;
      const other = await open({ ...systemClock, now: () => systemClock.now() + offsetMs });
      const received = (await other.subscribe("t", "s", "shared")).receive(5);
      await sleep(systemClock, 300);
      offsetMs = jumpMs;
      expect(await Promise.race([received, sleep(systemClock, 1_000)])).toBe(undefined);
    },
  );

  test("a process that is stopped keeps what it holds, and is named", async () => {
    const transport = await declared();
    await (await transport.producer("t")).publish(records(2));
    const { worker, line } = await start("hold");
    expect(line).toBe("0 1");
    worker.kill("SIGSTOP");
    const problems: string[] = [];
    let monotonicMs = 0;
    const other = await openEmbeddedTransport({
      folder,
      clock: { ...systemClock, monotonic: () => systemClock.monotonic() + monotonicMs },
      reportProblem: (problem) => problems.push(problem.message),
    });
    transports.push(other);
    const received = (await other.subscribe("t", "s", "shared")).receive(5);
    await sleep(systemClock, 600);
    expect(problems).toEqual([]);
    monotonicMs = 120_000;
    expect(await Promise.race([received, sleep(systemClock, 1_000)])).toBe(undefined);
    expect(problems).toEqual([expect.stringContaining(`Process ${worker.pid} (node process-worker.ts) runs, but`)]);
    worker.kill("SIGKILL");
    expect((await received).map(({ id }) => id)).toEqual(["0", "1"]);
  });

  test("what another process publishes wakes a waiting consumer", async () => {
    const transport = await declared();
    const { line, nextLine, worker } = await start("receive");
    expect(line).toBe("waiting");
    await sleep(systemClock, 50);
    await (await transport.producer("t")).publish([record("hello")]);
    expect(await nextLine()).toBe("hello");
    if (worker.exitCode === null) await once(worker, "exit");
    expect(worker.exitCode).toBe(0);
    expect(await transport.backlog("t", "s")).toBe(0);
  });

  test("a process that only publishes ends by itself", async () => {
    const transport = await declared();
    const { line, worker } = await start("publish");
    expect(line).toBe("published");
    if (worker.exitCode === null) await once(worker, "exit");
    expect(worker.exitCode).toBe(0);
    expect(await transport.backlog("t", "s")).toBe(3);
  });

  test("opening the folder loses no commit of others", async () => {
    const transport = await declared();
    const openers = [await start("reopen"), await start("reopen")];
    const producer = await transport.producer("t");
    const until = systemClock.monotonic() + 4_000;
    let published = 0;
    while (systemClock.monotonic() < until) {
      await producer.publish([record(`${published}`)]);
      published += 1;
      expect(await transport.backlog("t", "s")).toBe(published);
    }
    expect(openers.map(({ worker }) => worker.exitCode)).toEqual([null, null]);
    for (const { worker } of openers) worker.kill("SIGKILL");
    const consumer = await transport.subscribe("t", "s", "shared");
    const received: string[] = [];
    while (received.length < published) received.push(...(await consumer.receive(1_000)).map(({ id }) => id));
    expect(received).toEqual(Array.from({ length: published }, (_, index) => `${index}`));
  });
});
