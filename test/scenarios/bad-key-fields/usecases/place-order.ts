import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  number: number;
  placedAt: Date;
  customer: string | null;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  frontend: { dedupeBy: "placedAt" },
  scheduler: { orderBy: "ID" },
  flowControl: { fairBy: "customer" },
  handler: () => {},
});
