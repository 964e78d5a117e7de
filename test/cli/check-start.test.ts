import { expect, test } from "vitest";
import { createProject, MAIN, startCommand } from "./project.ts";

const NOTE = `import { useCase } from "fivefold";

export interface NoteDue { text: string }

if (process.env.BROKEN) throw new Error("models/ can't be read");
// What a module leaves running must not keep the check.
setInterval(() => {}, 1_000);

export default useCase<NoteDue>({ owner: "team-a", handler: async () => { throw new Error("ran a task"); } });
`;

const ENQUEUE = `import { connect } from "fivefold/runtime";
import { note } from "./generated/note/client.ts";
const connection = await connect();
await note.enqueue({ text: "a" });
await connection.close();
`;

async function builtProject() {
  const project = await createProject({
    "package.json": '{ "type": "module" }',
    "usecases/note.ts": NOTE,
    "enqueue.ts": ENQUEUE,
  });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  return project;
}

test("a start that would work is shown without taking a task, and ends", async () => {
  const project = await builtProject();
  expect(await project.fivefold("start", "note", "--check")).toMatchObject({ code: 0, stdout: "can start note\n" });
  const enqueued = await startCommand(process.execPath, ["enqueue.ts"], project.root).ended();
  expect(enqueued).toMatchObject({ code: 0, stderr: "" });
  expect(await project.fivefold("start", "--check")).toMatchObject({ code: 0, stdout: "can start note\n", stderr: "" });
});

test("a start that would not work says why", async () => {
  const project = await builtProject();
  const run = (env: Record<string, string>) =>
    startCommand(process.execPath, [MAIN, "start", "note", "--check", "--connect-within", "1s"], project.root, {
      ...process.env,
      ...env,
    }).ended();
  expect(await run({ BROKEN: "1" })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("models/ can't be read"),
  });
  const nobody = { FIVEFOLD_PULSAR_URL: "http://127.0.0.1:9", FIVEFOLD_DATA: project.root };
  expect(await run(nobody)).toMatchObject({ code: 3, stderr: expect.stringContaining("127.0.0.1:9") });
  expect(await project.fivefold("start", "nothing", "--check")).toMatchObject({ code: 2 });
});
