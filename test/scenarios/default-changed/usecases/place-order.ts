import { useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  /** @default "usd" */
  currency: string;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
