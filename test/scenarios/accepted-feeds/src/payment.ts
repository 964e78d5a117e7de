import type { TaskContext } from "fivefold";
import chargePayment from "../usecases/charge-payment.ts";

export async function askForPayment(order: { orderId: string; total: number }, task: TaskContext): Promise<void> {
  await task.enqueue(chargePayment, { orderId: order.orderId, amount: order.total });
}
