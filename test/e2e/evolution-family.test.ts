import { expect, test } from "vitest";
import { faultsOf, refusalText, summaryOf, tryFamily } from "../compiler/evolution/guarantee.ts";

test("all small changes: what is accepted never goes wrong, in no order, and what is refused does, as is printed", () => {
  const tried = tryFamily(1);
  const refused = tried.filter(({ order }) => order === "refused");
  console.info([...refused.map(refusalText), summaryOf(tried)].join("\n"));
  expect(faultsOf(tried)).toEqual([]);
  expect(refused.every(({ counterexample }) => counterexample !== undefined)).toBe(true);
  expect(tried.length).toBeGreaterThan(7_000);
});
