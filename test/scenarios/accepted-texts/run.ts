import { deepEqual, deepStrictEqual, equal } from "node:assert/strict";
import { decode, encode } from "./generated/issue-ticket/codec.ts";
import type { TicketIssued } from "./generated/issue-ticket/event.ts";
import { validate } from "./generated/issue-ticket/validate.ts";

const TICKET: TicketIssued = {
  id: "t1",
  code: "abcd",
  seat: 12,
  file: "t1.pdf",
  reference: "order-12",
  version: "v1.20",
  currency: "EUR",
  color: "mauve",
  related: ["t2"],
  labels: { a: "x" },
  holders: {},
};

/** Brands leave nothing behind, patterns hold, and a record's undefined entry is none. */
export default function run(): void {
  equal(validate(TICKET), undefined);
  deepStrictEqual(decode(encode(TICKET)), TICKET);
  const sparse = { ...TICKET, labels: { a: undefined }, holders: { b: undefined } };
  equal(validate(sparse), undefined);
  deepEqual(decode(encode(sparse)), { ...TICKET, labels: {}, holders: {} });
  const faulty = { ...TICKET, seat: 0, file: "t1.txt", reference: "order-x", version: "v1", labels: { a: 1 } };
  deepStrictEqual(
    validate(faulty)?.map(({ path }) => path),
    ["seat", "file", "reference", "version", "labels.a"],
  );
}
