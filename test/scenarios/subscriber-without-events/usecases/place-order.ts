import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  subscribers: {
    warehouse: { handler: () => {} },
    archive: { filter: () => false, handler: () => {} },
  },
});
