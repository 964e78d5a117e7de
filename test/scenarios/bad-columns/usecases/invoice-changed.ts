import { type Change, useCase } from "fivefold";

interface Invoice {
  id: bigint;
  total: { cents: number };
  lines: Map<string, number>;
}

export interface InvoiceChanged {
  id: bigint;
}

export default useCase<InvoiceChanged>({
  owner: "team-billing",
  frontend: {
    changes: { source: "billing", table: "invoices", event: ({ row }: Change<Invoice>) => row && { id: row.id } },
  },
  handler: () => {},
});
