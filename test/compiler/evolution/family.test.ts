import { expect, test } from "vitest";
import { faultsOf, summaryOf, tryFamily } from "./guarantee.ts";

/** A prime, so that of each kind another part is left out; test/e2e/evolution-family.test.ts leaves out nothing. */
const STRIDE = 7;

test("what is accepted never goes wrong, in no order, and what is refused does", () => {
  const tried = tryFamily(STRIDE);
  console.info(summaryOf(tried));
  expect(faultsOf(tried)).toEqual([]);
  expect(tried.length).toBeGreaterThan(1_000);
}, 60_000);
