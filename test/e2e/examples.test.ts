import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { packPackage } from "../cli/packed.ts";
import { startCommand } from "../cli/project.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLES = join(ROOT, "examples");
const MODULES = join(ROOT, "node_modules");
const packed = await packPackage();

const names = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** A copy of the example with the package as it is published, and the two packages that examples need besides. */
function copyExample(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `fivefold-example-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const isSource = (path: string) => !/node_modules|generated|contracts\.lock|\.fivefold|\/out$/.test(path);
  cpSync(join(EXAMPLES, name), folder, { recursive: true, filter: isSource });
  mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
  symlinkSync(packed, join(folder, "node_modules", "fivefold"));
  for (const module of ["typescript", "@types/node"])
    symlinkSync(join(MODULES, module), join(folder, "node_modules", module));
  return folder;
}

function node(cwd: string, ...args: readonly string[]): string {
  const env = { ...process.env, NO_COLOR: "1", PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: "utf8" });
  expect(status, `${args.join(" ")}:\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** What `fivefold dev` says once the events of `npm start` are handled. */
const HANDLED: Readonly<Record<string, readonly [text: string, times: number][]>> = {
  thumbnails: [
    ["make-thumbnail  done", 3],
    ["is no PPM image", 1],
  ],
  billing: [["invoice DE0001-2027-01: DE0001 owes", 1]],
  digest: [],
};

test.each(names.map(({ name }) => name))(
  "the example '%s' builds, passes its tests, and runs",
  async (name) => {
    const folder = copyExample(name);
    const fivefold = join(folder, "node_modules", "fivefold", "dist", "cli", "main.js");
    expect(node(folder, fivefold, "build")).toContain("→ generated/");
    node(folder, join(MODULES, "typescript", "bin", "tsc"), "-p", ".");
    const tests = readdirSync(join(folder, "test")).map((file) => join("test", file));
    expect(node(folder, "--test", "--test-reporter=tap", ...tests)).toMatch(/^# pass [1-9]\d*\n# fail 0$/m);

    const dev = startCommand(process.execPath, [fivefold, "dev"], folder);
    await dev.prints("running ");
    node(folder, "src/start.ts");
    for (const [text, times] of HANDLED[name] ?? []) await dev.prints(text, times);
    // One email each for three people; more where their news came in several batches.
    if (name === "digest") {
      const emails = () => (existsSync(join(folder, "out")) ? readdirSync(join(folder, "out")).length : 0);
      await expect.poll(emails, { timeout: 60_000 }).toBeGreaterThanOrEqual(3);
    }
    dev.process.kill("SIGINT");
    expect((await dev.ended()).code).toBe(0);
  },
  100_000,
);
