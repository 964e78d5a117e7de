import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createOpenGate, type OpenGate } from "../../../runtime/adapters/embedded/lmdb/open-gate.ts";
import { currentProcess } from "../../../runtime/adapters/embedded/lmdb/process-identity.ts";
import { StoreHeldError } from "../../../runtime/adapters/storage-error.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";

const PROCESS = fileURLToPath(new URL("gate-process.ts", import.meta.url));
/** Starts what follows as process 1 of a pid namespace of its own, as a container does. */
const OWN_NAMESPACE = ["unshare", "-pf", "--mount-proc", "--kill-child=SIGKILL"];
const canUnshare = spawnSync(OWN_NAMESPACE[0]!, [...OWN_NAMESPACE.slice(1), "true"]).status === 0;

let folder = "";
let counter = "";
let gates: OpenGate[] = [];
let processes: ChildProcess[] = [];
let problems: string[] = [];

async function gateOf(): Promise<OpenGate> {
  const gate = await createOpenGate(folder, systemClock, (problem) => problems.push(problem.message));
  return gate;
}

async function opened(): Promise<OpenGate> {
  const gate = await gateOf();
  await gate.open(async () => {});
  gates.push(gate);
  return gate;
}

/** Starts another process, and resolves once it has said something. */
async function start(what: string, before: readonly string[] = []): Promise<{ child: ChildProcess; line: string }> {
  const [program = "", ...args] = [...before, process.execPath, PROCESS, what, folder, counter];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  processes.push(child);
  let output = "";
  child.stderr!.on("data", (data) => {
    output += data;
  });
  await Promise.race([
    once(child.stdout!, "data").then(([data]) => (output = String(data).trim())),
    once(child, "exit"),
  ]);
  return { child, line: output };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** The longest that the event loop stood still while that ran. */
async function longestBlock(run: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await run();
  clearInterval(timer);
  return longest;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-gate-"));
  counter = join(folder, "counter");
  writeFileSync(counter, "0");
  problems = [];
});

afterEach(async () => {
  await Promise.all(processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).map(kill));
  for (const gate of gates) gate.close();
  gates = [];
  processes = [];
  await rm(folder, { recursive: true });
});

describe("the gate of a data folder", () => {
  test.each(["open", "change"])("a process stopped in the midst of '%s' blocks no event loop", async (what) => {
    const gate = await opened();
    const { child } = await start(what);
    child.kill("SIGSTOP");
    let isChanged = false;
    const changed = (what === "open" ? gate.changeAsync(async () => {}) : gate.untilFree()).then(() => {
      isChanged = true;
    });
    const blockedMs = await longestBlock(async () => {
      for (let index = 0; index < 20; index++) {
        expect(() => gate.change(() => {})).toThrow(StoreHeldError);
        await sleep(systemClock, 20);
      }
    });
    // It waits for 20 ms once; the rest is what other programs on this machine take.
    expect(blockedMs).toBeLessThan(1_000);
    expect(isChanged).toBe(false);
    child.kill("SIGKILL");
    await changed;
    expect(gate.change(() => "done")).toBe("done");
  });

  test("who is waited for is named after a while", async () => {
    let laterMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + laterMs };
    const gate = await createOpenGate(folder, clock, (problem) => problems.push(problem.message));
    gates.push(gate);
    await gate.open(async () => {});
    const { child } = await start("open");
    child.kill("SIGSTOP");
    const waiting = gate.changeAsync(async () => {});
    await sleep(systemClock, 50);
    expect(problems).toEqual([]);
    laterMs = 6_000;
    await sleep(systemClock, 50);
    expect(problems).toEqual([
      expect.stringMatching(new RegExp(`^Process ${child.pid} \\(node gate-process.ts\\) has been opening`)),
    ]);
    laterMs = 62_000;
    await expect(waiting).rejects.toThrow("Fix: let it go on, or end it");
  });

  test("processes change one at a time, also while others open and end", async () => {
    const counting = await Promise.all([start("count"), start("count"), start("count")]);
    expect(counting.map(({ line }) => line)).toEqual(["counted", "counted", "counted"]);
    // Each counts once as it opens, 200 times less those that others do in its place, and twice by a gate beside it.
    expect(Number(readFileSync(counter, "utf8"))).toBe(3 * (1 + 200));
  });

  test("a process that was killed in the midst is waited for by nobody", async () => {
    for (const what of ["open", "change", "open"]) await kill((await start(what)).child);
    expect((await opened()).change(() => 1)).toBe(1);
  });

  test("an older version's process that has the folder open is named; what it leaves behind is not in the way", async () => {
    const { pid, startTime, pidNamespace } = currentProcess();
    mkdirSync(join(folder, "changing"));
    const flag = join(folder, "changing", [pid, startTime, pidNamespace.replace(/\D/g, ""), "x"].join("."));
    writeFileSync(flag, "");
    await expect(gateOf()).rejects.toThrow(`Process ${pid} has the data folder ${folder} open with an older Fivefold`);
    await rm(flag);
    await opened();
    // Where an older version would make a folder.
    expect(existsSync(join(folder, "changing"))).toBe(true);
    expect(() => mkdirSync(join(folder, "changing"), { recursive: true })).toThrow();
  });

  test.skipIf(!canUnshare)(
    "a process of another container is refused, with the reason, as long as one is there",
    async () => {
      const gate = await opened();
      const refused = await start("stay", OWN_NAMESPACE);
      expect(refused.line).toContain(`is in use by process ${process.pid} of another container`);
      gate.close();
      gates = [];
      const first = await start("stay", OWN_NAMESPACE);
      expect(first.line).toBe("open");
      // Both are process 1.
      const second = await start("stay", [...OWN_NAMESPACE, "--net", "--ipc"]);
      expect(second.line).toContain("is in use by process 1 of another container");
      await expect((await gateOf()).open(async () => {})).rejects.toThrow(
        "is in use by process 1 of another container",
      );
      await kill(first.child);
      expect((await start("stay", OWN_NAMESPACE)).line).toBe("open");
    },
  );
});
