import { deepStrictEqual, equal } from "node:assert/strict";
import { decode, encode } from "./generated/move-money/codec.ts";
import type { MoneyMoved, Moved, Refused } from "./generated/move-money/event.ts";
import { validate } from "./generated/move-money/validate.ts";

const MOVED: Moved = {
  id: "m1",
  at: new Date(0),
  action: "moved",
  from: { type: "card", last4: "1234" },
  to: { type: "cash", till: { number: 3 } },
  amount: 12n,
  owner: { vat: "DE1", owners: [{ login: "ann" }, { vat: "DE2", owners: [] }] },
  history: [
    { type: "iban", iban: "" },
    { type: "sepa", iban: "DE1" },
  ],
  limits: { a: null, b: { type: "card", last4: "0000" } },
  when: "now",
  condition: { all: ["open", { not: { any: [] } }, { any: ["a", ""] }] },
  note: ["a", "b"],
};

const REFUSED: Refused = {
  id: "m2",
  at: new Date(1),
  action: "refused",
  result: { data: null, error: { code: "limit" } },
  retry: false,
};

/** Every variant comes back as itself, zeros too; what is of none is refused where that shows. */
export default function run(): void {
  const values: MoneyMoved[] = [
    MOVED,
    { ...MOVED, amount: 0, owner: null, when: new Date(5), condition: "", note: "" },
    { ...MOVED, amount: "", note: null, condition: { all: [] }, history: [] },
    REFUSED,
    { ...REFUSED, result: { data: 0, error: null }, retry: 0 },
  ];
  for (const value of values) {
    equal(validate(value), undefined);
    deepStrictEqual(decode(encode(value)), value);
  }
  const faulty = {
    ...MOVED,
    from: { type: "card", last4: "12345" },
    to: { type: "gold" },
    amount: false,
    owner: { login: 5 },
    history: [5],
    when: "later",
    condition: { all: [{}] },
    note: ["a", 5],
  };
  deepStrictEqual(
    validate(faulty)?.map(({ path, rule, found }) => `${path} ${rule}: ${found}`),
    [
      "from.last4 must be a string of exactly 4 characters: string of 5 characters",
      'to.type must be one of "card", "iban", "sepa", "cash": string "gold"',
      "amount must be a string, a number or a bigint: boolean false",
      "owner.login must be a string: number 5",
      "history[0] must be an object: number 5",
      'when must be one of "now": string "later"',
      "condition.all[0].not must be a string or an object: undefined",
      "note[1] must be a string: number 5",
    ],
  );
  equal(validate({ ...REFUSED, action: "gone" })?.[0]?.path, "action");
}
