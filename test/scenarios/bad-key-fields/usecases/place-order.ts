import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  number: number;
  placedAt: Date;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  frontend: { dedupeBy: "placedAt" },
  scheduler: { orderBy: "ID" },
  handler: () => {},
});
