import { expect, test } from "vitest";
import { createProject } from "../../cli/project.ts";

test("cancel tells of each id what became of it", async () => {
  const project = await createProject();
  await project.fivefold("new", "greet");
  await project.fivefold("build");
  const event = '{ "subject": "a", "count": 3 }';
  const enqueue = async (...args: string[]) =>
    JSON.parse((await project.fivefold("enqueue", "greet", event, "--json", ...args)).stdout).receipts[0].id as string;
  const now = await enqueue();
  const later = await enqueue("--delay", "1h");
  // No worker has taken it in.
  const answer = await project.fivefold("cancel", "greet", now, later, "none\u001b[2J", "--json");
  expect(answer.code).toBe(1);
  const unknown = (id: string) => ({ id, answer: "unknown" });
  expect(JSON.parse(answer.stdout)).toEqual({ ok: false, tasks: [now, later, "none\u001b[2J"].map(unknown) });
  const soon = await enqueue("--delay", "50ms");
  expect((await project.fivefold("cancel", "greet", soon)).stdout).toContain("started: its time has come");
  expect((await project.fivefold("cancel", "greeet", soon)).stderr).toContain("There is no use case 'greeet'");
});
