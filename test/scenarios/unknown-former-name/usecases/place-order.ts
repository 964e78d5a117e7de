import { useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  /** @was costumer */
  buyer?: string;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
