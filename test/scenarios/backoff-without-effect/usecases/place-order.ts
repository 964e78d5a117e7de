import { constant, useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  delivery: { retry: { max: 0, backoff: constant("1s") } },
  handler: () => {},
});
