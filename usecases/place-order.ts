import { type Float, type List, type Text, type Uint, useCase } from "fivefold";
import { appendToOutbox } from "./outbox.ts";

interface OrderLine {
  sku: Text<{ minLength: 1; maxLength: 32 }>;
  quantity: Uint<{ min: 1; max: 1000 }>;
  unitPrice: Float<{ min: 0 }>;
}

/** A customer has paid for an order. */
export interface OrderPlaced {
  orderId: Text<{ format: "uuid" }>;
  country: "DE" | "FR" | "US" | "JP";
  lines: List<OrderLine, { minItems: 1; maxItems: 100 }>;
  total: Float<{ min: 0 }>;
  gift: boolean;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  frontend: { dedupeBy: "orderId" },
  subscribers: {
    warehouse: {
      handler: (order) => appendToOutbox("warehouse.jsonl", { id: order.orderId, lines: order.lines.length }),
    },
    "fraud-review": {
      filter: (order) => order.total >= 1_000 && !order.gift,
      timeout: "5s",
      handler: (order) => appendToOutbox("fraud-review.jsonl", { id: order.orderId, total: order.total }),
    },
  },
});
