import { type Int, useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  count: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
