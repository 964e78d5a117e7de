import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  frontend: { dedupeFor: "1h" },
  handler: () => {},
});
