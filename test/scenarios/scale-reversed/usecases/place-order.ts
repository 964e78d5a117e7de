import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  execution: { scale: { min: 20 } },
  handler: () => {},
});
