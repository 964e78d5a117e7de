import { appendFileSync } from "node:fs";
import { constant, type Uint, useCase } from "fivefold";

/** Something that must be handled in the order of its key, whatever happens to the processes. */
export interface SurvivedInOrder {
  number: Uint;
  key: string;
}

export default useCase<SurvivedInOrder>({
  owner: "team-tests",
  scheduler: { orderBy: "key" },
  delivery: { retry: { max: 1000, backoff: constant("20ms") } },
  handler: async ({ number, key }, { enqueuedAt, dueAt }) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    appendFileSync(process.env.HANDLED_FILE!, `${key}:${number} ${Date.now()} ${+enqueuedAt} ${+dueAt}\n`);
  },
});
