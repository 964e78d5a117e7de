import { type Int, useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  count: Int<{ min: 10; max: 1 }>;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
