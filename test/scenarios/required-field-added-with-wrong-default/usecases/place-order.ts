import { type Int, useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  /** @default five */
  count: Int<{ min: 1; max: 99 }>;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
