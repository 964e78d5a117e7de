import { exponential, useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  delivery: { retry: { max: 12, backoff: exponential("1s", "15m") }, deadline: "10m" },
  handler: () => {},
});
