import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject, type Project, type RunningCommand, startCommand } from "./project.ts";

/** A use case whose handler is that code. */
function useCaseText(handler: string): string {
  return `import { RejectError, useCase } from "fivefold";
import { setTimeout as sleep } from "node:timers/promises";

export interface Greeted {
  name: string;
}

export default useCase<Greeted>({
  owner: "team",
  delivery: { retry: { max: 0 } },
  handler: async (event, task) => {
    ${handler}
  },
});
`;
}

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  },
});

async function createGreeting(handler: string): Promise<Project> {
  return createProject({
    "usecases/greet.ts": useCaseText(handler),
    "package.json": '{ "type": "module" }',
    "tsconfig.json": TSCONFIG,
    "enqueue.ts": `import { greet } from "./generated/greet/client.ts";
await Promise.all(process.argv.slice(2).map((name) => greet.enqueue({ name })));
`,
  });
}

async function enqueue(project: Project, ...names: readonly string[]): Promise<void> {
  const { code, stderr } = await startCommand(process.execPath, ["enqueue.ts", ...names], project.root).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

async function stop(dev: RunningCommand): Promise<void> {
  dev.process.kill("SIGINT");
  expect((await dev.ended()).code).toBe(0);
}

const SAY = "console.log('hello', event.name); if (event.name === 'nobody') throw new RejectError('nobody is there');";

test("runs what another process enqueues, tells how each task ended, and ends on SIGINT", async () => {
  const project = await createGreeting(SAY);
  const dev = project.start(["dev"]);
  await dev.prints("running 1 use case, data in .fivefold/data, Ctrl+C to end");
  await enqueue(project, "Ada", "nobody");
  await dev.prints("hello Ada");
  await dev.prints("nobody is there");
  await dev.prints("  done  ");
  await stop(dev);
  expect(dev.printed.stderr).toBe("");
  expect(dev.printed.stdout).toMatch(/^\d\d:\d\d:\d\d {2}greet {2}done {9}\S+ {2}\d+ m?s$/m);
  expect(dev.printed.stdout).toMatch(/^\d\d:\d\d:\d\d {2}greet {2}dead letter {2}\S+ {2}try 1 {2}nobody is there$/m);
});

test("a changed handler takes over; one with errors is shown, and the last good one goes on", async () => {
  const project = await createGreeting(SAY);
  const dev = project.start(["dev"]);
  await dev.prints("running 1 use case");

  await project.write("usecases/greet.ts", useCaseText("console.log('good day', event.name);"));
  await dev.prints("running 1 use case", 2);
  await enqueue(project, "Ada");
  await dev.prints("good day Ada");

  await project.write("usecases/greet.ts", useCaseText("console.log(event.nam);"));
  await dev.prints("The last good build keeps running");
  expect(dev.printed.stderr).toMatch(/usecases\/greet\.ts:12:\d+/);
  await enqueue(project, "Bob");
  await dev.prints("good day Bob");

  await project.write("usecases/greet.ts", useCaseText("console.log('welcome', event.name);"));
  await dev.prints("running 1 use case", 3);
  await enqueue(project, "Cyd");
  await dev.prints("welcome Cyd");

  // What lies outside of usecases/, too.
  await project.write("lib/word.ts", "export const WORD = 'hi';");
  await project.write(
    "usecases/greet.ts",
    `import { WORD } from "../lib/word.ts";\n${useCaseText("console.log(WORD, event.name);")}`,
  );
  await dev.prints("running 1 use case", 4);
  await project.write("lib/word.ts", "export const WORD = 'ahoy';");
  await dev.prints("running 1 use case", 5);
  await enqueue(project, "Dot");
  await dev.prints("ahoy Dot");
  await stop(dev);
});

test("a new use case is run without a restart of dev", async () => {
  const project = await createGreeting(SAY);
  const dev = project.start(["dev"]);
  await dev.prints("running 1 use case");
  await mkdir(join(project.root, "usecases", "billing"));
  await project.write("usecases/billing/charge.ts", useCaseText(SAY));
  await dev.prints("running 2 use cases");
  await stop(dev);
});

test("an error in the first build waits for its mending", async () => {
  const project = await createGreeting("return event.nam;");
  const dev = project.start(["dev"]);
  await dev.prints("Watching usecases/.");
  await project.write("usecases/greet.ts", useCaseText(SAY));
  await dev.prints("running 1 use case");
  await stop(dev);
});

test("a module that fails to load is its author's to mend: with its own message and place", async () => {
  const project = await createGreeting(SAY);
  await project.write("usecases/greet.ts", `${useCaseText(SAY)}throw new Error("no license key");\n`);
  const dev = project.start(["dev"]);
  await dev.prints("no license key");
  expect(dev.printed.stderr).toMatch(/usecases\/greet\.ts:\d+/);
  await project.write("usecases/greet.ts", useCaseText(SAY));
  await dev.prints("running 1 use case");
  await stop(dev);
});

test("SIGINT lets running tasks end", async () => {
  const project = await createGreeting(
    "console.log('begun', event.name); await sleep(1_000); console.log('finished');",
  );
  const dev = project.start(["dev"]);
  await dev.prints("running 1 use case");
  await enqueue(project, "Ada");
  await dev.prints("begun Ada");
  await stop(dev);
  expect(dev.printed.stdout).toMatch(/finished\n(.*\n)*.* done .*\n(.*\n)*Stopped/);
});

test("a task that kills its process is told and given up; the worker starts again by itself and runs the others", async () => {
  const project = await createGreeting(`if (event.name === 'Ada') process.exit(7); ${SAY}`);
  const dev = project.start(["dev"]);
  await dev.prints("running 1 use case");
  await enqueue(project, "Ada", "Bob");
  await dev.prints("the worker ended with exit code 7. It starts again now.");
  await dev.prints("running 1 use case", 2);
  await dev.prints("hello Bob");
  await dev.prints("dead letter");
  expect(dev.printed.stdout).toMatch(/dead letter .* ended its process \(exit code 7\), in which nothing else ran/);
  await stop(dev);
});

test("--json prints JSON lines alone; what handlers print goes to stderr", async () => {
  const project = await createGreeting(SAY);
  const dev = project.start(["dev", "--json", "--data", "elsewhere"]);
  await dev.prints('"ready"');
  const env = { ...process.env, FIVEFOLD_DATA: join(project.root, "elsewhere") };
  await startCommand(process.execPath, ["enqueue.ts", "Ada"], project.root, env).ended();
  await dev.prints('"task"');
  await stop(dev);
  expect(dev.printed.stderr).toBe("hello Ada\n");
  const lines = dev.printed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ event }) => event)).toEqual(["build", "ready", "task", "stopping", "stopped"]);
  expect(lines[2]).toMatchObject({ useCase: "greet", subscriber: "default", attempt: 1, result: "done" });
});

test("--json prints JSON lines alone, whatever goes wrong: errors of a build, a module that fails, a worker that ends", async () => {
  const project = await createGreeting("return event.nam;");
  const dev = project.start(["dev", "--json"]);
  await dev.prints('"ok":false');
  await project.write("usecases/greet.ts", `${useCaseText(SAY)}throw new Error("no license key");\n`);
  await dev.prints('"worker-failed"');
  await project.write("usecases/greet.ts", useCaseText("process.exit(7);"));
  await dev.prints('"ready"');
  await enqueue(project, "Ada");
  await dev.prints('"worker-crashed"');
  await dev.prints('"ready"', 2);
  await stop(dev);
  const lines = dev.printed.stdout.trim().split("\n");
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty("event");
  expect(dev.printed.stderr).toBe("");
});

test("a second dev on one data folder is told so, and ends; after a crash the folder is free", async () => {
  const project = await createGreeting(SAY);
  const first = project.start(["dev"]);
  await first.prints("running 1 use case");
  const second = await project.fivefold("dev");
  expect(second.code).toBe(2);
  expect(second.stderr).toContain(
    `Another \`fivefold dev\` (process ${first.process.pid}) runs on .fivefold/data, and one data folder has one.`,
  );
  const json = await project.fivefold("dev", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false });

  const beside = project.start(["dev", "--data", "elsewhere"]);
  await beside.prints("running 1 use case");
  await stop(beside);
  first.process.kill("SIGKILL");
  await first.ended();
  const next = project.start(["dev"]);
  await next.prints("running 1 use case");
  await stop(next);
});

test("a second Ctrl+C does not wait", async () => {
  const project = await createGreeting("console.log('begun'); await sleep(20_000);");
  const dev = project.start(["dev"]);
  await dev.prints("running 1 use case");
  await enqueue(project, "Ada");
  await dev.prints("begun");
  const startedAt = performance.now();
  dev.process.kill("SIGINT");
  await dev.prints("Ctrl+C again ends at once");
  await new Promise((resolve) => setTimeout(resolve, 700));
  await stop(dev);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test("where dev itself is killed, its worker ends too", async () => {
  const project = await createGreeting("console.log('worker', process.pid);");
  const dev = project.start(["dev"]);
  await dev.prints("running 1 use case");
  await enqueue(project, "Ada");
  await dev.prints("worker");
  const worker = Number(/^worker (\d+)$/m.exec(dev.printed.stdout)?.[1]);
  expect(process.kill(worker, 0)).toBe(true);
  dev.process.kill("SIGKILL");
  await expect.poll(() => isRunning(worker), { timeout: 10_000 }).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("without the package, the way to install it is told", async () => {
  const project = await createGreeting(SAY);
  await project.fivefold("build");
  expect((await startCommand("rm", ["node_modules/fivefold"], project.root).ended()).code).toBe(0);
  const worker = project.start(["dev"]);
  await worker.prints("fivefold");
  worker.process.kill("SIGINT");
  const { stdout, stderr } = await worker.ended();
  expect(`${stdout}${stderr}`).toContain("npm install fivefold");
});
