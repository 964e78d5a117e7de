import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startCommand } from "../cli/project.ts";
import { copyForPacking } from "../copy-for-packing.ts";
import { installParts } from "../parts/install.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { createPulumiCli } from "../parts/pulumi-cli.ts";
import { documentedFile } from "../stacks/documented-file.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** The same Node for npm and npx as for this test. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`, NO_COLOR: "1" };
const folders: string[] = [];

beforeAll(() => installParts(["pulumi"]), INSTALL_TIMEOUT_MS);

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-package-"));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function run(cwd: string, command: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** As `run`, for what must succeed. */
function succeed(cwd: string, command: string, ...args: readonly string[]): string {
  const { status, stdout, output } = run(cwd, command, ...args);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${output}`);
  return stdout;
}

function copyRepository(): string {
  const copy = temporaryFolder();
  copyForPacking(copy);
  return copy;
}

type Instruction = readonly [name: string, rest: string];

/** The instructions of a Dockerfile, by stage. */
function stagesOf(recipe: string): [first: Instruction[], second: Instruction[]] {
  const lines = recipe.split("\n").filter((line) => /^[A-Z]/.test(line));
  const instructions = lines.map((line): Instruction => {
    const [name = "", ...rest] = line.split(" ");
    return [name, rest.join(" ")];
  });
  const last = instructions.findLastIndex(([name]) => name === "FROM");
  expect(last).toBeGreaterThan(0);
  return [instructions.slice(0, last), instructions.slice(last)];
}

/** npm may put the compiler's TypeScript below the package, where another one is wanted beside it. */
function tscOf(project: string): string {
  const compiler = createRequire(join(project, "node_modules", "fivefold", "package.json"));
  return join(dirname(compiler.resolve("typescript/package.json")), "bin", "tsc");
}

function manifestOf(folder: string): string {
  return readFileSync(join(folder, "package.json"), "utf8");
}

describe("packing", () => {
  test("points package.json at dist/ while it packs, and puts it back byte for byte", () => {
    const copy = copyRepository();
    const source = manifestOf(copy);
    const [packed] = JSON.parse(succeed(copy, "npm", "pack", "--json"));
    expect(manifestOf(copy)).toBe(source);
    const paths: string[] = packed.files.map(({ path }: { path: string }) => path);
    expect(paths.filter((path) => !path.startsWith("dist/")).sort()).toEqual(
      ["LICENSE", "README.md", "package.json"].filter((path) => existsSync(join(REPOSITORY, path))),
    );
    // Of TypeScript only the declarations of what can be imported.
    const typescript = paths.filter((path) => path.endsWith(".ts"));
    expect(typescript).toContain("dist/runtime/authoring/index.d.ts");
    expect(typescript).toContain("dist/stacks/stacks.d.ts");
    expect(
      typescript.filter(
        (path) => !/^dist\/(config|runtime|stacks|compiler\/(diagnostics|model|settings))\/.*\.d\.ts$/.test(path),
      ),
    ).toEqual([]);
  });

  test("a pack that was killed is undone by the next one, or by postpack", () => {
    const copy = copyRepository();
    const source = manifestOf(copy);
    succeed(copy, process.execPath, "scripts/pack.ts", "prepack");
    expect(JSON.parse(manifestOf(copy)).bin).toEqual({ fivefold: "./dist/cli/main.js" });
    succeed(copy, process.execPath, "scripts/pack.ts", "prepack");
    succeed(copy, process.execPath, "scripts/pack.ts", "postpack");
    expect(manifestOf(copy)).toBe(source);
    succeed(copy, process.execPath, "scripts/pack.ts", "postpack");
    expect(manifestOf(copy)).toBe(source);
  });

  test("edits after a pack that was killed are not thrown away", () => {
    const copy = copyRepository();
    succeed(copy, process.execPath, "scripts/pack.ts", "prepack");
    const edited = manifestOf(copy).replace("0.1.0", "0.2.0");
    writeFileSync(join(copy, "package.json"), edited);
    const { status, output } = run(copy, process.execPath, "scripts/pack.ts", "postpack");
    expect(status).not.toBe(0);
    expect(output).toContain("package.json was edited after a pack that did not end");
    expect(manifestOf(copy)).toBe(edited);
  });
});

describe("the package, installed in an empty folder", () => {
  let project: string;

  beforeAll(() => {
    const copy = copyRepository();
    const [{ filename }] = JSON.parse(succeed(copy, "npm", "pack", "--json"));
    project = temporaryFolder();
    succeed(project, "npm", "init", "-y");
    succeed(project, "npm", "install", "--no-audit", "--no-fund", join(copy, filename));
  });

  test("new, build, check and tsc pass with no further edit", () => {
    succeed(project, "npx", "fivefold", "new", "greet");
    expect(succeed(project, "npx", "fivefold", "build")).toContain("✓ 1 use case → generated/");
    expect(succeed(project, "npx", "fivefold", "build", "--check")).toContain("is up to date");
    succeed(project, process.execPath, "node_modules/typescript/bin/tsc", "-p", ".");
  });

  test("dev runs the use case for a program that imports only its client, and ends on Ctrl+C", async () => {
    writeFileSync(
      join(project, "enqueue.ts"),
      `import { greet } from "./generated/greet/client.ts";
await greet.enqueue({ subject: "world", count: 3 });
await greet.enqueue({ subject: "nobody", count: 1 });
`,
    );
    const bin = join(project, "node_modules", ".bin", "fivefold");
    const dev = startCommand(process.execPath, [bin, "dev"], project);
    await dev.prints("running 1 use case");
    succeed(project, process.execPath, "enqueue.ts");
    await dev.prints("3 × world");
    await dev.prints("there is nothing to do for nobody");
    dev.process.kill("SIGINT");
    const { code, stdout, stderr } = await dev.ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/greet {2}done .* m?s\n/);
    expect(stdout).toMatch(/greet {2}dead letter .*there is nothing to do for nobody\n/);
  });

  test("the image's recipe makes of it a folder in which an executor runs, and that holds no compiler", async () => {
    const [build, executor] = [temporaryFolder(), join(temporaryFolder(), "executor")];
    const [first, second] = stagesOf(documentedFile("Dockerfile"));
    for (const [instruction, rest] of first) {
      const [to, ...from] = rest.split(" ").reverse();
      if (instruction === "COPY" && to === "./")
        for (const file of from) cpSync(join(project, file), join(build, file));
      if (rest === ". .")
        cpSync(project, build, { recursive: true, filter: (path) => !/node_modules|\.fivefold/.test(path) });
      if (instruction !== "RUN") continue;
      const command = rest.replace("/executor", executor);
      if (command.includes("fivefold stage")) {
        // Pulsar is reached without the package that this project did not install; who wants it is told that it is missing.
        const { status, output } = run(build, "sh", "-c", `${command} --native-pulsar`);
        expect({ status, output }).toMatchObject({
          status: 3,
          output: expect.stringContaining("npm install pulsar-client"),
        });
        rmSync(executor, { recursive: true });
      }
      succeed(build, "sh", "-c", command);
    }
    const packages = readdirSync(join(executor, "node_modules"));
    expect(packages).toEqual(expect.arrayContaining(["fivefold", "commander", "lmdb", "pg"]));
    expect(packages.filter((name) => /typescript|ts-morph|prettier|vscode|pulumi|pulsar/.test(name))).toEqual([]);
    expect(existsSync(join(executor, "node_modules/fivefold/dist/compiler"))).toBe(false);

    const entry = JSON.parse(new Map(second).get("ENTRYPOINT") ?? "[]") as string[];
    expect(entry[0]).toBe("node");
    const args = [...entry.slice(1), "start", "greet", "--metrics-port", "0"];
    const data = { ...env, FIVEFOLD_DATA: join(temporaryFolder(), "data") };
    const started = startCommand(process.execPath, args, executor, data);
    await started.prints("runs greet; metrics on port ");
    const port = /on port (\d+)/.exec(started.printed.stdout)?.[1];
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    started.process.kill("SIGTERM");
    expect(await started.ended()).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("drained") });
  });

  test("a wrong event is an error of TypeScript's, in the program that enqueues it", () => {
    writeFileSync(
      join(project, "wrong.ts"),
      `import { greet } from "./generated/greet/client.ts";\nawait greet.enqueue({ subject: 7, count: 3 });\n`,
    );
    const { status, output } = run(project, process.execPath, "node_modules/typescript/bin/tsc", "-p", ".");
    rmSync(join(project, "wrong.ts"));
    expect(status).not.toBe(0);
    expect(output).toMatch(/wrong\.ts\(2,23\): error TS2322: Type 'number' is not assignable to type/);
  });

  test("a Node that runs no TypeScript is refused in one line", () => {
    const bin = join(project, "node_modules", "fivefold", "dist", "cli", "main.js");
    const { status, output } = run(project, process.execPath, "--no-experimental-strip-types", bin, "build");
    expect(status).toBe(3);
    expect(output).toBe(
      `fivefold needs Node 22.18 or newer, which runs TypeScript files as they are; this is Node ${process.version}.\n`,
    );
  });

  // npm has old Nodes for Linux on every processor that CI runs on.
  test.runIf(process.platform === "linux").each(["12", "22.17"])(
    "so is Node %s, before it reads any newer syntax",
    (version) => {
      const folder = temporaryFolder();
      const name = `node-linux-${process.arch}`;
      succeed(folder, "npm", "install", "--no-save", "--prefer-offline", `${name}@${version}`);
      const bin = join(project, "node_modules", "fivefold", "dist", "cli", "main.js");
      const { status, output } = run(project, join(folder, "node_modules", name, "bin", "node"), bin, "build");
      expect(output).toMatch(
        /^(\(node:.*ExperimentalWarning.*\n)?fivefold needs Node 22\.18 or newer, which runs TypeScript files as they are; this is Node v[\d.]+\n$/,
      );
      expect(status).toBe(3);
    },
  );

  test("its Pulumi program, as documented, type-checks and comes as far as asking Pulsar", async () => {
    const { devDependencies } = JSON.parse(manifestOf(REPOSITORY)) as { devDependencies: Record<string, string> };
    const wanted = ["@pulumi/pulumi", "@pulumi/kubernetes", "@grafana/grafana-foundation-sdk"];
    const packages = wanted.map((name) => `${name}@${devDependencies[name]}`);
    succeed(project, "npm", "install", "--save-dev", "--no-audit", "--no-fund", ...packages);
    mkdirSync(join(project, "stacks"));
    for (const file of ["stacks/Pulumi.yaml", "stacks/index.ts"])
      writeFileSync(join(project, file), documentedFile(file));
    succeed(project, process.execPath, tscOf(project), "-p", ".");

    const pulumi = await createPulumiCli();
    onTestFinished(pulumi.remove);
    const stack = await LocalWorkspace.createStack(
      { stackName: "test", workDir: join(project, "stacks") },
      { envVars: pulumi.env, pulumiCommand: await PulumiCommand.get({ root: pulumi.root }) },
    );
    // Nobody answers there.
    await stack.setAllConfig({
      "fivefold:pulsarAdminUrl": { value: "http://127.0.0.1:9" },
      "fivefold:tenant": { value: "shop" },
      "fivefold:namespace": { value: "test" },
      "fivefold:clusters": { value: '["standalone"]' },
    });
    await expect(stack.preview()).rejects.toThrow(
      /GET http:\/\/127\.0\.0\.1:9\/admin\/v2\/tenants\/shop was not answered: .*Is fivefold:pulsarAdminUrl the web service's URL/,
    );
  });
});
