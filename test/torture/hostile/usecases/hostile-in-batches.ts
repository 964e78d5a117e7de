import { constant, useCase } from "fivefold";
import type { Task } from "../behave.ts";

/** What its handler does to itself and its process, and to those that it is handled with. */
export interface HostileInBatches {
  id: string;
  deed: string;
  key: string;
}

const { behave } = (await import(process.env.HOSTILE_BEHAVIOUR!)) as { behave(task: Task, attempt: number): never };

export default useCase<HostileInBatches>({
  owner: "team-tests",
  delivery: { retry: { max: 1, backoff: constant("20ms") } },
  execution: { timeout: "1s", batch: { max: 20, within: "20ms" } },
  batchHandler: (events, tasks) =>
    events.map(async (event, i) => {
      await behave(event, tasks[i]!.attempt);
    }),
});
