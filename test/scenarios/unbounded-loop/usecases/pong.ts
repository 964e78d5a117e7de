import { useCase } from "fivefold";
import ping from "./ping.ts";

export interface Ponged {
  round: number;
}

export default useCase<Ponged>({
  owner: "team-samples",
  handler: async ({ round }, task) => {
    await task.enqueue(ping, { round: round + 1 });
  },
});
