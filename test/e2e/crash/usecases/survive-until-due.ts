import { appendFileSync } from "node:fs";
import { constant, useCase } from "fivefold";

/** Something that must be handled once it is due, not before, and once only however often it is enqueued. */
export interface SurvivedUntilDue {
  id: string;
  dueAtMs: number;
}

export default useCase<SurvivedUntilDue>({
  owner: "team-tests",
  frontend: { dedupeBy: "id" },
  scheduler: { maxDelay: "1m" },
  delivery: { retry: { max: 1000, backoff: constant("20ms") } },
  handler: async ({ id, dueAtMs }, { enqueuedAt }) => {
    appendFileSync(process.env.HANDLED_FILE!, `${id} ${Date.now()} ${+enqueuedAt} ${dueAtMs}\n`);
  },
});
