import { useCase } from "fivefold";
import pong from "./pong.ts";

export interface Pinged {
  round: number;
}

export default useCase<Pinged>({
  owner: "team-samples",
  handler: async ({ round }, task) => {
    await task.enqueue(pong, { round });
  },
});
