import { type Change, useCase } from "fivefold";

interface Invoice {
  id: bigint;
}

export interface InvoiceSent {
  id: bigint;
}

export default useCase<InvoiceSent>({
  owner: "team-billing",
  frontend: {
    changes: { source: "billing", table: "invoices", event: ({ row }: Change<Invoice>) => row && { id: String(row.id) } },
  },
  handler: () => {},
});
