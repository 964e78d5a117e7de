import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { currentProcess, livenessOf } from "../../../runtime/adapters/embedded/lmdb/process-identity.ts";

const MODULE = fileURLToPath(new URL("../../../runtime/adapters/embedded/lmdb/process-identity.ts", import.meta.url));

/** Runs a module's text in a process of its own, below a shell's command, and returns what it prints. */
function run(shell: string, code: string): string {
  const { stdout, stderr } = spawnSync(
    "sh",
    ["-c", `${shell} "$0" --input-type=module -e "$1"`, process.execPath, code],
    {
      encoding: "utf8",
    },
  );
  if (stderr !== "") throw new Error(stderr);
  return stdout.trim();
}

describe("whether a process runs", () => {
  test("this one does; one of another start time with the same pid has ended", () => {
    expect(livenessOf(currentProcess())).toBe("alive");
    expect(livenessOf({ ...currentProcess(), startTime: "1" })).toBe("ended");
  });

  test("one that was killed has ended, also before its parent asked for its result", async () => {
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    const stat = run(
      "",
      `import { readFileSync } from "node:fs"; console.log(readFileSync("/proc/${child.pid}/stat", "utf8"))`,
    );
    const identity = { ...currentProcess(), pid: child.pid!, startTime: stat.split(") ")[1]!.split(" ")[19]! };
    expect(livenessOf(identity)).toBe("alive");
    child.kill("SIGSTOP");
    expect(livenessOf(identity)).toBe("alive");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(livenessOf(identity)).toBe("ended");
  });

  test("without a file descriptor left, nobody is taken for dead", () => {
    const parent = currentProcess();
    const code = `
      import { openSync } from "node:fs";
      import { livenessOf, currentProcess } from ${JSON.stringify(MODULE)};
      currentProcess();
      try { for (;;) openSync("/dev/null", "r"); } catch (error) { console.log(error.code); }
      console.log(livenessOf(${JSON.stringify(parent)}));
      console.log(livenessOf(${JSON.stringify({ ...parent, pid: 4_194_303 })}));`;
    // The one can't be asked; the other does not exist, which needs no descriptor to be told.
    expect(run("ulimit -n 64; exec", code).split("\n")).toEqual(["EMFILE", "unknown", "ended"]);
  });

  test("an identity without its parts is never made up", () => {
    const code = `
      import { openSync } from "node:fs";
      import { currentProcess } from ${JSON.stringify(MODULE)};
      try { for (;;) openSync("/dev/null", "r"); } catch {}
      try { console.log(currentProcess()); } catch (error) { console.log(error.code); }`;
    expect(run("ulimit -n 64; exec", code)).toBe("EMFILE");
  });

  test("one of another pid namespace can't be told", () => {
    expect(livenessOf({ ...currentProcess(), pidNamespace: "pid:[1]" })).toBe("unknown");
  });
});
