import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyLock } from "../../compiler/lock/lock.ts";
import { enumOf, INT, message, TEXT } from "./emit/models.ts";
import { evolve, read } from "./lock-versions.ts";

describe("a lock that can't be followed", () => {
  const useCase = read([message("Root", { a: TEXT, b: INT })], [enumOf("Kind", "x", "y")]);
  const { lockText } = evolve(useCase);

  test.each<[string, string, string, number]>([
    ["no JSON", lockText.replace('"Root": {', '"Root" {'), "it is no JSON: expected ':', found '{'", 8],
    ["an empty file", "", "it is no JSON: expected a value, found the end of the file", 1],
    ["half a file", lockText.slice(0, 150), "it is no JSON: expected", 9],
    ["a key twice", lockText.replace('"b"', '"a"'), 'found the key "a" a second time', 11],
    [
      "a merge's markers",
      lockText.replace('          "fields"', '<<<<<<< HEAD\n          "fields"'),
      "conflict markers of a merge",
      9,
    ],
    ["a number twice", lockText.replace('"number": 2', '"number": 1'), "'a' and 'b' of Root both have number 1", 11],
    ["a member's number twice", lockText.replace('"y": 2', '"y": 1'), "'x' and 'y' of Kind both have number 1", 19],
    ["a reserved number", lockText.replace('"number": 2', '"number": 19001'), "no field may have that number", 11],
    ["number 0", lockText.replace('"number": 2', '"number": 0'), "there must be an integer from 1 to 536870911", 11],
    ["a fraction", lockText.replace('"number": 2', '"number": 1.5'), "there must be an integer", 11],
    ["no such type", lockText.replace("int64", "int65"), "'int65' is no type", 11],
    ["a missing key", lockText.replace('"version": 1,', ""), "'version' is missing", 4],
    ["an unknown key", lockText.replace('"version": 1,', '"version": 1, "more": 1,'), "nothing is known of 'more'", 5],
    [
      "a missing root",
      lockText.replace('"event": "Root"', '"event": "Toor"'),
      "the event's message 'Toor' is missing",
      6,
    ],
    [
      "a newer one",
      lockText.replace('"lockVersion": 1', '"lockVersion": 2'),
      "its lockVersion is 2, and this fivefold knows 1",
      2,
    ],
    ["another one", lockText.replace('"lockVersion": 1', '"lockVersion": "a"'), "lockVersion must be 1", 2],
    ["deep nesting", "[".repeat(100_000), "more than 64 levels of nesting", 1],
    ["a bad string", '{ "a\\x": 1 }', "a bad escape", 1],
  ])("%s", (_, text, reason, line) => {
    const { diagnostics, lockText: next, useCases } = applyLock([useCase], text);
    expect(diagnostics).toMatchObject([
      { code: "bad-lock", severity: "error", span: { file: "contracts.lock.json", line } },
    ]);
    expect(diagnostics[0]!.message).toContain(reason);
    expect(next).toBe(text);
    expect(useCases).toHaveLength(1);
  });

  test("with any part cut out, changed or doubled, ends in a diagnostic or a lock, never in a crash", () => {
    const edit = fc.record({
      at: fc.nat(lockText.length),
      remove: fc.nat(20),
      add: fc.constantFrom("", "{", "}", '"', ",", "1", "\n", "é"),
    });
    fc.assert(
      fc.property(edit, ({ at, remove, add }) => {
        const text = lockText.slice(0, at) + add + lockText.slice(at + remove);
        const { diagnostics, lockText: next } = applyLock([useCase], text);
        if (diagnostics.length > 0) expect(next).toBe(text);
        else expect(applyLock([useCase], next).lockText).toBe(next);
      }),
      { numRuns: 500 },
    );
  });
});
