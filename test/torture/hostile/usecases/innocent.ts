import { constant, useCase } from "fivefold";
import type { Task } from "../behave.ts";

/** Runs beside those that are hostile, and must not notice. */
export interface Innocent {
  id: string;
  deed: string;
  key: string;
}

const { behave } = (await import(process.env.HOSTILE_BEHAVIOUR!)) as { behave(task: Task, attempt: number): never };

export default useCase<Innocent>({
  owner: "team-tests",
  delivery: { retry: { max: 1, backoff: constant("20ms") } },
  execution: { timeout: "5s" },
  handler: (task, { attempt }) => behave(task, attempt),
});
