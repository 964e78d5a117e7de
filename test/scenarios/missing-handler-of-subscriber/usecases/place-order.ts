import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  subscribers: { mail: { handler: () => {} }, bill: { retry: { max: 2 } } },
});
