import { exponential, perSecond, useCase } from "fivefold";
import { MOST } from "../most.ts";

const RETRY = { max: MOST, backoff: exponential("1s", "40d") } as const;

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  frontend: { dedupeBy: "id", dedupeFor: "1ms", maxPayload: "6MiB" },
  flowControl: { maxInFlight: 0, rate: perSecond(0) },
  delivery: { retry: RETRY, deadline: "0s" },
  execution: { timeout: "2d" },
  handler: () => {},
});
