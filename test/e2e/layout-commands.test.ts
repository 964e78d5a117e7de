import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type RunningCommand, startCommand } from "../cli/project.ts";
import { installTarball } from "./layouts/installed.ts";
import { type Layout, nodeTest, sendProgram, vitestTest } from "./layouts/layout.ts";
import { LAYOUTS } from "./layouts/layouts.ts";

/** Every command of the package that npm installed, in projects as others have them. */

/** A folder with `node_modules`. */
let installed: string;

beforeAll(() => {
  installed = installTarball(["vitest", "react", "react-dom", "@types/react", "@types/react-dom"]);
});

const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`, NO_COLOR: "1" };
delete (env as NodeJS.ProcessEnv).FIVEFOLD_DATA;

class LayoutProject {
  readonly root: string;
  readonly folder: string;

  constructor(layout: Layout) {
    this.root = mkdtempSync(join(tmpdir(), "fivefold-layout-"));
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    this.folder = join(this.root, layout.folder ?? "");
    // Hard links: as good as a copy, and made at once.
    spawnSync("cp", ["-al", join(installed, "node_modules"), this.root]);
    this.write(layout.files);
    for (const [name, path] of Object.entries(layout.links ?? {})) {
      mkdirSync(dirname(join(this.root, "node_modules", name)), { recursive: true });
      symlinkSync(join(this.root, path), join(this.root, "node_modules", name));
    }
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), text);
    }
  }

  start(program: string, ...args: readonly string[]): RunningCommand {
    return startCommand(process.execPath, [join(this.root, "node_modules", program), ...args], this.folder, env);
  }

  fivefold(...args: readonly string[]): RunningCommand {
    return this.start(".bin/fivefold", ...args);
  }

  node(...args: readonly string[]): RunningCommand {
    return startCommand(process.execPath, args, this.folder, env);
  }
}

/** For what must succeed, without a complaint. */
async function succeeds(command: RunningCommand): Promise<string> {
  const { code, stdout, stderr } = await command.ended();
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout });
  return stdout;
}

async function interrupted(command: RunningCommand): Promise<void> {
  command.process.kill("SIGINT");
  expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
}

describe.each(LAYOUTS)("in $name:", (layout) => {
  test("all commands", async () => {
    const project = new LayoutProject(layout);
    const { prints, edit, tsc } = layout;
    const send = sendProgram(layout);

    await succeeds(project.fivefold("new", "greet"));
    await succeeds(project.fivefold("build"));
    await succeeds(project.start("typescript/bin/tsc", ...tsc));
    project.write(layout.useCase);
    const folder = layout.folder ? `${layout.folder}/` : "";
    project.write({
      [folder + send.path]: send.text,
      [`${folder}test/ask.test.ts`]: nodeTest(layout),
      [`${folder}test/ask.spec.ts`]: vitestTest(layout),
      ...(layout.vitest && { [`${folder}vitest.config.mts`]: `export default { ${layout.vitest} };\n` }),
    });
    expect(await succeeds(project.fivefold("build"))).toContain("✓ 2 use cases → generated/");
    await succeeds(project.fivefold("build", "--check"));
    await succeeds(project.start("typescript/bin/tsc", ...tsc));

    const dev = project.fivefold("dev");
    await dev.prints("running 2 use cases");
    await succeeds(project.fivefold("enqueue", "ask", '{ "id": "e1" }'));
    await dev.prints(`handled e1 ${prints}`);
    const text = readFileSync(join(project.root, edit.path), "utf8");
    project.write({ [edit.path]: text.replace(edit.from, edit.to) });
    await dev.prints("running 2 use cases", 2);
    await succeeds(project.fivefold("enqueue", "ask", '{ "id": "e2" }'));
    await dev.prints(`handled e2 ${edit.prints}`);
    await interrupted(dev);
    project.write({ [edit.path]: text });

    const start = project.fivefold("start", "--metrics-port", "0");
    await start.prints("runs ask, greet");
    await succeeds(project.node("--import", "fivefold/register", send.path));
    await start.prints(`handled by-program ${prints}`);
    await interrupted(start);

    await succeeds(project.node("--import", "fivefold/register", "--test", "test/ask.test.ts"));
    await succeeds(project.start("vitest/vitest.mjs", "run", "test/ask.spec.ts"));

    const image = mkdtempSync(join(tmpdir(), "fivefold-image-"));
    onTestFinished(() => rmSync(image, { recursive: true, force: true }));
    await succeeds(project.fivefold("stage", image));
    await succeeds(project.fivefold("enqueue", "ask", '{ "id": "e3" }', "--data", join(image, "data")));
    // Whatever the image needs, it has.
    renameSync(project.root, `${project.root}-away`);
    onTestFinished(() => rmSync(`${project.root}-away`, { recursive: true, force: true }));
    expect(existsSync(join(image, "node_modules/fivefold/dist/compiler"))).toBe(false);
    const staged = startCommand(
      process.execPath,
      ["node_modules/fivefold/dist/cli/main.js", "start", "ask", "--metrics-port", "0"],
      image,
      { ...env, FIVEFOLD_DATA: join(image, "data") },
    );
    await staged.prints(`handled e3 ${prints}`);
    await interrupted(staged);
  });
});
