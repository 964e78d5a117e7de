import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  reason: ErrorOptions;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
