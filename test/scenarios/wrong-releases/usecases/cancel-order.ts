import { useCase } from "fivefold";

interface Cancelled {
  orderId: string;
}

/** Cancels an order. */
export default useCase<Cancelled>({
  owner: "team-orders",
  execution: { release: { steps: [50, 10, 100], guard: { within: "0s" } } },
  handler: async () => {},
});
