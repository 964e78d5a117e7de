import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { raceOfCancels } from "../../e2e/cancel/race.ts";
import type { Scenario } from "../scenario.ts";

const TASKS = 100_000;

/**
 * 100,000 delayed tasks on the embedded store, half of which three processes cancel at random moments while workers are killed:
 * what was answered `cancelled` never runs, and nothing else is lost.
 */
const scenario: Scenario = {
  async run({ seed, size = TASKS }) {
    const folder = await mkdtemp(join(tmpdir(), "fivefold-cancel-"));
    try {
      const connection = { data: join(folder, "data") };
      return await raceOfCancels({ connection, file: join(folder, "ran.txt"), tasks: size, seed, longestMs: 60_000 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

export default scenario;
