import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  customer: Customer;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
