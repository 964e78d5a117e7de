import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  customerId?: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  scheduler: { orderBy: "customerId" },
  handler: () => {},
});
