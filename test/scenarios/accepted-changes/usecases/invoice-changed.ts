import { type Change, type Json, useCase } from "fivefold";

interface Invoice {
  id: bigint;
  customer: string;
  state: "open" | "paid";
  total: string;
  lines: number[];
  paid: boolean | null;
  paid_at: Date | null;
  scan?: Uint8Array;
  notes: Json;
}

export interface InvoiceChanged {
  id: bigint;
  state: string;
  gone: boolean;
}

export default useCase<InvoiceChanged>({
  owner: "team-billing",
  frontend: {
    changes: {
      source: "billing",
      table: "sales.invoices",
      event: ({ row, before }: Change<Invoice>) =>
        row ? { id: row.id, state: row.state, gone: false } : { id: before.id ?? 0n, state: "", gone: true },
    },
  },
  scheduler: { orderBy: "id" },
  handler: () => {},
});
