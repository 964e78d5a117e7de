import { expect, test } from "vitest";
import { mergeAgain } from "../merges/merge-again.ts";

test("merges that git makes of branches that edit, release and rename lose nothing, and resolve ends the others right", async () => {
  const { merges, faults } = await mergeAgain(5, 3);
  expect({ merges, faults }).toEqual({ merges: 3, faults: [] });
}, 120_000);
