import { type Int, type Text, useCase } from "fivefold";

/** @was Line */
export interface OrderLine {
  /** @was sku */
  article: Text<{ maxLength: 80 }>;
  quantity: Int<{ min: 1; max: 99 }>;
  /** @default 0 */
  discount: Int<{ min: 0; max: 100 }>;
}

export interface OrderPlaced {
  id: string;
  /** @was comment */
  note?: string;
  country: "DE" | /** @was FR */ "france" | "US";
  lines: OrderLine[];
  gift?: boolean | null;
  /** @default "eur" */
  currency: "eur" | "usd";
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
