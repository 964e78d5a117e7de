import { type Bytes, type Float, type Int, type List, type Text, type Uint, useCase } from "fivefold";

/** Where a parcel goes. */
interface Address {
  street: string;
  city?: string;
}

type Size = "small" | "medium" | "large";

enum Carrier {
  Road = "road",
  Air = "air",
}

interface Page<T> {
  items: T[];
  next?: Page<T>;
}

/** A parcel was handed in. Every type that the common contracts need occurs here. */
export interface ParcelSent {
  /** Unique over all parcels. */
  id: Text<{ minLength: 1; maxLength: 64; pattern: "^[a-z0-9-]+$" }>;
  note: string;
  weightGrams: Int<{ min: 1; max: 31500 }>;
  balance: Int;
  stops: Uint<{ max: 100 }>;
  ratio: Float<{ min: 0; max: 1 }>;
  price: number;
  serial: bigint;
  insured: boolean;
  sentAt: Date;
  label: Uint8Array;
  checksum: Bytes<{ minLength: 32; maxLength: 32 }>;
  size: Size;
  carrier: Carrier;
  kind: "parcel" | "letter";
  to: Address;
  from?: Address;
  tags: List<string, { maxItems: 8 }>;
  readings: readonly number[];
  grid: number[][];
  attributes: Record<string, string>;
  boxes: Record<string, { depth: number }>;
  history: Page<Address>;
  patch?: Partial<Address>;
  pick: Pick<Address, "street">;
  maybeSize: Size | undefined;
}

export default useCase<ParcelSent>({
  owner: "team-parcels",
  handler: async (event, task) => {
    console.log(task.id, event.to.street);
  },
});
