import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  execution: { timeout: `${process.env.TIMEOUT_SECONDS}s` },
  handler: () => {},
});
