import { useCase } from "fivefold";
import { chargePayment } from "../generated/charge-payment/client.ts";

export interface OrderPlaced {
  orderId: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: async ({ orderId }) => {
    await chargePayment.enqueue({ orderId });
  },
});
