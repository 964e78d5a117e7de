import { useCase } from "fivefold";

interface Placed {
  orderId: string;
}

/** Places an order. */
export default useCase<Placed>({
  owner: "team-orders",
  execution: { release: { steps: [1, 10, 50, 100], guard: { errors: 2, within: "30m" } } },
  handler: async () => {},
});
