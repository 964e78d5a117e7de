import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject } from "../../cli/project.ts";

test("cancel and reschedule tell of each id what became of it", async () => {
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

  const none = await project.fivefold("reschedule", "greet", later);
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("Give --delay or --at, one of them.")]);
  const odd = await project.fivefold("reschedule", "greet", later, "--at", "soon");
  expect(odd.stderr).toContain("--at takes a time like 2027-01-31T08:00:00Z; found 'soon'");
  const put = await project.fivefold("reschedule", "greet", later, "--delay", "5m", "--json");
  expect(JSON.parse(put.stdout)).toEqual({ ok: false, tasks: [unknown(later)] });
  const lines = (await readFile(join(project.root, ".fivefold", "audit.jsonl"), "utf8")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line)).map(({ action, id, delay }) => [action, id, delay])).toEqual([
    ["cancel", now, undefined],
    ["cancel", later, undefined],
    ["cancel", "none\u001b[2J", undefined],
    ["cancel", soon, undefined],
    ["reschedule", later, "5m"],
  ]);
  const key = await project.fivefold("cancel", "greet", "a", "--key");
  expect(key.stderr).toContain("has no `frontend.dedupeBy`");
});
