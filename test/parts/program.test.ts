import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type ProgramOptions, startProgram } from "./program.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-program-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that lives without an end, and serves from its nth start on. */
function lateProgram(servesAtStart: number): ProgramOptions {
  const log = join(folder, "log");
  return {
    name: "the late one",
    command: "/bin/sh",
    args: ["-c", "echo $$; exec sleep 1000"],
    log,
    readyWithinMs: 1_000,
    starts: 2,
    async ready() {
      const pids = (await readFile(log, "utf8")).trim().split("\n").filter(Boolean);
      return pids.length === servesAtStart ? undefined : `it was started ${pids.length} times`;
    },
  };
}

test("what does not serve is killed, and started again", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const options = lateProgram(2);
  const program = await startProgram(options);
  const [first, second] = (await readFile(options.log, "utf8")).trim().split("\n").map(Number);
  expect(program.pid).toBe(second);
  expect(() => process.kill(first!, 0)).toThrow("ESRCH");
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("it was started 1 times"));
  await program.kill();
});

test("what ends by itself is started once", async () => {
  const options = { ...lateProgram(2), args: ["-c", "echo $$; exit 3"] };
  await expect(startProgram(options)).rejects.toThrow("the late one ended with exit code 3 before it served");
  expect(await readFile(options.log, "utf8")).toMatch(/^\d+\n$/);
});

test("what serves at no start is an error that says what is missing, and leaves nothing behind", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const options = lateProgram(3);
  await expect(startProgram(options)).rejects.toThrow(
    /the late one did not serve within 1000 ms: it was started 2 times/,
  );
  const pids = (await readFile(options.log, "utf8")).trim().split("\n").map(Number);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
