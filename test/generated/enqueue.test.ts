import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendReminder } from "../../generated/send-reminder/client.ts";
import type { Connection } from "../../runtime/connection.ts";
import { InvalidEventError } from "../../runtime/contract/errors.ts";
import { connectMemory } from "../../runtime/testing/testing.ts";

/** Below the repository, so that its own settings and packages are those of the checked file. */
const FOLDER = resolve(import.meta.dirname, "../../.fivefold/test-projects/enqueue-types");

/** What `tsc` says of a program that enqueues that literal. */
function checkTypes(literal: string): string {
  const client = resolve(import.meta.dirname, "../../generated/send-reminder/client.ts");
  const program = `import { sendReminder } from ${JSON.stringify(client)};\nawait sendReminder.enqueue(\n${literal}\n);\n`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "program.ts"), program);
  writeFileSync(
    join(FOLDER, "tsconfig.json"),
    JSON.stringify({ extends: "../../../tsconfig.json", include: ["program.ts"], exclude: [] }),
  );
  const tsc = resolve(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", FOLDER], { encoding: "utf8" }).stdout;
}

let connection: Connection;
beforeAll(() => {
  connection = connectMemory();
});
afterAll(async () => {
  await connection.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

test("a right literal passes tsc, a wrong field of one does not, and is pointed at", () => {
  const right = `{ reminderId: "r", userId: "u", text: "t", remindAt: new Date() }`;
  expect(checkTypes(right)).toBe("");
  const wrong = `{ reminderId: "r", userId: 5, text: "t", remindAt: new Date(), channel: "pigeon" }`;
  const errors = checkTypes(wrong);
  expect(errors).toContain("Type 'number' is not assignable to type 'string'");
  expect(errors).toMatch(/pigeon.* is not assignable to type 'ReminderSetChannel/);
  expect(checkTypes(`{ reminderId: "r", userId: "u", text: "t" }`)).toContain("'remindAt' is missing");
});

test("the same values as JSON are refused at run time, with path, rule and what was found", async () => {
  const wrong = JSON.parse(
    `{ "reminderId": "r", "userId": 5, "text": "", "remindAt": "2030-01-01", "channel": "pigeon" }`,
  );
  const error: unknown = await sendReminder.enqueue(wrong).catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(InvalidEventError);
  expect((error as InvalidEventError).violations).toEqual([
    { path: "userId", rule: "must be a string", found: "number 5" },
    { path: "text", rule: "must be a string of 1 to 500 characters", found: "string of 0 characters" },
    { path: "remindAt", rule: "must be a Date in the years 1 to 9999", found: "string of 10 characters" },
    { path: "channel", rule: 'must be one of "email", "push"', found: 'string "pigeon"' },
  ]);
});

test("of several events, each violation has the index of its event, and nothing is stored", async () => {
  const right = { reminderId: "r", userId: "u", text: "t", remindAt: new Date() };
  const wrong = { ...right, text: "" };
  const error: unknown = await sendReminder
    .enqueueAll([right, wrong, right, { ...wrong, userId: 5 as unknown as string }])
    .catch((refusal: unknown) => refusal);
  expect((error as InvalidEventError).violations.map(({ index, path }) => [index, path])).toEqual([
    [1, "text"],
    [3, "userId"],
    [3, "text"],
  ]);
  const topics = await connection.ports.transport.topics();
  expect(topics.flatMap(({ subscriptions }) => subscriptions.filter(({ backlog }) => backlog > 0))).toEqual([]);
});
