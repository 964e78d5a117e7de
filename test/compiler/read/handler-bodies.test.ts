import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMemory } from "../../../compiler/read/memory.ts";
import { openProject } from "../../../compiler/read/open-project.ts";
import { readProject } from "../../../compiler/read/project.ts";
import { read, readUseCase, useCaseText, writeProject } from "./scratch-project.ts";

const EVENT = "interface Event { id: Text<{ maxLength: 9 }> }";
const module = (handler: string) => useCaseText(EVENT, "Event", `owner: "team", ${handler}`);

const BODY = "{ const { id } = event; for (const letter of id) if (letter === '') return; await task.id; }";

test.each([
  ["a method", `async handler(event, task) ${BODY}`],
  ["an arrow function", `handler: async (event, task) => ${BODY}`],
  ["a function", `handler: async function (event, task) ${BODY}`],
  ["an expression", "handler: async (event) => void event.id"],
  ["a name from elsewhere", "handler: console.log"],
])("what is read does not depend on the handler: %s", (_, handler) => {
  const { event } = readUseCase("handler-bare", module("handler: () => {}"));
  expect(readUseCase("handler-whole", module(handler)).event).toEqual(event);
});

test("what can't be parsed in a handler is told", () => {
  const { diagnostics } = read("handler-broken", {
    "usecases/subject.ts": module("handler: (event) => { const = 1; }"),
  });
  expect(diagnostics).toEqual([
    expect.objectContaining({ code: "syntax-error", span: expect.objectContaining({ file: "usecases/subject.ts" }) }),
  ]);
});

test("what a handler imports is an input", () => {
  const root = writeProject("handler-imports", {
    "usecases/subject.ts": module(`async handler() { (await import("./late.ts")).late(); }`),
    "usecases/late.ts": "export const late = () => 1;\n",
  });
  const memory = createMemory();
  const readAgain = () => readProject(openProject(root), memory).read;
  readAgain();
  expect(readAgain()).toEqual([]);
  writeFileSync(join(root, "usecases/late.ts"), "export const late = () => 2;\n");
  expect(readAgain()).toContain("usecases/subject.ts");
});
