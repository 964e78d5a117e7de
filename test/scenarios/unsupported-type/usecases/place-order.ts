import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  labels: Map<string, string>;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
