import { deepEqual, equal } from "node:assert/strict";
import { decode, encode } from "./generated/send-parcel/codec.ts";
import type { ParcelSent } from "./generated/send-parcel/event.ts";
import { executor } from "./generated/send-parcel/executor.ts";
import { validate } from "./generated/send-parcel/validate.ts";

const PARCEL: ParcelSent = {
  id: "parcel-1",
  note: "",
  weightGrams: 1_200,
  balance: -3,
  stops: 0,
  ratio: 0.25,
  price: 1e300,
  serial: -(2n ** 63n),
  insured: false,
  sentAt: new Date(1_700_000_000_123),
  label: new Uint8Array([0, 255]),
  checksum: new Uint8Array(32),
  size: "large",
  carrier: "air",
  kind: "letter",
  to: { street: "Königsallee 1" },
  tags: [],
  readings: [1.5, -0.5],
  grid: [[1], [], [2, 3]],
  attributes: { "": "empty", toString: "inherited" },
  boxes: { a: { depth: 1 } },
  history: { items: [{ street: "a", city: "b" }], next: { items: [] } },
  patch: {},
  pick: { street: "c" },
};

/** Everything that the event type allows comes back as it was; what it forbids is refused at its place. */
export default function run(): void {
  equal(validate(PARCEL), undefined);
  deepEqual(decode(encode(PARCEL)), PARCEL);
  equal(executor.settings.name, "send-parcel");
  const faulty = { ...PARCEL, weightGrams: 0, to: { street: 5 }, grid: [[1], ["x"]] };
  deepEqual(
    validate(faulty)?.map(({ path }) => path),
    ["weightGrams", "to.street", "grid[1][0]"],
  );
}
