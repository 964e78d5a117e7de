import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { installParts } from "./install.ts";
import { installPart, type Part, partsFolder } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fivefold-parts-"));
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

function part(build: Part["build"]): Part {
  return { name: "tool", version: "1.0", takes: "no time", build };
}

const writesProgram = async (folder: string) => writeFileSync(join(folder, "program"), "built");

describe("a part", () => {
  test("is built once, into a folder named by its version", async () => {
    const build = vi.fn(writesProgram);
    const folder = await installPart(part(build), root);
    expect(folder).toBe(join(root, "tool-1.0"));
    expect(readFileSync(join(folder, "program"), "utf8")).toBe("built");
    await installPart(part(build), root);
    expect(build).toHaveBeenCalledTimes(1);
    await installPart({ ...part(build), version: "1.1" }, root);
    expect(readdirSync(root)).toEqual(expect.arrayContaining(["tool-1.0", "tool-1.1"]));
  });

  test("that can't be built leaves nothing, and an error that shows what the tools printed", async () => {
    const fails = part(async (folder, log) => {
      await writesProgram(folder);
      await runTool(process.execPath, ["-e", "console.log('no such module'); process.exit(3)"], { cwd: folder, log });
    });
    await expect(installPart(fails, root)).rejects.toThrow(
      /^tool-1\.0 could not be installed: .* ended with 3\nThe end of .*tool-1\.0\.log:\nno such module$/,
    );
    expect(readdirSync(root).filter((name) => !/\.(log|lock)$/.test(name))).toEqual([]);
    const folder = await installPart(part(writesProgram), root);
    expect(existsSync(join(folder, "program"))).toBe(true);
  });

  test("is built by one of the processes that want it, and by the next where that is killed", async () => {
    const started = join(root, "started");
    const start = () => fork(new URL("./part-build-worker.ts", import.meta.url), [root, started], { stdio: "ignore" });
    const builds = () =>
      existsSync(started) ? readFileSync(started, "utf8").split("\n").filter(Boolean).map(Number) : [];
    const processes = [start(), start(), start()];
    const ended = processes.map((child) => once(child, "exit"));
    await vi.waitFor(() => expect(builds()).toHaveLength(1), 20_000);
    const [killed] = builds();
    processes.find(({ pid }) => pid === killed)!.kill("SIGKILL");
    // The builders wait for this file, so that the first was killed in the middle.
    appendFileSync(join(root, "go-on"), "");
    await Promise.all(ended);

    expect(builds()).toHaveLength(2);
    expect(processes.map(({ exitCode, pid }) => (pid === killed ? "killed" : exitCode)).sort()).toEqual([
      0,
      0,
      "killed",
    ]);
    expect(readFileSync(join(root, "tool-1.0", "program"), "utf8")).toBe(`built by ${builds()[1]}`);
    expect(readdirSync(root).filter((name) => name.includes("building"))).toEqual([]);
  });
});

test("parts are kept where the environment says, else in the user's cache", () => {
  expect(partsFolder({ FIVEFOLD_PARTS_CACHE: "/parts", XDG_CACHE_HOME: "/cache" })).toBe("/parts");
  expect(partsFolder({ XDG_CACHE_HOME: "/cache" })).toBe("/cache/fivefold-parts");
  expect(partsFolder({})).toMatch(/\/\.cache\/fivefold-parts$/);
});

test("a part that does not exist is named together with those that do", async () => {
  await expect(installParts(["puslar"])).rejects.toThrow(
    "There is no part 'puslar'; there are pulsar, kubernetes, pulumi",
  );
});

describe("a tool", () => {
  test("that is missing is an error that says how to get it", async () => {
    const at = { cwd: root, log: join(root, "log"), env: { PATH: root } };
    await expect(runTool("mvn", [], at)).rejects.toThrow("'mvn' is not on the PATH; install Apache Maven");
  });

  test("is tried again as often as it may be", { timeout: 20_000 }, async () => {
    const program =
      "const { appendFileSync, statSync } = require('fs'); appendFileSync('tries', '.'); process.exit(statSync('tries').size < 2 ? 1 : 0)";
    await runTool(process.execPath, ["-e", program], { cwd: root, log: join(root, "log"), attempts: 2 });
    expect(readFileSync(join(root, "tries"), "utf8")).toBe("..");
  });
});
