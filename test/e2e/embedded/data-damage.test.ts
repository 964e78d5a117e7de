import { expect, test } from "vitest";
import { runDamage } from "../../torture/scenarios/damage.ts";

// `npm run torture damage` goes on for as long as one likes.
test("of a data folder that was damaged while nobody had it open, nothing is wrong, and what is lost is named", {
  timeout: 120_000,
}, async () => {
  const { did, faults } = await runDamage(20_261_130, (trials) => trials >= 40);
  expect(faults).toEqual([]);
  expect(did.named).toBeGreaterThan(5);
});
