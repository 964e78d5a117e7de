import { type Int, type Text, useCase } from "fivefold";

type Brand<T, Name extends string> = T & { readonly __brand: Name };

export type TicketId = Brand<string, "TicketId">;
export type Seat = Brand<Int<{ min: 1; max: 900 }>, "Seat">;
type Color = "red" | "green" | (string & {});

/** A ticket was issued. */
export interface TicketIssued {
  readonly id: TicketId;
  readonly code: Brand<Text<{ minLength: 4 }>, "Code">;
  readonly seat: Seat;
  readonly file: `${string}.pdf`;
  readonly reference: `order-${number}` | "none";
  readonly version: `v${bigint}.${bigint}`;
  readonly currency: Uppercase<string>;
  readonly color: Color;
  readonly related: readonly TicketId[];
  readonly labels: Readonly<Record<string, string | undefined>>;
  readonly holders?: Partial<Record<string, { name: string }>>;
}

const SEAT = 5 as Seat;

export default useCase<TicketIssued>({
  owner: "team-tickets",
  frontend: { dedupeBy: "id" },
  handler: (event) => [event.id, ...event.related].includes("t1" as TicketId) && event.seat === SEAT,
});
