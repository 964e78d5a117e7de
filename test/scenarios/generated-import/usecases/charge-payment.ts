import { useCase } from "fivefold";

export interface PaymentDue {
  orderId: string;
}

export default useCase<PaymentDue>({ owner: "team-payments", handler: async () => {} });
