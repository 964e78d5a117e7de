import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: " ",
  frontend: { maxPayload: "1 MB", clients: ["ruby"] },
  scheduler: { orderBy: 5 },
  flowControl: { maxInFlight: "many", rate: 500 },
  delivery: { filter: true, retry: [], deadline: 60_000 },
  execution: { timeout: null },
  handler: "handler",
});
