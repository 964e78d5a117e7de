import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  flowControl: { rate: { count: 5 } },
  handler: () => {},
});
