import { constant, perSecond, useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  delivery: { retry: { max: 0, backoff: constant("1s"), budget: { percent: 20, atLeast: perSecond(1) } } },
  handler: () => {},
});
