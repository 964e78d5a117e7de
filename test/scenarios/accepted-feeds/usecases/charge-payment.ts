import { type UseCaseModule, useCase } from "fivefold";

export interface PaymentDue {
  orderId: string;
  amount: number;
}

const chargePayment: UseCaseModule<PaymentDue> = useCase<PaymentDue>({
  owner: "team-samples",
  handler: async (payment, task) => {
    if (payment.amount > 1_000) await task.enqueue(chargePayment, { ...payment, amount: 1_000 }, { delay: "1d" });
  },
});

export default chargePayment;
