import { exponential, useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  delivery: { retry: { backoff: exponential("1s", "quarter") } },
  handler: () => {},
});
