import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createGreeting, enqueue, SAY, stop, useCaseText } from "../cli/dev-project.ts";

test("a new use case is run without a restart of dev", async () => {
  const project = await createGreeting(SAY);
  const dev = project.start(["dev"]);
  await dev.prints("running 1 use case");
  await mkdir(join(project.root, "usecases", "billing"));
  await project.write("usecases/billing/charge.ts", useCaseText(SAY));
  await dev.prints("running 2 use cases");
  await stop(dev);
});

test("an error in the first build waits for its fixing", async () => {
  const project = await createGreeting("return event.nam;");
  const dev = project.start(["dev"]);
  await dev.prints("Watching usecases/.");
  await project.write("usecases/greet.ts", useCaseText(SAY));
  await dev.prints("running 1 use case");
  await stop(dev);
});

test("a module that fails to load is its author's to fix: with its own message and place", async () => {
  const project = await createGreeting(SAY);
  await project.write("usecases/greet.ts", `${useCaseText(SAY)}throw new Error("no license key");\n`);
  const dev = project.start(["dev"]);
  await dev.prints("no license key");
  expect(dev.printed.stderr).toMatch(/usecases\/greet\.ts:\d+/);
  await project.write("usecases/greet.ts", useCaseText(SAY));
  await dev.prints("running 1 use case");
  await stop(dev);
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
