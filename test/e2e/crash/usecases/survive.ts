import { appendFileSync } from "node:fs";
import { constant, type Uint, useCase } from "fivefold";

/** Something that must be handled, whatever happens to the processes. */
export interface Survived {
  id: string;
  /** Tries that fail before one works. */
  failures: Uint<{ max: 2 }>;
}

export default useCase<Survived>({
  owner: "team-tests",
  delivery: { retry: { max: 1000, backoff: constant("20ms") } },
  handler: async ({ id, failures }, { attempt, enqueuedAt, dueAt }) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (attempt <= failures) throw new Error("not yet");
    appendFileSync(process.env.HANDLED_FILE!, `${id} ${Date.now()} ${+enqueuedAt} ${+dueAt}\n`);
  },
});
