import { useCase } from "fivefold";
import { askForPayment } from "../src/payment.ts";

export interface OrderPlaced {
  orderId: string;
  total: number;
}

export default useCase<OrderPlaced>({
  owner: "team-samples",
  handler: async (order, task) => {
    await askForPayment(order, task);
  },
});
