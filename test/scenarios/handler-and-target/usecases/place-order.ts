import { service, useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  delivery: { target: service("shop") },
  handler: () => {},
});
