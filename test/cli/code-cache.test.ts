import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const CACHE = resolve(import.meta.dirname, "../../cli/code-cache.ts");

function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "code-cache-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = join(folder, "script.cjs");
  writeFileSync(
    script,
    "exports.twice = (n) => 2 * n; exports.here = __filename; exports.join = require('node:path').join;\n",
  );
  const program = `
    const { keepCode, loadScript } = await import(${JSON.stringify(CACHE)});
    const loaded = loadScript(${JSON.stringify(script)});
    console.log(JSON.stringify([loaded.twice(21), loaded.here, loaded.join("a", "b")]));
    keepCode();`;
  const compiled = join(folder, "compiled");
  return {
    script,
    /** What a process that loads the script prints. */
    run(environment: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: compiled }): unknown {
      const { NODE_DISABLE_COMPILE_CACHE: _, ...env } = process.env;
      const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
        encoding: "utf8",
        env: { ...env, ...environment },
      });
      return stdout === "" ? stderr : JSON.parse(stdout);
    },
    kept(): string[] {
      const paths = readdirSync(compiled, { recursive: true, encoding: "utf8" });
      return paths.filter((path) => /fivefold-[\w-]+$/.test(path)).map((path) => join(compiled, path));
    },
  };
}

test("code is kept once, and taken from then on", () => {
  const { script, run, kept } = scratch();
  const expected = [42, script, join("a", "b")];
  expect(run()).toEqual(expected);
  const [file, ...others] = kept();
  expect(others).toEqual([]);
  const before = statSync(file!).ino;
  expect(run()).toEqual(expected);
  expect(kept()).toEqual([file]);
  expect(statSync(file!).ino).toBe(before);
});

test("what is not whole is compiled and kept anew", () => {
  const { script, run, kept } = scratch();
  run();
  const [file] = kept();
  const whole = readFileSync(file!);
  for (const broken of [whole.subarray(0, whole.length / 2), Buffer.alloc(0), Buffer.from(whole).fill(7, 40, 60)]) {
    writeFileSync(file!, broken);
    expect(run()).toEqual([42, script, join("a", "b")]);
    expect(readFileSync(file!).length).toBeGreaterThan(broken.length - 1);
    expect(readFileSync(file!).equals(broken)).toBe(false);
  }
});

test("a script that changed is compiled again", () => {
  const { script, run } = scratch();
  run();
  writeFileSync(script, "exports.twice = (n) => 3 * n; exports.here = 'elsewhere'; exports.join = () => 0;\n");
  expect(run()).toEqual([63, "elsewhere", 0]);
});

test("where Node caches nothing, nothing is kept", () => {
  const { script, run } = scratch();
  expect(run({ NODE_DISABLE_COMPILE_CACHE: "1" })).toEqual([42, script, join("a", "b")]);
});
