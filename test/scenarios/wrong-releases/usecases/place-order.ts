import { useCase } from "fivefold";

interface Placed {
  orderId: string;
}

/** Places an order. */
export default useCase<Placed>({
  owner: "team-orders",
  execution: { release: { steps: [10, 50], guard: { errors: 0, slower: 5 } } },
  handler: async () => {},
});
