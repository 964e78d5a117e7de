import { type Text, useCase } from "fivefold";
import { balances } from "../src/ledger.ts";
import sendInvoice from "./send-invoice.ts";

/** A month is over. */
export interface MonthEnded {
  /** `2027-01` */
  month: Text<{ pattern: "^[0-9]{4}-[0-9]{2}$" }>;
}

export default useCase<MonthEnded>({
  owner: "team-billing",
  scheduler: {
    schedules: {
      monthly: {
        cron: "0 3 1 * *",
        timeZone: "Europe/Berlin",
        // A day before the tick is in the month that has ended.
        event: ({ at }) => ({ month: new Date(at.getTime() - 86_400_000).toISOString().slice(0, 7) }),
      },
    },
  },
  handler: async ({ month }, task) => {
    for (const [account, cents] of balances()) {
      if (cents > 0) await task.enqueue(sendInvoice, { invoiceId: `${account}-${month}`, account, cents });
    }
  },
});
