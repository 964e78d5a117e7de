import { useCase, every, perMinute } from "fivefold";
import { TEAM } from "../shared/policies.ts";

export default useCase<{ day: string }>({
  owner: TEAM,
  flowControl: { priority: "low", rate: every("10s"), maxInFlightTotal: 4 },
  delivery: { retry: { budget: { percent: 20, atLeast: perMinute(30) } } },
  handler: () => {},
});
