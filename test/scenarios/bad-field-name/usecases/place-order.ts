import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  "-": string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
