import { perSecond, useCase } from "fivefold";
import { RETRIES } from "../retries.ts";

let longest = "1d" as const;
const COUNTS = [1, 2, 3];

function limits() {
  return { orderBy: "id" } as const;
}

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  scheduler: { ...limits(), maxDelay: longest },
  flowControl: { maxInFlight: Math.max(1, 2), rate: perSecond(COUNTS.shift() ?? 1) },
  delivery: { retry: { max: RETRIES } },
  execution: { get timeout() { return "1s" as const; } },
  handler: () => {},
});
