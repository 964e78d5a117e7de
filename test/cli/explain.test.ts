import { expect, test } from "vitest";
import { createProject } from "./project.ts";

test("explain prints a code's page, lists the codes, and says what is nearest to none", async () => {
  const project = await createProject({});
  const page = await project.fivefold("explain", "bad-key-field");
  expect(page.code).toBe(0);
  expect(page.stdout).toContain("scheduler: { orderBy: ");
  expect(page.stdout).toContain("Fix: Choose 'id'.");
  expect((await project.fivefold("explain", "conflict")).stdout).toContain("Another event was accepted");
  const list = await project.fivefold("explain", "--json");
  expect(JSON.parse(list.stdout).codes).toContain("payload-too-large");
  const none = await project.fivefold("explain", "bad-key-feild");
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("There is no code 'bad-key-feild'. Did you mean 'bad-key-field'?");
  const path = await project.fivefold("explain", "../settings");
  expect(path.stderr).toContain("There is no code '../settings'.");
});
