import { useCase } from "fivefold";


export interface InvoiceChanged {
  id: bigint;
}

export default useCase<InvoiceChanged>({
  owner: "team-billing",
  frontend: {
    changes: {
      source: "Billing",
      table: "a.b.c",
      // biome-ignore lint/suspicious/noExplicitAny: what is refused.
      event: (change: any) => ({ id: change.row.id }),
    },
  },
  handler: () => {},
});
