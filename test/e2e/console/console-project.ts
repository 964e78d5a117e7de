import { createProject, type Project } from "../../cli/project.ts";

const ORDER = `import { type List, perSecond, type Text, type Uint, useCase } from "fivefold";
import chargePayment from "./charge-payment.ts";

/** A customer's order. */
export interface OrderPlaced {
  /** As the shop numbers it. */
  orderId: Text<{ maxLength: 40 }>;
  buyer: { email: Text<{ format: "email" }> };
  lines: List<{ sku: string; quantity: Uint<{ min: 1 }> }, { maxItems: 20 }>;
  country: "DE" | "FR" | "JP";
  gift: boolean;
  note?: string;
}

/** Takes an order on its way: it is charged, then shipped. */
export default useCase<OrderPlaced>({
  owner: "team-orders",
  flowControl: { rate: perSecond(500) },
  handler: async (event, task) => {
    await task.enqueue(chargePayment, { orderId: event.orderId, cents: 4200 });
  },
});
`;

const CHARGE = `import { RejectError, type Uint, useCase } from "fivefold";

export interface PaymentDue {
  orderId: string;
  cents: Uint;
}

/** Charges a payment at the bank. */
export default useCase<PaymentDue>({
  owner: "team-billing",
  delivery: { retry: { max: 1, backoff: { minMs: 10, maxMs: 20 } } },
  handler: async (event) => {
    if (event.orderId.startsWith("<")) throw new RejectError("<script>globalThis.broken = 1</script> has no account");
    if (event.orderId.startsWith("bank")) throw new Error("the bank does not answer");
  },
});
`;

const REMIND = `import { useCase } from "fivefold";

export interface ReminderDue {
  customerId: string;
  text: string;
}

/** Reminds a customer of what lies in the basket. */
export default useCase<ReminderDue>({
  owner: "team-growth",
  handler: async () => {},
});
`;

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  },
});

/** A shop: orders feed payments, some of which fail, and reminders wait. */
export function createShop(): Promise<Project> {
  return createProject({
    "usecases/place-order.ts": ORDER,
    "usecases/charge-payment.ts": CHARGE,
    "usecases/send-reminder.ts": REMIND,
    "package.json": '{ "type": "module" }',
    "tsconfig.json": TSCONFIG,
  });
}
