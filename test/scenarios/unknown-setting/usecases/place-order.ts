import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  delivery: { retries: { max: 3 } },
  handler: () => {},
});
