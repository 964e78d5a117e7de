import { exponential, perSecond, useCase } from "fivefold";
import { expect, test } from "vitest";

test("durations become milliseconds", () => {
  expect(exponential("250ms", "1.5h")).toEqual({ minMs: 250, maxMs: 5_400_000 });
});

test("a text that is no duration is refused with the rule", () => {
  // @ts-expect-error weeks are no unit
  expect(() => exponential("1w", "2s")).toThrow("'1w' is no duration. Write a number and a unit");
});

test("a use case module holds its definition", () => {
  const definition = { owner: "team", flowControl: { rate: perSecond(5) }, handler: () => {} };
  expect(useCase<{ id: string }>(definition).useCase).toBe(definition);
});
