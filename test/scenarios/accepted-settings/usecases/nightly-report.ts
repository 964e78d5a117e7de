import { useCase, every } from "fivefold";
import { TEAM } from "../shared/policies.ts";

export default useCase<{ day: string }>({
  owner: TEAM,
  flowControl: { priority: "low", rate: every("10s") },
  handler: () => {},
});
