import { type Int, useCase } from "fivefold";

/** An amount of money, and of which. */
export type Money = [amount: Int, currency: string, digits: Int | null];

export interface OrderPlaced {
  id: string;
  total: Money;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
