import { useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  customer: string;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
