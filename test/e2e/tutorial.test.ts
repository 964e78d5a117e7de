import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type RunningCommand, startCommand } from "../cli/project.ts";
import { copyForPacking } from "../copy-for-packing.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/tutorial.md"), "utf8");
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  NO_COLOR: "1",
  npm_config_prefer_offline: "true",
  ...committer(),
};
/** Who commits: a machine that runs tests may know nobody. */
function committer(): Record<string, string> {
  const names = ["AUTHOR", "COMMITTER"].flatMap((who) => [
    [`GIT_${who}_NAME`, "Ada"],
    [`GIT_${who}_EMAIL`, "ada@example.org"],
  ]);
  return Object.fromEntries(names);
}

const scratch = mkdtempSync(join(tmpdir(), "fivefold-tutorial-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const shop = join(scratch, "shop");
const useCase = join(shop, "usecases", "ship-order.ts");

function sh(cwd: string, command: string) {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { cwd, env, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

function succeed(cwd: string, command: string): string {
  const { status, output } = sh(cwd, command);
  expect(status, `${command}\n${output}`).toBe(0);
  return output;
}

/** Edits the use case, as the page asks a reader to. */
function edit(from: string, to: string): void {
  const text = readFileSync(useCase, "utf8");
  expect(text).toContain(from);
  writeFileSync(useCase, text.replace(from, to));
}

/** What a build says after an edit that the page calls a mistake. */
function refusal(from: string, to: string): string {
  edit(from, to);
  const { status, output } = sh(shop, "npx fivefold build");
  expect(status).toBe(1);
  edit(to, from);
  return output;
}

test("the tutorial, from its first command to its last, on the package as it is published", async () => {
  const copy = join(scratch, "copy");
  mkdirSync(copy);
  copyForPacking(copy);
  const [{ filename }] = JSON.parse(
    spawnSync("npm", ["pack", "--json"], { cwd: copy, env, encoding: "utf8" }).stdout,
  ) as [{ filename: string }];
  let output = "";
  let dev: RunningCommand | undefined;
  const commands: string[] = [];

  const run = async (command: string) => {
    commands.push(command);
    if (command === "mkdir shop && cd shop") mkdirSync(shop);
    else if (command === "npx fivefold dev") {
      dev = startCommand(process.execPath, [join(shop, "node_modules", ".bin", "fivefold"), "dev"], shop);
      await dev.prints("running 2 use cases");
    } else {
      const isPackage = command === "npm install fivefold";
      output = succeed(shop, isPackage ? `npm install --no-audit --no-fund ${join(copy, filename)}` : command);
    }
  };
  const shows = async (text: string) => {
    if (text.includes("bad-key-field")) output = refusal('dedupeBy: "orderId"', 'dedupeBy: "order"');
    if (text.includes("required-field-added")) {
      output = refusal("  parcels:", "  express: boolean;\n  parcels:");
      edit("  parcels:", "  express?: boolean;\n  parcels:");
    }
    if (!dev) return expect(output).toContain(text);
    for (const line of text.split("\n")) await dev.prints(line);
    // The page's next command lists the dead letter: on its own disk it is by then.
    await dev.prints("nobody delivers to Atlantis");
    dev.process.kill("SIGINT");
    expect((await dev.ended()).code).toBe(0);
    dev = undefined;
  };

  for (const [, language, block = ""] of PAGE.matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)) {
    if (language === "sh") for (const line of block.split("\n")) await run(line);
    else if (language === "text") await shows(block);
    else {
      const path = /^\/\/ (\S+)$/m.exec(block)?.[1];
      if (!path) throw new Error(`The page does not say which file this is:\n${block}`);
      mkdirSync(dirname(join(shop, path)), { recursive: true });
      writeFileSync(join(shop, path), `${block}\n`);
    }
  }
  expect(commands).toContain("npx fivefold diff");
  expect(output).toContain("express");
});
