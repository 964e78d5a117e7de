import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createProject, MAIN, type Project, startCommand } from "../../cli/project.ts";

const NOTE = (file: string) => `import { appendFileSync } from "node:fs";
import { useCase } from "fivefold";

export interface ${file}Due { text: string; slowMs: number }

export default useCase<${file}Due>({
  owner: "team-a",
  handler: async ({ text, slowMs }) => {
    await new Promise((resolve) => setTimeout(resolve, slowMs));
    appendFileSync("${file}.txt", text);
  },
});
`;

const ENQUEUE = `import { connect } from "fivefold/runtime";
import { first } from "./generated/first/client.ts";
const connection = await connect();
for (const [text, slowMs] of JSON.parse(process.argv[2] ?? "[]")) await first.enqueue({ text, slowMs });
await connection.close();
`;

async function builtProject() {
  const project = await createProject({
    "package.json": '{ "type": "module" }',
    "usecases/first.ts": NOTE("First"),
    "usecases/second.ts": NOTE("Second"),
    "enqueue.ts": ENQUEUE,
  });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  return project;
}

async function enqueue({ root }: Project, events: readonly (readonly [text: string, slowMs: number])[]): Promise<void> {
  const ended = await startCommand(process.execPath, ["enqueue.ts", JSON.stringify(events)], root).ended();
  expect(ended).toMatchObject({ code: 0, stderr: "" });
}

/** A metric's value for a use case; `undefined` while there is none. */
async function metric(url: string, name: string, useCase: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = new RegExp(`^${name}\\{[^}]*use_case="${useCase}"[^}]*\\} (\\S+)$`, "m").exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** The port that a started command says it serves metrics on. */
function portOf(printed: string): number {
  return Number(/on port (\d+)/.exec(printed)?.[1]);
}

test("runs what is named until it is told to end, and lets tasks end", async () => {
  const project = await builtProject();
  const started = project.start(["start", "first", "--drain", "20s", "--metrics-port", "0"]);
  await started.prints("runs first; metrics on port ");
  const url = `http://127.0.0.1:${portOf(started.printed.stdout)}`;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);

  await enqueue(project, [
    ["quick ", 0],
    ["slow", 1_500],
  ]);
  await expect.poll(() => metric(url, "fivefold_execution_running_tasks", "first"), { timeout: 15_000 }).toBe(1);
  started.process.kill("SIGTERM");
  await started.prints("SIGTERM: drains for up to 20s");
  expect(await started.ended()).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(join(project.root, "First.txt"), "utf8")).toBe("quick slow");
  await expect(fetch(url)).rejects.toThrow();
});

test("a use case that is not there, and options that make no sense, are told", async () => {
  const project = await builtProject();
  expect(await project.fivefold("start", "third")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/There is no use case 'third' in .*\. There are first, second\./),
  });
  expect(await project.fivefold("start", "--drain", "soon")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--drain takes a number and a unit (ms, s, m, h, d), like 25s; found 'soon'."),
  });
  expect(await project.fivefold("backlogs", "--metrics-port", "99999")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("found '99999'."),
  });
});

test("what still runs when its time to drain is over comes again at the next start", async () => {
  const project = await builtProject();
  const options = ["start", "first", "--metrics-port", "0", "--drain"];
  const started = project.start([...options, "100ms"]);
  await started.prints("runs first; metrics on port ");
  await enqueue(project, [["late", 3_000]]);
  const url = `http://127.0.0.1:${portOf(started.printed.stdout)}`;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await expect.poll(() => metric(url, "fivefold_execution_running_tasks", "first"), { timeout: 15_000 }).toBe(1);
  started.process.kill("SIGTERM");
  expect(await started.ended()).toMatchObject({ code: 0, stdout: expect.stringMatching(/\ndrained\n$/) });
  await expect(readFile(join(project.root, "First.txt"))).rejects.toThrow("ENOENT");

  const next = project.start([...options, "20s"]);
  await next.prints("runs first");
  await expect
    .poll(() => readFile(join(project.root, "First.txt"), "utf8").catch(() => ""), { timeout: 20_000 })
    .toBe("late");
  next.process.kill("SIGINT");
  expect(await next.ended()).toMatchObject({ code: 0 });
});

test("what it stands on must be named, and a port that is taken ends it", async () => {
  const project = await builtProject();
  const startWith = (env: Readonly<Record<string, string>>, ...options: readonly string[]) => {
    const { FIVEFOLD_DATA: _data, ...others } = process.env;
    return startCommand(process.execPath, [MAIN, "start", ...options], project.root, { ...others, ...env }).ended();
  };
  const broker = { FIVEFOLD_PULSAR_URL: "pulsar://127.0.0.1:1" };
  expect(await startWith({ FIVEFOLD_PULSAR_URL: "http://127.0.0.1:1" })).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/^error: Pulsar is set, and no store .* Set FIVEFOLD_POSTGRES_URL .*\n$/),
  });
  expect(await startWith({ ...broker, FIVEFOLD_DATA: join(project.root, "data") })).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(
      /^error: 'pulsar:\/\/127.0.0.1:1' is a broker service.* FIVEFOLD_PULSAR_ADMIN_URL .*\n$/,
    ),
  });
  const unreachable = { ...broker, FIVEFOLD_POSTGRES_URL: "postgres://127.0.0.1:1/none" };
  expect(await startWith(unreachable, "--connect-within", "1s")).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(
      /^([^\n]*PostgreSQL[^\n]* It is tried again\.\n)*error: .*PostgreSQL \(127.0.0.1:1, database 'none'.*\n$/,
    ),
  });

  const taken = createServer().listen(0);
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  expect(await startWith({}, "--metrics-port", `${port}`)).toMatchObject({
    code: 3,
    stdout: "",
    stderr: expect.stringContaining(`The metrics server can't listen on *:${port}`),
  });
});

test("a project that was not built says so", async () => {
  const project = await createProject({ "usecases/first.ts": NOTE("First") });
  expect(await project.fivefold("start")).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/generated\/manifest\.json can't be read: build the project first\.\n$/),
  });
});

test("a handler's module that can't be loaded is shown with its stack", async () => {
  const project = await builtProject();
  await project.write("usecases/second.ts", `throw new Error("no database");\n${NOTE("Second")}`);
  const ended = await project.fivefold("start", "--metrics-port", "0");
  expect(ended).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/error: Error: no database\n {4}at .*second\.ts:1/),
  });
});

test("backlogs are shown without any handler", async () => {
  const project = await builtProject();
  await project.write("usecases/second.ts", `throw new Error("loaded a handler");\n${NOTE("Second")}`);
  await enqueue(project, [
    ["one", 0],
    ["two", 0],
  ]);
  const started = project.start(["backlogs", "--metrics-port", "0"]);
  await started.prints("shows backlogs on port ");
  const url = `http://127.0.0.1:${portOf(started.printed.stdout)}`;
  await expect.poll(() => metric(url, "fivefold_ready_backlog_tasks", "first"), { timeout: 15_000 }).toBe(2);
  started.process.kill("SIGTERM");
  expect(await started.ended()).toMatchObject({ code: 0 });
});

test("what a handler throws is a line of JSON, with its task and try", async () => {
  const project = await createProject({
    "package.json": '{ "type": "module" }',
    "usecases/first.ts": NOTE("First").replace(
      "appendFileSync(",
      "if (text === 'bad') throw new Error('no such account', { cause: new Error('404') });\n    appendFileSync(",
    ),
    "enqueue.ts": ENQUEUE,
  });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  await enqueue(project, [
    ["bad", 0],
    ["good", 0],
  ]);
  const started = project.start(["start", "--metrics-port", "0"]);
  await started.prints("task-failed");
  const [line = ""] = started.printed.stderr.split("\n");
  expect(JSON.parse(line)).toMatchObject({
    event: "task-failed",
    useCase: "first",
    subscriber: "default",
    task: expect.any(String),
    try: 1,
    result: "retried",
    error: expect.stringMatching(/no such account.*404/),
  });
});

test("a module that fails to load ends it, whatever the module has left running", async () => {
  const project = await createProject({
    "package.json": '{ "type": "module" }',
    "usecases/first.ts": `${NOTE("First")}\nsetInterval(() => {}, 1_000);\nif (process.argv.includes("start")) throw new Error("not today");\n`,
  });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  const { code, stderr } = await project.start(["start", "--metrics-port", "0"]).ended();
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("not today") });
});
