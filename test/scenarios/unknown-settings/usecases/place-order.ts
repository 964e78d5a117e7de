import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  timeout: "30s",
  delivery: { rtry: { max: 3 } },
  schedule: { maxDelay: "1d" },
  flowControl: { colour: "red" },
  subscribers: { mail: { handler: () => {}, orderBy: "id" } },
});
