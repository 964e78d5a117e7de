import { useCase } from "fivefold";

interface OrderPlaced {
  /** Größe, 大小. */
  größe: number;
  labels: Map<string, string>;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
