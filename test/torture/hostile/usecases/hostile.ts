import { constant, useCase } from "fivefold";
import type { Task } from "../behave.ts";

/** What its handler does to itself and its process. */
export interface Hostile {
  id: string;
  deed: string;
  key: string;
}

const { behave } = (await import(process.env.HOSTILE_BEHAVIOUR!)) as { behave(task: Task, attempt: number): never };

export default useCase<Hostile>({
  owner: "team-tests",

  delivery: { retry: { max: 1, backoff: constant("20ms") } },
  execution: { timeout: "1s" },
  handler: (task, { attempt }) => behave(task, attempt),
});
