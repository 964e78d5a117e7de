import { join } from "node:path";
import { expect, test } from "vitest";
import { createGreeting, enqueue, SAY, stop, useCaseText } from "../../cli/dev-project.ts";
import { startCommand } from "../../cli/project.ts";

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
  expect(dev.printed.stdout).toMatch(/^\d\d:\d\d:\d\d {2}greet {2}done {9}\S+ {2}[\d.]+ m?s$/m);
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
}, 90_000);

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
  expect(lines.map(({ event }) => event)).toEqual(["console", "build", "ready", "task", "stopping", "stopped"]);
  expect(lines[3]).toMatchObject({ useCase: "greet", subscriber: "default", attempt: 1, result: "done" });
});

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
