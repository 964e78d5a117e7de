import { useCase } from "fivefold";

declare const checked: unique symbol;

interface Order {
  id: string & { readonly __brand: "OrderId" };
  total: number;
  /** Kept for what once had it. */
  legacy: undefined;
}

type Checked<T> = T & { readonly [checked]: true };
type Valid<T> = T & { readonly __brand: "Valid" };

/** An order that was looked at. */
interface OrderChecked {
  order: Checked<Valid<Order>>;
  before?: Valid<Order>;
  lines: Valid<{ price: number }>[];
  worker: NodeJS.MemoryUsage;
}

export default useCase<OrderChecked>({
  owner: "team-orders",
  handler: ({ order, worker }) => {
    console.log(order.id, order.total, worker.rss);
  },
});
