import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
  subscribers: { mail: { handler: () => {} } },
});
