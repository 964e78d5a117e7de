import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { outOfMemoryKills, startLoneProcess } from "../../../runtime/execution/lone-process.ts";

function controlGroups(): string {
  const root = mkdtempSync(join(tmpdir(), "fivefold-cgroup-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

const EVENTS = (kills: number) => `low 0\nhigh 12\nmax 3\noom 9\noom_kill ${kills}\noom_group_kill 5\n`;

test("kills for want of memory are counted in both versions of control groups", () => {
  const root = controlGroups();
  expect(outOfMemoryKills(root)).toBe(0);
  mkdirSync(join(root, "memory"));
  writeFileSync(join(root, "memory/memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  expect(outOfMemoryKills(root)).toBe(2);
  writeFileSync(join(root, "memory.events"), EVENTS(4));
  expect(outOfMemoryKills(root)).toBe(4);
});

/** How a process ends, and whether that counts as its own doing, that is killed while the kernel counts `kills` more. */
async function killed(kills: number): Promise<[how: string, byItself: boolean]> {
  const root = controlGroups();
  writeFileSync(join(root, "memory.events"), EVENTS(7));
  return new Promise((resolve) => {
    const lone = startLoneProcess(
      { kind: "open", url: "data:text/javascript,export const executor = {};", subscriber: "default", connection: {} },
      {
        answered() {
          writeFileSync(join(root, "memory.events"), EVENTS(7 + kills));
          lone.kill();
        },
        ended: (how, byItself) => resolve([how, byItself]),
      },
      root,
    );
  });
}

test("a process that the kernel killed for want of memory ended by itself, and any other that was killed did not", async () => {
  expect(await killed(1)).toEqual(["out of memory", true]);
  expect(await killed(0)).toEqual(["SIGKILL", false]);
});
