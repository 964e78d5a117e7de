import { expect, test } from "vitest";
import { emitPythonClient } from "../../../compiler/emit/python/client.ts";
import { enumOf, message, useCaseOf } from "./models.ts";

const OWN = ["None", "True", "False", "Exception", "ValueError", "TypeError", "AssertionError"];

test("types that are called like Python's own hide none of them", () => {
  const useCase = useCaseOf(
    "note",
    [message("Note", {}), ...OWN.slice(1).map((name) => message(name, {}))],
    [enumOf("None", "a", "b")],
  );
  const { text } = emitPythonClient({ ...useCase, frontend: { ...useCase.frontend, clients: "python" } })!;
  for (const name of OWN) {
    expect(text).not.toMatch(new RegExp(`^(?:class ${name}:|${name} =)`, "m"));
    expect(text).toMatch(new RegExp(`^(?:class ${name}2:|${name}2 =)`, "m"));
  }
});
