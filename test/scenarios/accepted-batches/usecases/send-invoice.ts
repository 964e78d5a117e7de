import { RejectError, useCase } from "fivefold";

interface InvoiceIssued {
  invoiceId: string;
  total: number;
}

export default useCase<InvoiceIssued>({
  owner: "team-billing",
  subscribers: {
    archive: {
      batch: { max: 50, within: "1s" },
      timeout: "10s",
      batchHandler: (invoices) =>
        invoices.map(({ total }) => (total < 0 ? new RejectError("a negative total") : undefined)),
    },
    mail: {
      batch: { max: 20, within: "0s" },
      batchHandler: async (invoices, tasks) =>
        Promise.allSettled(invoices.map(async ({ invoiceId }, i) => `${invoiceId} ${tasks[i]?.attempt}`)),
    },
    log: { handler: () => {} },
  },
});
