import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  execution: { scale: { min: 0, max: 20 }, latencyObjective: "5s" },
  handler: () => {},
});
