/*
 * Use cases whose events come from a table and by themselves.
 */

/** Of each row of the table `invoices` of `billing`. `handler`: what it does with `event`, by what `imports` brings. */
export const invoiceChanged = (handler: string, imports = "") => `import { type Change, useCase } from "fivefold";
${imports}
interface Row { id: string; state: string }
export interface InvoiceChanged { id: string; state: string }

export default useCase<InvoiceChanged>({
  owner: "team-billing",
  frontend: { changes: { source: "billing", table: "invoices", event: ({ row }: Change<Row>) => row } },
  scheduler: { orderBy: "id" },
  handler: (event) => ${handler},
});
`;

/** Every second, as `invoiceChanged`. */
export const booksClosed = (handler: string, imports = "") => `import { useCase } from "fivefold";
${imports}
export interface BooksClosed { at: string }

export default useCase<BooksClosed>({
  owner: "team-billing",
  scheduler: { schedules: { often: { every: "1s", event: ({ at }) => ({ at: at.toISOString() }) } } },
  handler: (event) => ${handler},
});
`;
