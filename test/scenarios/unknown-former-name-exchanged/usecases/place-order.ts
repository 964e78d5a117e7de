import { useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  /** @was to */
  from: string;
  /** @was from */
  to: string;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
