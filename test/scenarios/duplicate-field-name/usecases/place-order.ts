import { useCase } from "fivefold";

interface OrderPlaced {
  orderId: string;
  order_id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
