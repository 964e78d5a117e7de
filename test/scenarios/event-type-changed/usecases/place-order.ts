import { type Int, useCase } from "fivefold";

interface Order {
  id: string;
  customer: Customer;
}

interface Customer {
  name: string;
}

type OrderPlaced = Customer;

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
